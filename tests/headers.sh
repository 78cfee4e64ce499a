#!/bin/sh
# Each public header compiles alone, as C99, C11 and C++11, without a warning, and includes nothing
# but the standard library and its own kind.
#
#     headers.sh C_COMPILER CXX_COMPILER INCLUDE_FOLDER
set -eu

c_compiler=$1
cxx_compiler=$2
include=$3
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror"
status=0

compile() { # compiler language standard header
    # Included twice, so that a missing guard shows; in a file of its own, as nothing else is there.
    printf '#include <%s>\n#include <%s>\n' "$4" "$4" |
        "$1" -x "$2" "-std=$3" $warnings "-I$include" -fsyntax-only - || {
        echo "$4 does not compile alone as $3" >&2
        status=1
    }
}

headers=$(cd "$include" && find . -name '*.h' | sed 's,^\./,,' | sort)
test -n "$headers"
for header in $headers; do
    compile "$c_compiler" c c99 "$header"
    compile "$c_compiler" c c11 "$header"
    compile "$cxx_compiler" c++ c++11 "$header"
    foreign=$(sed -n 's/^ *# *include *[<"]\([^>"]*\)[>"].*/\1/p' "$include/$header" |
        grep -vE '^(comicvine/(sys/)?[a-z_]+|stdbool|stddef|stdint)\.h$' || true)
    if [ -n "$foreign" ]; then
        echo "$header includes $foreign" >&2
        status=1
    fi
    case $header in
    comicvine.h | comicvine/sys/*) continue ;; # what replaces a part is included by who replaces it
    esac
    if ! grep -q "#include <$header>" "$include/comicvine.h"; then
        echo "comicvine.h leaves out $header" >&2
        status=1
    fi
done
exit $status
