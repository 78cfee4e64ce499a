#!/bin/sh
# The shared library exports exactly the functions that its headers declare.
#
#     symbols.sh C_COMPILER NM INCLUDE_FOLDER LIBRARY
set -eu

c_compiler=$1
nm=$2
include=$3
library=$4
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT

# After the preprocessor a declaration is text that ends in ';': the name before the first '(' of
# each one that is marked for export.
{
    printf '#include <comicvine.h>\n'
    (cd "$include" && find comicvine/sys -name '*.h') | sed 's/.*/#include <&>/'
} | "$c_compiler" -std=c11 -E -P "-I$include" - | tr '\n' ' ' |
    tr ';{}' '\n\n\n' | grep 'visibility("default")' |
    sed 's/__attribute__((visibility("default")))//' |
    sed -n 's/^[^(]*[ *]\([A-Za-z_][A-Za-z0-9_]*\) *(.*/\1/p' | sort -u >"$folder/declared"

# A sanitizer, a version script and the linker add names with two underscores or in capitals.
"$nm" -D --defined-only "$library" | awk '$2 ~ /^[TDBRVW]$/ { print $3 }' |
    sed 's/@.*//' | grep -v '^_' | sort -u >"$folder/exported"

test -s "$folder/declared"
if grep -v '^cv_' "$folder/declared" "$folder/exported" >&2; then
    echo "a name outside of cv_" >&2
    exit 1
fi
diff -u "$folder/declared" "$folder/exported" >&2
