#!/usr/bin/env bash
# Installs the library into a folder of its own and builds the pages' programs against it, as a user
# would: with pkg-config and with CMake, shared and static; then runs them.
# usage: test_package.sh SOURCE_FOLDER LOOPBACK_PROGRAM
set -euo pipefail
source=$1
loopback=$2
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/common.sh"
page_programs

try_kind() { # KIND SHARED
  local kind=$1 prefix=$folder/$1
  mkdir -p "$folder/run-$kind"
  cd "$folder/run-$kind"
  cmake -S "$source" -B "$folder/build-$kind" -G Ninja -DCMAKE_BUILD_TYPE=Release \
      -DBUILD_SHARED_LIBS="$2" -DCOMICVINE_BUILD_TESTS=OFF -DCOMICVINE_WERROR=ON \
      -DCOMICVINE_HARDEN=ON -DCMAKE_EXPORT_COMPILE_COMMANDS=ON >/dev/null
  cmake --build "$folder/build-$kind" >/dev/null
  cmake --install "$folder/build-$kind" --prefix "$prefix" >/dev/null
  if [ "$2" = ON ]; then
    "$source/tests/package/hardening.sh" readelf cc "$folder/build-$kind/compile_commands.json" \
        "$(find "$prefix" -name 'libcomicvine.so')" || fail "$kind: not hardened"
  fi
  local libraries
  libraries=$(dirname "$(find "$prefix" -name comicvine.pc)")
  export PKG_CONFIG_PATH=$libraries LD_LIBRARY_PATH=${libraries%/pkgconfig}
  for program in readme1 embedding1 embedding2; do
    # shellcheck disable=SC2046  # flags are meant to be split
    cc -Wall -Wextra -Werror "$folder/$program.c" $(pkg-config --cflags --libs comicvine) \
        -o "$program"
  done
  for example in "$source"/examples/*.c; do
    # shellcheck disable=SC2046
    cc -Wall -Wextra -Werror "$example" $(pkg-config --cflags --libs comicvine sqlite3) -o example
  done
  if command -v g++ >/dev/null; then
    # shellcheck disable=SC2046
    g++ -std=c++17 -Wall -Wextra -Werror "$source/examples/cpp/volume.cpp" \
        $(pkg-config --cflags --libs comicvine) -o example
  fi
  expect "$kind, pkg-config" "$first_program_prints" ./readme1
  expect "$kind, pkg-config, no thread" "The Long Night on Wharf Street" ./embedding1
  expect "$kind, pkg-config, a transport" "By way of the engine" ./embedding2
  readme_project find_package 'find_package(comicvine REQUIRED)'
  cmake -S find_package -B consumer -G Ninja -Werror=dev -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
  cmake --build consumer >/dev/null
  expect "$kind, find_package" "$first_program_prints" consumer/first
}

try_kind shared ON
try_kind static OFF
