#!/bin/sh
# A program that is linked to an archive of the library without libcurl, with what
# `pkg-config --static` names, runs: that of docs/embedding.md, which has a network of its own.
#
#     test_static.sh SOURCE_FOLDER
set -eu

source=$1
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT

cmake -S "$source" -B "$folder/build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DBUILD_SHARED_LIBS=OFF \
    -DCOMICVINE_TRANSPORT_CURL=OFF -DCOMICVINE_BUILD_TESTS=OFF >/dev/null
cmake --build "$folder/build" >/dev/null
cmake --install "$folder/build" --prefix "$folder/installed" >/dev/null
PKG_CONFIG_PATH=$(dirname "$(find "$folder/installed" -name comicvine.pc)")
export PKG_CONFIG_PATH

awk '/^```c$/ {inside = 1; text = ""; next}
     /^```$/ {if (inside && text ~ /sys\/transport\.h/) printf "%s", text; inside = 0}
     inside {text = text $0 "\n"}' "$source/docs/embedding.md" >"$folder/program.c"
# shellcheck disable=SC2046  # flags are meant to be split
cc -Wall -Wextra -Werror "$folder/program.c" $(pkg-config --static --cflags --libs comicvine) \
    -o "$folder/program"
test "$("$folder/program")" = "By way of the engine"
