# What the tests of the package share (bash; sourced, after `source` and `loopback` are set): all of
# support/scene.sh, and the README's programs.
# shellcheck shell=bash disable=SC2154  # source and loopback are the caller's
# shellcheck source=tests/support/scene.sh
. "$source/tests/support/scene.sh"

# The README's C programs as readme1.c, readme2.c, ... in $folder, and a server for them to ask.
readme_programs() {
  serve "$loopback" "$source/tests/fixtures/comicvine" test-key
  awk -v folder="$folder" '
    /^```c$/ {count++; inside = 1; next}
    /^```$/ {inside = 0}
    inside {print > (folder "/readme" count ".c")}' "$source/README.md"
  sed -i "s/127\.0\.0\.1:8080/127.0.0.1:$port/" "$folder"/readme*.c
}

first_program_prints="The Lamplighter #7: The Long Night on Wharf Street"

expect() { # WHAT EXPECTED COMMAND...
  local what=$1 expected=$2 output
  shift 2
  rm -f comics.db*
  output=$("$@") || fail "$what: exit $?"
  [ "$output" = "$expected" ] || fail "$what printed: $output"
  echo "$what: $output"
}
