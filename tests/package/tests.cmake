# What users get: headers that compile, symbols, hardening, packages; these build things of their
# own.
add_test(NAME package/headers COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/package/headers.sh
         ${PROJECT_SOURCE_DIR}/include ${CMAKE_C_COMPILER} ${cxx_compilers})

if(BUILD_SHARED_LIBS)
  add_test(NAME package/symbols COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/package/symbols.sh ${CMAKE_C_COMPILER}
           ${CMAKE_NM} ${PROJECT_SOURCE_DIR}/include $<TARGET_FILE:comicvine>)
endif()

# The presets that users have are hardened; what was built says so.
if(COMICVINE_HARDEN AND BUILD_SHARED_LIBS AND CMAKE_READELF)
  add_test(NAME package/hardening COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/package/hardening.sh ${CMAKE_READELF}
           ${CMAKE_C_COMPILER} ${CMAKE_BINARY_DIR}/compile_commands.json $<TARGET_FILE:comicvine>
           $<TARGET_FILE:comicvine-loopback>)
endif()

add_test(NAME package/readme COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/package/test_package.sh
         ${PROJECT_SOURCE_DIR} $<TARGET_FILE:comicvine-loopback>)
add_test(NAME package/sources COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/package/test_sources.sh
         ${PROJECT_SOURCE_DIR} $<TARGET_FILE:comicvine-loopback>)
set_tests_properties(package/readme package/sources PROPERTIES TIMEOUT ${hang_s} COST 50)
comicvine_test_on_disk(package/readme package/sources)
if(BUILD_SHARED_LIBS)
  list(TRANSFORM api_tests REPLACE ".*/(test_[^/]*)\\.c$" "${CMAKE_CURRENT_BINARY_DIR}/api_\\1"
       OUTPUT_VARIABLE api_programs)
  add_test(NAME package/amalgamation COMMAND
           ${CMAKE_CURRENT_SOURCE_DIR}/package/test_amalgamation.sh ${PROJECT_SOURCE_DIR}
           $<TARGET_FILE:comicvine-loopback> ${api_programs})
  set_tests_properties(package/amalgamation PROPERTIES TIMEOUT 3600 COST 40)
  comicvine_test_on_disk(package/amalgamation)
endif()
add_test(NAME package/packages COMMAND
         ${CMAKE_CURRENT_SOURCE_DIR}/package/test_packages.sh ${PROJECT_SOURCE_DIR})
add_test(NAME package/setup COMMAND
         ${CMAKE_CURRENT_SOURCE_DIR}/package/test_setup.sh ${PROJECT_SOURCE_DIR})
add_test(NAME package/release COMMAND
         ${CMAKE_CURRENT_SOURCE_DIR}/package/test_release.sh ${PROJECT_SOURCE_DIR})
if(COMICVINE_INSTALL AND BUILD_SHARED_LIBS)
  add_test(NAME package/components COMMAND
           ${CMAKE_CURRENT_SOURCE_DIR}/package/test_components.sh ${PROJECT_BINARY_DIR})
endif()
