#!/usr/bin/env bash
# Each C program of README.md and of docs/*.md compiles without a warning. Those that have a block
# of text below them are run, in the page's order, in one folder for each page, against a loopback
# server: they print that text. docs/database.md and man/comicvine-db.5 name each table and column of
# the file that they have made.
# usage: test_pages.sh SOURCE_FOLDER LOOPBACK_PROGRAM LIBRARY
set -euo pipefail
source=$1 loopback=$2 library=$3
. "$(dirname "$0")/../support/scene.sh"

serve "$loopback" "$source/tests/fixtures/comicvine" test-key

# Into N.c, and N.txt where text follows a program before the next heading or program.
split() { # PAGE
  awk '
    /^```c$/ {out = ++count ".c"; next}
    /^```text$/ && count && !(count in told) {told[count] = 1; out = count ".txt"; next}
    /^```/ {out = ""; next}
    /^#/ && !out {told[count] = 1}
    out {print > out}' "$1"
}

compile() { # NUMBER
  cc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror "$1.c" -I"$source/include" "$library" \
      -Wl,-rpath,"$(dirname "$library")" -lsqlite3 -o "program-$1"
}

# Columns stand in the table below their table's heading, or, of the small tables, in the text.
check_tables() { # DATABASE
  local names table column
  names=$(sqlite3 -readonly -batch "$1" ".timeout 10000" "SELECT m.name || ' ' || c.name
      FROM sqlite_schema m JOIN pragma_table_info(m.name) c
      WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' ORDER BY m.name")
  [ -n "$names" ] || fail "$1 has no tables"
  while read -r table column; do
    case $table in
    cache | dedupe_jobs | rate_limits)
      awk -v heading="## $table" '$0 == heading {inside = 1; next} /^## /{inside = 0} inside' \
          "$source/docs/database.md" | grep -qE "^\|.*\b$column\b[^|]*\|" ||
        fail "docs/database.md does not have $table.$column" ;;
    *) grep -q "\`$table\b" "$source/docs/database.md" || fail "docs/database.md lacks $table"
      column=$table ;;
    esac
    [ "$column" = id ] || grep -qw "$column" "$source/man/comicvine-db.5" ||
      fail "man/comicvine-db.5 does not have $table.$column"
  done <<<"$names"
  echo "database.md: $(wc -l <<<"$names") columns"
}

# The programs of one page; how many of them were run.
try_page() { # PAGE
  local program number run=0
  mkdir "$folder/page"
  cd "$folder/page"
  split "$1"
  for program in $(printf '%s\n' [0-9]*.c | sort -n); do
    number=${program%.c}
    sed -i "s/127\.0\.0\.1:8080/127.0.0.1:$port/" "$program"
    compile "$number" || fail "$1: program $number"
    if [ -e "$number.txt" ]; then
      "./program-$number" >said || fail "$1: program $number: exit $?"
      diff "$number.txt" said || fail "$1: program $number prints something else"
      run=$((run + 1))
    fi
  done
  if [ -e comics.db ]; then
    check_tables comics.db
  fi
  cd /
  rm -rf "$folder/page"
  echo "${1##*/}: $run run"
  total=$((total + run))
}

total=0
for page in "$source/README.md" "$source"/docs/*.md; do
  if grep -q '^```c$' "$page"; then
    try_page "$page"
  fi
done
[ "$total" -ge 10 ] || fail "only $total programs were run"
