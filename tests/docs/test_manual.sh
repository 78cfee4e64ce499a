#!/bin/sh
# The manual pages are well-formed, the program in libcomicvine(3) compiles, and Doxygen has nothing
# to say against the headers: nothing public without a comment.
#
#     test_manual.sh PROJECT_FOLDER
set -eu

project=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

for page in "$project"/man/*.[1-9]; do
    mandoc -T lint -W warning "$page"
    man --warnings -l "$page" 2>&1 >/dev/null | tee "$work/warnings"
    [ ! -s "$work/warnings" ]
done

sed -n '/^\.Bd -literal$/,/^\.Ed$/p' "$project/man/libcomicvine.3" |
    sed '/^\.[BE]d/d; s/\\e/\\/g' >"$work/program.c"
grep -q cv_client_open "$work/program.c"
cc -std=c11 -Wall -Wextra -Werror -fsyntax-only -I"$project/include" "$work/program.c"

"$project/scripts/reference" "$work/reference"
[ -s "$work/reference/html/issue_8h.html" ]
