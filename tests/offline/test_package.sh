#!/bin/sh
# A build without libcurl refers to it nowhere: not in the library, nor in the installed files.
#
#     test_package.sh NM LIBRARY BUILD_FOLDER
set -eu

nm=$1
library=$2
build=$3
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT

if "$nm" -D --undefined-only "$library" | grep -i ' curl_'; then
    echo "the library refers to libcurl" >&2
    exit 1
fi
"$nm" -D --defined-only "$library" | grep -q ' cv_transport_curl' # there, and answers false
cmake --install "$build" --prefix "$folder" >/dev/null
test -f "$folder/include/comicvine/sys/transport.h"
if grep -rn libcurl "$folder"/lib*/*/pkgconfig "$folder"/lib*/*/cmake "$folder"/lib*/pkgconfig \
    "$folder"/lib*/cmake 2>/dev/null; then
    echo "what is installed asks for libcurl" >&2
    exit 1
fi
