#!/bin/sh
# The tests and fuzz targets that the pages on security name are there.
# usage: test_security.sh SOURCE_FOLDER
set -eu
source=$1
status=0
cd "$source/docs"

complain() { # TEXT
    echo "$1" >&2
    status=1
}

for page in security.md promises.md ../SECURITY.md; do
    for name in $(grep -oE '(api|unit)/test_[a-z_]+' "$page" | sort -u); do
        [ -f "$source/tests/$name.c" ] || complain "$page: there is no $name"
    done
    for name in $(grep -oE '\bfuzz_[a-z]+' "$page" | sort -u); do
        [ -f "$source/tests/fuzz/$name.c" ] || complain "$page: there is no $name"
    done
done
[ "$(grep -cE '(api|unit)/test_' security.md)" -gt 10 ] || complain "security.md names no tests"
exit $status
