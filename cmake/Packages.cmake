# Debian packages of the components, made by `cpack` in a build with the preset "package":
# libcomicvine<N>, libcomicvine-dev, and comicvine where there is the program. scripts/packages makes
# and tries them.
if(NOT BUILD_SHARED_LIBS OR NOT CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  message(FATAL_ERROR "packages are of a shared library below /usr: cmake --preset package")
endif()
if(NOT CMAKE_LIBRARY_ARCHITECTURE OR
   NOT CMAKE_INSTALL_LIBDIR STREQUAL "lib/${CMAKE_LIBRARY_ARCHITECTURE}")
  message(FATAL_ERROR "packages have their libraries in lib/<architecture>")
endif()
set(debian_revision 1)
set(runtime_package libcomicvine${PROJECT_VERSION_MAJOR})
set(development_package libcomicvine-dev)
set(program_package comicvine)
set(components runtime development)
if(TARGET comicvine_program)
  list(APPEND components program)
endif()

# Who makes a package is its maintainer; by these Debian's tools know them.
set(COMICVINE_MAINTAINER "$ENV{DEBFULLNAME} <$ENV{DEBEMAIL}>" CACHE STRING
    "Maintainer of the Debian packages: Name <address>")

# What each package says about itself, below /usr/share/doc.
set(texts ${CMAKE_CURRENT_BINARY_DIR}/packages)
string(TIMESTAMP package_date "%a, %d %b %Y %H:%M:%S +0000" UTC) # or SOURCE_DATE_EPOCH
file(READ LICENSE license)
string(REGEX MATCH "Copyright \\(c\\) ([^\n]+)\n" line "${license}")
set(package_copyright "${CMAKE_MATCH_1}")
string(FIND "${license}" "Permission" begin)
string(SUBSTRING "${license}" ${begin} -1 package_license)
string(STRIP "${package_license}" package_license)
string(REPLACE "\n\n" "\n.\n" package_license "${package_license}")
string(REPLACE "\n" "\n " package_license "${package_license}")
configure_file(cmake/debian/copyright.in ${texts}/copyright @ONLY)
configure_file(cmake/debian/changelog.in ${texts}/changelog.Debian @ONLY)
configure_file(CHANGELOG.md ${texts}/changelog COPYONLY)
find_program(GZIP gzip REQUIRED)
foreach(file changelog changelog.Debian)
  execute_process(COMMAND ${GZIP} -9nc ${texts}/${file} OUTPUT_FILE ${texts}/${file}.gz
                  COMMAND_ERROR_IS_FATAL ANY)
endforeach()
foreach(component ${components})
  install(FILES ${texts}/copyright ${texts}/changelog.gz ${texts}/changelog.Debian.gz
          DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${${component}_package} COMPONENT ${component})
  # Debian has its manual pages compressed.
  install(CODE "file(GLOB pages \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/share/man/man?/*.[1-9])
    foreach(page \${pages})
      execute_process(COMMAND ${GZIP} -9nf \${page} COMMAND_ERROR_IS_FATAL ANY)
    endforeach()" COMPONENT ${component})
endforeach()

# libcurl is loaded, not linked to, so that no tool sees it: the package whose file will be loaded.
set(runtime_depends "")
if(COMICVINE_CURL_LAZY)
  execute_process(COMMAND dpkg-query -S "*/${curl_shared_name}" OUTPUT_VARIABLE owner
                  COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCH "^[^:]+" curl_package "${owner}")
  set(runtime_depends "${curl_package} (>= 7.87)")
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME comicvine)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_VENDOR "the libcomicvine authors")
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX ${CMAKE_INSTALL_PREFIX})
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
    GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_COMPONENTS_ALL ${components})
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SOURCE libcomicvine)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER ${COMICVINE_MAINTAINER})
set(CPACK_DEBIAN_PACKAGE_RELEASE ${debian_revision})
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS ON)

# The first line of a description is its summary, unless there is one for all.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")
set(about_the_library "It fetches records of the Comic Vine database of comics, and keeps what was
fetched, what is being fetched and what has been asked for in one SQLite file.
All programs that use the file share its cache and the service's rate limit,
which they do not exceed together.")

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME ${runtime_package})
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_DEPENDS "${runtime_depends}")
# cpack's own scripts for ldconfig come too; Debian asks for the trigger.
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA ${CMAKE_CURRENT_SOURCE_DIR}/cmake/debian/triggers)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=") # functions are added in any release
set(CPACK_DEBIAN_RUNTIME_DESCRIPTION
    "client for the Comic Vine API with a shared cache\n${about_the_library}")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME ${development_package})
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_COMPONENT_DEVELOPMENT_DEPENDS runtime)
set(CPACK_DEBIAN_DEVELOPMENT_DESCRIPTION
    "client for the Comic Vine API, development files\n${about_the_library}

This package has the headers, and what compilers, CMake and pkg-config need.")

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME ${program_package})
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
# Our own library is not installed; the program asks for its package by name.
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_CURRENT_BINARY_DIR})
set(CPACK_COMPONENT_PROGRAM_DEPENDS runtime)
set(CPACK_DEBIAN_PROGRAM_DESCRIPTION
    "look up comics in the Comic Vine database\n${about_the_library}

This package has the program, for people and for scripts.")

# Libraries of several architectures lie beside each other: what the two packages have is below a
# folder of the architecture, or the same bytes for all. The program serves any of them.
set(CPACK_COMICVINE_MULTI_ARCH ${runtime_package}=same ${development_package}=same
    ${program_package}=foreign)
set(CPACK_POST_BUILD_SCRIPTS ${CMAKE_CURRENT_SOURCE_DIR}/cmake/debian/multi_arch.cmake)

include(CPack)
