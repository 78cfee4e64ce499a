# The tests of a build with COMICVINE_TRANSPORT_CURL=OFF: those that need neither libcurl nor the
# loopback server, and offline/test_*.c, which are about the want of them.
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)

file(GLOB support_sources CONFIGURE_DEPENDS support/*.c)
list(FILTER support_sources EXCLUDE REGEX
     "/(actor|api|crowd|image|memory_scene|store_face|transport_world|walking|written)[^/]*\\.c$")
add_library(test_support STATIC ${support_sources})
target_compile_definitions(test_support PUBLIC _GNU_SOURCE
                           CVI_FIXTURES="${CMAKE_CURRENT_SOURCE_DIR}/fixtures")
target_include_directories(test_support PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}
                           ${PROJECT_SOURCE_DIR}/include PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(test_support PUBLIC PkgConfig::CMOCKA comicvine_dependencies)
comicvine_compile_options(test_support)

file(GLOB unit_tests CONFIGURE_DEPENDS unit/test_*.c)
list(FILTER unit_tests EXCLUDE REGEX
     "/test_(client_life|curl_loaded|curl_sockets|lying_files|members|mutations|recordings|server|write)(_faults)?\\.c$|/test_transport(_faults|_headers|_slices|_sockets|_trouble)?\\.c$")
foreach(source ${unit_tests})
  get_filename_component(name ${source} NAME_WE)
  add_executable(unit_${name} ${source} $<TARGET_OBJECTS:comicvine_objects>)
  target_include_directories(unit_${name} PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(unit_${name} PRIVATE test_support comicvine_dependencies)
  comicvine_compile_options(unit_${name})
  add_test(NAME unit/${name} COMMAND unit_${name})
endforeach()
target_link_options(unit_test_platform_replace PRIVATE -Wl,--wrap=fsync,--wrap=cvi_file_lock)
set_tests_properties(unit/test_stores_faults unit/test_migration unit/test_rate_limit_model PROPERTIES
                     ENVIRONMENT "COMICVINE_STRIDE=20;COMICVINE_MODEL_SEEDS=5" COST 50)

foreach(path api/test_own_transport api/test_own_slices api/test_own_loops api/test_own_tables
             api/test_clock api/test_replay offline/test_offline)
  string(REPLACE "/" "_" name ${path})
  add_executable(${name} ${path}.c)
  target_link_libraries(${name} PRIVATE test_support comicvine)
  comicvine_compile_options(${name})
  add_test(NAME ${path} COMMAND ${name})
endforeach()

# Nothing of libcurl is left in what is built or installed.
if(BUILD_SHARED_LIBS)
  add_test(NAME offline/package COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/offline/test_package.sh
           ${CMAKE_NM} $<TARGET_FILE:comicvine> ${CMAKE_BINARY_DIR})
endif()
# A static library whose users link all that is beside it, as `pkg-config --static` tells them.
if(NOT COMICVINE_SANITIZE)
  add_test(NAME offline/static COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/offline/test_static.sh
           ${PROJECT_SOURCE_DIR})
endif()
