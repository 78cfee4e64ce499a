# Debian packages of the components, made by `cpack` in a build that is configured with the prefix
# /usr (the preset "package"): libcomicvine<N>, libcomicvine-dev, and comicvine where there is the
# program. scripts/packages makes and tries them.
set(package_version_debian 1)
set(library_package libcomicvine${PROJECT_VERSION_MAJOR})

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
set(CPACK_COMPONENTS_ALL runtime development)
if(TARGET comicvine-cli)
  list(APPEND CPACK_COMPONENTS_ALL program)
endif()

# Who makes a package is its maintainer; DEBFULLNAME and DEBEMAIL are what Debian's tools go by.
set(COMICVINE_MAINTAINER "$ENV{DEBFULLNAME} <$ENV{DEBEMAIL}>" CACHE STRING
    "Maintainer of the Debian packages: Name <address>")
set(CPACK_DEBIAN_PACKAGE_MAINTAINER ${COMICVINE_MAINTAINER})
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE ${package_version_debian})
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS ON)

set(about_the_library
"It fetches records of the Comic Vine database of comics, and keeps what was
fetched, what is being fetched, and what has been asked for in one SQLite
file. All programs that use the file share its cache and the service's rate
limit, which they never exceed together.")

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME ${library_package})
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=") # functions are added in any release
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION
    "client for the Comic Vine API with a shared cache\n${about_the_library}")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libcomicvine-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_COMPONENT_DEVELOPMENT_DEPENDS runtime)
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
    "client for the Comic Vine API, development files\n${about_the_library}
.
This package has the headers, and what compilers, CMake and pkg-config need.")

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME comicvine)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SHLIBDEPS ON)
set(CPACK_COMPONENT_PROGRAM_DEPENDS runtime)
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION
    "look up comics in the Comic Vine database\n${about_the_library}
.
This package has the program, for people and for scripts.")
