#!/usr/bin/env bash
# The library as a part of somebody else's CMake project, from a folder and from an archive: it
# brings its dependencies along, and neither tests nor install rules.
# usage: test_sources.sh SOURCE_FOLDER LOOPBACK_PROGRAM
set -euo pipefail
source=$1
loopback=$2
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/common.sh"
page_programs

try_project() { # NAME CMAKE_OPTIONS...
  local name=$1 build=$folder/build-$1
  shift
  cmake -S "$folder/$name" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -Werror=dev \
      -DCMAKE_COMPILE_WARNING_AS_ERROR=ON "$@" >/dev/null
  cmake --build "$build" >/dev/null
  expect "$name" "$first_program_prints" "$build/first"
  if DESTDIR=$folder/installed-$name cmake --install "$build" >/dev/null &&
     [ -e "$folder/installed-$name" ]; then
    fail "$name: the library's files would be installed with the program's"
  fi
}

cd "$folder"
readme_project add_subdirectory 'add_subdirectory(libcomicvine)'
ln -s "$source" add_subdirectory/libcomicvine
try_project add_subdirectory

# What the build reads of an archive of the sources. No network: the archive is a file here.
readme_project fetch_content 'include(FetchContent)'
archive=$(sed -n 's,.*CMAKE_CURRENT_SOURCE_DIR}/\(.*\)\.tar\.gz).*,\1,p' fetch_content/CMakeLists.txt)
tar -czf "fetch_content/$archive.tar.gz" -C "$source" --transform "s,^,$archive/," \
    CMakeLists.txt cmake include src
try_project fetch_content
