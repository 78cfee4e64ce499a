# What the tests of the package share (bash; sourced, after `source` and `loopback` are set): all of
# support/scene.sh, and programs out of the pages.
# shellcheck shell=bash disable=SC2154  # source and loopback are the caller's
# shellcheck source=tests/support/scene.sh
. "$source/tests/support/scene.sh"

# The C programs of the README and of docs/embedding.md as readme1.c, embedding1.c, embedding2.c in
# $folder, and a server for them to ask.
page_programs() {
  serve "$loopback" "$source/tests/fixtures/comicvine" test-key
  local page
  for page in README.md docs/embedding.md; do
    awk -v start="$folder/$(basename "${page,,}" .md)" '
      /^```c$/ {count++; inside = 1; next}
      /^```$/ {inside = 0}
      inside {print > (start count ".c")}' "$source/$page"
  done
  sed -i "s/127\.0\.0\.1:8080/127.0.0.1:$port/" "$folder"/*.c
}

# A project of a user's for the README's first program, in the folder $1: it takes the library by the
# README's lines that have the text $2.
readme_project() { # FOLDER TEXT
  mkdir -p "$1"
  cp "$folder/readme1.c" "$1/first.c"
  { echo "cmake_minimum_required(VERSION 3.21)"
    echo "project(first LANGUAGES C)"
    echo "add_executable(first first.c)"
    awk -v text="$2" '
      /^```cmake$/ {lines = ""; inside = 1; next}
      /^```$/ {if (inside && index(lines, text)) printf "%s", lines; inside = 0}
      inside {lines = lines $0 "\n"}' "$source/README.md"
  } >"$1/CMakeLists.txt"
  grep -qF "$2" "$1/CMakeLists.txt" || fail "README.md shows no lines with $2"
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
