# Library, headers, CMake package and pkg-config file.
include(CMakePackageConfigHelpers)

set(comicvine_config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/comicvine)

install(TARGETS comicvine EXPORT comicvineTargets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES include/comicvine.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY include/comicvine DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT comicvineTargets NAMESPACE comicvine:: DESTINATION ${comicvine_config_dir})

configure_package_config_file(cmake/comicvineConfig.cmake.in comicvineConfig.cmake
                              INSTALL_DESTINATION ${comicvine_config_dir})
write_basic_package_version_file(comicvineConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/comicvineConfig.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/comicvineConfigVersion.cmake
        DESTINATION ${comicvine_config_dir})

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
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/comicvine.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
