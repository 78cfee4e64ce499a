#!/bin/sh
# try.sh COMPILER ROOT: rows of the right kind compile, each wrong one does not.
compiler=$1
root=$2
compile() {
    "$compiler" -std=c11 -fsyntax-only -I"$root/include" -I"$root/src" "$@" \
        "$root/tests/unit/wrong_rows/rows.c"
}
compile || exit 1
failed=0
for wrong in TEXT INT64 INT64_TEXT BOOL INT64_OF_BOOL OBJECT OBJECT_SHAPE LIST LIST_SHAPE MEMBER; do
    if compile "-DWRONG_$wrong" 2>/dev/null; then
        echo "a wrong row compiles: $wrong"
        failed=1
    fi
done
exit $failed
