# What the library is built on. One interface target carries all of it, so that a static build can
# hand the same list to its users.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
if(COMICVINE_TRANSPORT_CURL)
  pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl>=7.87)
endif()
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3>=3.37)
pkg_check_modules(YAJL REQUIRED IMPORTED_TARGET yajl>=2.1)
pkg_check_modules(LIBMD REQUIRED IMPORTED_TARGET libmd)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash>=0.8)

add_library(comicvine_dependencies INTERFACE)
target_link_libraries(comicvine_dependencies INTERFACE PkgConfig::SQLITE PkgConfig::YAJL
                      PkgConfig::LIBMD Threads::Threads)
if(COMICVINE_TRANSPORT_CURL)
  target_link_libraries(comicvine_dependencies INTERFACE PkgConfig::CURL)
endif()
# What a static library's users link beside it: for the CMake package and the pkg-config file.
set(comicvine_requires sqlite3 yajl libmd)
if(COMICVINE_TRANSPORT_CURL)
  list(PREPEND comicvine_requires libcurl)
endif()
# xxHash is used inline: its headers, not its library.
target_include_directories(comicvine_dependencies INTERFACE ${XXHASH_INCLUDE_DIRS})
