#!/bin/sh
# The C++ example, and what tries its header, without a warning: as C++17 and C++20, with each
# compiler that there is.
#
#     cpp_compilers.sh PROJECT_FOLDER CXX_COMPILER...
set -eu

project=$1
shift
warnings="-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wold-style-cast -Werror"

test $# -gt 0
for compiler in "$@"; do
    for standard in c++17 c++20; do
        for source in "$project/examples/cpp/volume.cpp" "$project/tests/examples/handles.cpp"; do
            "$compiler" "-std=$standard" $warnings "-I$project/include" \
                "-I$project/examples/cpp" -fsyntax-only "$source"
        done
    done
done
