# The whole public API under faults, at each point in turn. The scenes use public headers alone; the
# linker puts refusals of threads and descriptors where the library asks the system for them.
file(GLOB torture_sources CONFIGURE_DEPENDS torture/*.c)
list(REMOVE_ITEM torture_sources ${CMAKE_CURRENT_SOURCE_DIR}/torture/companion.c)
add_executable(torture_companion torture/companion.c torture/shared_clock.c)
target_link_libraries(torture_companion PRIVATE test_settings comicvine)
comicvine_compile_options(torture_companion)
add_executable(torture ${torture_sources} $<TARGET_OBJECTS:comicvine_objects>)
target_link_libraries(torture PRIVATE test_support comicvine_dependencies PkgConfig::ZLIB)
target_compile_definitions(torture PRIVATE
                           CVI_PROGRAM_torture_companion="$<TARGET_FILE:torture_companion>")
add_dependencies(torture torture_companion)
comicvine_compile_options(torture)
foreach(function pthread_create open64 socket eventfd epoll_create1 timerfd_create opendir)
  target_link_options(torture PRIVATE -Wl,--wrap=${function})
endforeach()
add_test(NAME torture/alone COMMAND torture)
add_test(NAME torture/companion COMMAND torture --companion)
set(torture_stride 3)
if(is_instrumented)
  set(torture_stride 10)
endif()
set_tests_properties(torture/alone torture/companion PROPERTIES TIMEOUT ${hang_s} COST 60
                     ENVIRONMENT COMICVINE_STRIDE=${torture_stride})
# libcurl crashes at one of these points, unless the library sees to it.
add_test(NAME torture/curl_memory COMMAND torture denied "libcurl's allocation once")
set_tests_properties(torture/curl_memory PROPERTIES ENVIRONMENT COMICVINE_ALL=1)
