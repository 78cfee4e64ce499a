# What is installed, in components, so that each can be a package of its own:
#   runtime      the shared library
#   development  headers, what links to the library, CMake package, pkg-config file, manual pages
#   program      the program comicvine, its manual page and what shells complete, where they are
# `cmake --install DIR` takes all of them, with `--component NAME` one.
include(CMakePackageConfigHelpers)

set(comicvine_config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/comicvine)

install(TARGETS comicvine EXPORT comicvineTargets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT development
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime
                NAMELINK_COMPONENT development)
install(FILES include/comicvine.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
install(DIRECTORY include/comicvine DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development)
install(EXPORT comicvineTargets NAMESPACE comicvine:: DESTINATION ${comicvine_config_dir}
        COMPONENT development)

# comicvine(1) goes with the program, the pages on functions and the file with what programs need.
foreach(section 3 5)
  file(GLOB pages CONFIGURE_DEPENDS man/*.${section})
  install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section} COMPONENT development)
endforeach()
if(TARGET comicvine_program) # which src/cli installs
  install(FILES man/comicvine.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program)
endif()

configure_package_config_file(cmake/comicvineConfig.cmake.in comicvineConfig.cmake
                              INSTALL_DESTINATION ${comicvine_config_dir})
write_basic_package_version_file(comicvineConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/comicvineConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/comicvineConfigVersion.cmake
        DESTINATION ${comicvine_config_dir} COMPONENT development)

# A shared library brings its own dependencies; a static one needs them named.
if(BUILD_SHARED_LIBS)
  set(pc_requires "")
else()
  list(JOIN comicvine_requires " " pc_requires)
endif()
set(pc_loader "")
if(COMICVINE_CURL_LAZY AND CMAKE_DL_LIBS)
  set(pc_loader " -l${CMAKE_DL_LIBS}")
endif()
# The package may be installed under another prefix than was configured: its file says where it is.
file(RELATIVE_PATH pc_to_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(cmake/comicvine.pc.in comicvine.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/comicvine.pc
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)
