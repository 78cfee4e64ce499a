#!/bin/sh
# Each public header compiles alone, as C99, C11, C17, C++11, C++17 and C++20, without a warning,
# and includes nothing but the standard library and its own kind. So does each of its _INIT where it
# is used.
#
#     headers.sh INCLUDE_FOLDER C_COMPILER CXX_COMPILER...
set -eu

include=$1
c_compiler=$2
shift 2
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror"
cxx_warnings="-Wold-style-cast -Wzero-as-null-pointer-constant" # what users of C++ switch on
initialisers=0
status=0

# Included twice, so that a missing guard shows; then each initialiser: CV_QUERY_INIT of a cv_query.
program() { # header
    printf '#include <%s>\n#include <%s>\n' "$1" "$1"
    sed -n 's/^#define \(CV_[A-Z_]*\)_INIT .*/\1/p' "$include/$1" | while read -r name; do
        type=$(echo "$name" | tr 'A-Z' 'a-z')
        printf 'int use_%s(void);\nint use_%s(void) {\n' "$type" "$type"
        printf '    %s value = %s_INIT;\n    return value.size != 0;\n}\n' "$type" "$name"
    done
}

compile() { # header standard compiler arguments...
    header=$1
    standard=$2
    shift 2
    program "$header" | "$@" "-std=$standard" $warnings "-I$include" -fsyntax-only - || {
        echo "$header does not compile alone as $standard with $1" >&2
        status=1
    }
}

headers=$(cd "$include" && find . -name '*.h' | sed 's,^\./,,' | sort)
test -n "$headers"
for header in $headers; do
    for standard in c99 c11 c17; do
        compile "$header" "$standard" "$c_compiler" -x c
    done
    for cxx_compiler in "$@"; do
        for standard in c++11 c++17 c++20; do
            compile "$header" "$standard" "$cxx_compiler" -x c++ $cxx_warnings
        done
    done
    initialisers=$((initialisers + $(program "$header" | grep -c '_INIT;' || true)))
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
if [ "$initialisers" -lt 10 ]; then
    echo "only $initialisers initialisers were found" >&2
    status=1
fi
exit $status
