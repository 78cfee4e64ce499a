# The tests of a build with COMICVINE_TRANSPORT_CURL=OFF: those that need neither libcurl nor the
# loopback server, and offline/test_*.c, which are about the want of them.
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)

add_library(test_support STATIC support/own_network.c support/sys_world.c support/scratch.c
            support/failing_allocator.c support/fake_clock.c support/table_world.c)
target_compile_definitions(test_support PUBLIC _GNU_SOURCE)
target_include_directories(test_support PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}
                           ${PROJECT_SOURCE_DIR}/include PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(test_support PUBLIC PkgConfig::CMOCKA comicvine_dependencies)
comicvine_compile_options(test_support)

foreach(name test_address test_http_date test_transport_network test_transport_rest)
  add_executable(unit_${name} unit/${name}.c $<TARGET_OBJECTS:comicvine_objects>)
  target_include_directories(unit_${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(unit_${name} PRIVATE test_support comicvine_dependencies)
  comicvine_compile_options(unit_${name})
  add_test(NAME unit/${name} COMMAND unit_${name})
endforeach()

foreach(path api/test_own_transport api/test_own_loops api/test_clock api/test_replay offline/test_offline)
  string(REPLACE "/" "_" name ${path})
  add_executable(${name} ${path}.c)
  target_link_libraries(${name} PRIVATE test_support comicvine)
  comicvine_compile_options(${name})
  add_test(NAME ${path} COMMAND ${name})
endforeach()

# Nothing of libcurl is left in what is built or installed.
add_test(NAME offline/package COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/offline/test_package.sh
         ${CMAKE_NM} $<TARGET_FILE:comicvine> ${CMAKE_BINARY_DIR})
