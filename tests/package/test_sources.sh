#!/usr/bin/env bash
# The library as a part of somebody else's CMake project, from a folder and from an archive: it
# brings its dependencies along, and neither tests nor install rules.
# usage: test_sources.sh SOURCE_FOLDER LOOPBACK_PROGRAM
set -euo pipefail
source=$1
loopback=$2
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/common.sh"
readme_programs

try_project() { # NAME CMAKE_OPTIONS...
  local name=$1 build=$folder/$1
  shift
  cmake -S "$source/tests/package/$name" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug \
      -DCMAKE_COMPILE_WARNING_AS_ERROR=ON -DCONSUMER_SOURCE="$folder/readme1.c" "$@" >/dev/null
  cmake --build "$build" >/dev/null
  expect "$name" "$first_program_prints" "$build/consumer"
  if DESTDIR=$folder/installed-$name cmake --install "$build" >/dev/null &&
     [ -e "$folder/installed-$name" ]; then
    fail "$name: the library's files would be installed with the program's"
  fi
}

cd "$folder"
try_project subdirectory -DCOMICVINE_SOURCE="$source"
# What the build reads of an archive of the sources. No network: the archive is a file here.
tar -czf comicvine.tar.gz -C "$source" --transform 's,^,comicvine-sources/,' \
    CMakeLists.txt cmake include src
try_project fetch_content -DCOMICVINE_ARCHIVE="$folder/comicvine.tar.gz"
