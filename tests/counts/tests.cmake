# What hot paths take in allocations, statements, system calls and instructions, under ceilings.
add_executable(count_work counts/work.c $<TARGET_OBJECTS:comicvine_objects>)
target_include_directories(count_work PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(count_work PRIVATE test_support comicvine_dependencies)
target_link_options(count_work PRIVATE -Wl,--wrap=cvi_platform_now_us)
comicvine_compile_options(count_work)
set(counted_build ${CMAKE_C_COMPILER_ID}-${CMAKE_C_COMPILER_VERSION}-${CMAKE_BUILD_TYPE})
add_test(NAME counts COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/counts/count.sh $<TARGET_FILE:count_work>
         ${counted_build}-SQLite-${SQLITE_VERSION} ${CMAKE_CURRENT_SOURCE_DIR}/counts/ceilings.txt)
set_tests_properties(counts PROPERTIES TIMEOUT ${hang_s} COST 30)
