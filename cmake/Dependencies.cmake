# What the library is built on. One interface target carries all of it, so that a static build can
# hand the same list to its users.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

# The name by which the loader knows the library at `path`; empty: it is an archive.
function(comicvine_shared_name path result)
  execute_process(COMMAND ${CMAKE_READELF} -d ${path} OUTPUT_VARIABLE entries ERROR_QUIET)
  string(REGEX MATCH "SONAME\\)[^[]*\\[([^]]+)\\]" entry "${entries}")
  set(${result} "${CMAKE_MATCH_1}" PARENT_SCOPE)
endfunction()

if(COMICVINE_TRANSPORT_CURL)
  pkg_check_modules(CURL REQUIRED IMPORTED_TARGET libcurl>=7.87)
  if(COMICVINE_CURL_LAZY)
    list(GET CURL_LINK_LIBRARIES 0 curl_library)
    comicvine_shared_name(${curl_library} curl_shared_name)
    if(NOT curl_shared_name)
      message(FATAL_ERROR "${curl_library} is none that can be loaded: -DCOMICVINE_CURL_LAZY=OFF")
    endif()
  endif()
endif()
pkg_check_modules(SQLITE REQUIRED IMPORTED_TARGET sqlite3>=3.37)
pkg_check_modules(YAJL REQUIRED IMPORTED_TARGET yajl>=2.1)
pkg_check_modules(LIBMD REQUIRED IMPORTED_TARGET libmd)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash>=0.8)

add_library(comicvine_dependencies INTERFACE)
target_link_libraries(comicvine_dependencies INTERFACE PkgConfig::SQLITE PkgConfig::YAJL
                      PkgConfig::LIBMD Threads::Threads)
if(COMICVINE_CURL_LAZY)
  target_include_directories(comicvine_dependencies INTERFACE ${CURL_INCLUDE_DIRS})
  target_link_libraries(comicvine_dependencies INTERFACE ${CMAKE_DL_LIBS})
elseif(COMICVINE_TRANSPORT_CURL)
  target_link_libraries(comicvine_dependencies INTERFACE PkgConfig::CURL)
endif()
# What a static library's users link beside it: for the CMake package and the pkg-config file.
set(comicvine_requires sqlite3 yajl libmd)
if(COMICVINE_TRANSPORT_CURL AND NOT COMICVINE_CURL_LAZY)
  list(PREPEND comicvine_requires libcurl)
endif()
# xxHash is used inline: its headers, not its library.
target_include_directories(comicvine_dependencies INTERFACE ${XXHASH_INCLUDE_DIRS})
