#!/usr/bin/env bash
# Plants each bug of tests/model/bugs in a copy of the files that it changes, builds the model with
# those, and has it find the bug. Prints for each the seed that caught it, and as what, as
# docs/model.md has it. Fails where a patch no longer applies or a bug is not found.
# usage: tests/model/plant.sh BUILD [BUG ...]      BUILD: a folder built with Ninja
#        tests/model/plant.sh --apply              only whether all patches apply
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
build=$1
shift
work=$(mktemp -d "${TMPDIR:-/tmp}/comicvine-plant-XXXXXX")
trap 'rm -rf "$work"' EXIT

if [ "$build" != --apply ]; then
  build=$(cd "$build" && pwd)
  commands=$(ninja -C "$build" -t commands tests/model)
fi

# Compiles a changed file as the build does the original, and has the link take it in its place.
build_file() { # FILE BUG
  local file=$1 line object
  line=$(grep -F -- "-c $root/$file" <<<"$commands" | head -n 1)
  [ -n "$line" ] || { echo "no command of the build compiles $file" >&2; return 1; }
  object=$(sed 's/.* -o \([^ ]*\) -c .*/\1/' <<<"$line")
  line=${line/"-o $object -c $root/$file"/"-o $work/$2/$file.o -c $work/$2/$file"}
  (cd "$build" && eval "${line/-Werror/}")
  link=${link/" $object "/" $work/$2/$file.o "}
}

change() { # BUG
  local bug=$1 patch="$here/bugs/$1.patch" file
  files=$(sed -n 's,^+++ b/,,p' "$patch")
  for file in $files; do
    mkdir -p "$work/$bug/$(dirname "$file")"
    cp "$root/$file" "$work/$bug/$file"
  done
  patch -s -p1 -d "$work/$bug" <"$patch" || { echo "$bug: the patch does not apply" >&2; return 1; }
}

plant() { # BUG
  local file
  change "$1" || return 1
  link=$(tail -n 1 <<<"$commands")
  for file in $files; do
    build_file "$file" "$1" || return 1
  done
  (cd "$build" && eval "${link/" -o tests/model "/" -o $work/$1/model "}")
}

# The first line of a patch says what it does wrong.
find_bug() { # BUG
  local said
  if said=$("$work/$1/model" 2>&1); then
    echo "$1: not found: $said" >&2
    return 1
  fi
  echo "- \`$1\`, seed $(sed -n 's/^seed \([0-9]*\).*/\1/p' <<<"$said" | head -n 1):" \
    "$(head -n 1 "$here/bugs/$1.patch")"
  echo "  $(sed -n 's/^seed [0-9]*\(, step [0-9]*\)*: //p' <<<"$said" | head -n 1)"
}

try() { # BUG
  if [ "$build" = --apply ]; then
    change "$1"
  else
    plant "$1" && find_bug "$1"
  fi
}

failures=0
[ $# -gt 0 ] || set -- $(cd "$here/bugs" && ls ./*.patch | sed 's,^\./\(.*\)\.patch$,\1,')
for bug in "$@"; do
  try "$bug" || failures=$((failures + 1))
  rm -rf "${work:?}/$bug"
done
echo "$(($# - failures)) of $# planted bugs: $([ "$build" = --apply ] && echo apply || echo found)"
[ "$failures" -eq 0 ]
