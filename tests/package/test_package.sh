#!/usr/bin/env bash
# Installs the library into a folder of its own and builds the README's programs against it, as a
# user would: with pkg-config and with CMake, shared and static; then runs them.
# usage: test_package.sh SOURCE_FOLDER LOOPBACK_PROGRAM
set -euo pipefail
source=$1
loopback=$2
folder=$(mktemp -d)
server=""
finish() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$folder"
}
trap finish EXIT

fail() {
  echo "FAILED: $1" >&2
  exit 1
}

"$loopback" --folder "$source/tests/fixtures/comicvine" --key test-key \
    --port-file "$folder/port" >/dev/null &
server=$!
for _ in $(seq 200); do
  [ -s "$folder/port" ] && break
  sleep 0.05
done
port=$(cat "$folder/port")

# The README's C programs, each into a file; only the port is another.
awk -v folder="$folder" '
  /^```c$/ {count++; inside = 1; next}
  /^```$/ {inside = 0}
  inside {print > (folder "/readme" count ".c")}' "$source/README.md"
sed -i "s/127\.0\.0\.1:8080/127.0.0.1:$port/" "$folder"/readme*.c

expect() { # WHAT EXPECTED COMMAND...
  local what=$1 expected=$2 output
  shift 2
  rm -f comics.db*
  output=$("$@") || fail "$what: exit $?"
  [ "$output" = "$expected" ] || fail "$what printed: $output"
  echo "$what: $output"
}

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
    "$source/tests/hardening.sh" readelf cc "$folder/build-$kind/compile_commands.json" \
        "$(find "$prefix" -name 'libcomicvine.so')" || fail "$kind: not hardened"
  fi
  local libraries
  libraries=$(dirname "$(find "$prefix" -name comicvine.pc)")
  export PKG_CONFIG_PATH=$libraries LD_LIBRARY_PATH=${libraries%/pkgconfig}
  for program in readme1 readme2 readme3 readme4 readme5; do
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
  expect "$kind, pkg-config" "The Lamplighter #7: The Long Night on Wharf Street" ./readme1
  expect "$kind, pkg-config, no thread" "The Long Night on Wharf Street" ./readme2
  expect "$kind, pkg-config, a walk" "1 of 2: The Long Night on Wharf Street
2 of 2: A Match Is Struck" ./readme3
  expect "$kind, pkg-config, events" "issue 52 queued
issue 52 sent
issue 52 done
issue 52 hit
issue 52 done" ./readme4
  expect "$kind, pkg-config, a transport" "By way of the engine" ./readme5
  cmake -S "$source/tests/package/cmake_consumer" -B consumer -G Ninja \
      -DCMAKE_PREFIX_PATH="$prefix" -DCONSUMER_SOURCE="$folder/readme1.c" >/dev/null
  cmake --build consumer >/dev/null
  expect "$kind, find_package" "The Lamplighter #7: The Long Night on Wharf Street" \
      consumer/consumer
}

try_kind shared ON
try_kind static OFF
