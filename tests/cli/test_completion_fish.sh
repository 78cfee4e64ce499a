#!/usr/bin/env bash
# fish itself completes commands, words and options, with the completion sourced and with it where
# packages install it.
#   test_completion_fish.sh PROGRAM LOOPBACK SOURCE_FOLDER
set -euo pipefail
program=$1
. "$(dirname "$0")/../support/scene.sh"

if ! command -v fish >/dev/null; then
  echo "skipped: fish is not there (scripts/setup test)"
  exit 77
fi
completions=$folder/share/fish/vendor_completions.d
mkdir -p "$folder/home" "$folder/bin" "$completions"
ln -s "$program" "$folder/bin/comicvine" # without a program fish looks for no completion of it
export PATH=$folder/bin:$PATH
"$program" completion fish >"$folder/comicvine.fish"
export HOME=$folder/home XDG_CONFIG_HOME=$folder/home XDG_DATA_HOME=$folder/home
cd "$folder/home"

sourced() { # LINE: what fish offers for its end, without the descriptions
  fish --no-config -c "source '$folder/comicvine.fish'; complete -C '$1'" </dev/null | cut -f 1
}

installed() { # LINE
  XDG_DATA_DIRS=$folder/share:/usr/share fish -c "complete -C '$1'" </dev/null | cut -f 1
}

expect() { # HOW WANTED LINE
  local found
  found=$("$1" "$3" | sort | paste -sd ' ')
  [ "$found" = "$2" ] || fail "$1: \"$3\" completes to \"$found\" in place of \"$2\""
}

try() { # HOW
  expect "$1" "get" "comicvine ge"
  expect "$1" "get" "comicvine --quiet ge"
  expect "$1" "cache check-key completion config cover" "comicvine c"
  expect "$1" "issue" "comicvine get iss"
  expect "$1" "story_arc" "comicvine --quiet get story"
  expect "$1" "" "comicvine get issue vol"
  expect "$1" "bash fish zsh" "comicvine completion "
  expect "$1" "export" "comicvine cache ex"
  expect "$1" "completion" "comicvine help comp"
  expect "$1" "--fields --filter" "comicvine list --fi"
  expect "$1" "--offline --offset" "comicvine list issues --off"
  expect "$1" "" "comicvine get --filt"
  expect "$1" "--timeout" "comicvine --tim"
  expect "$1" "--version" "comicvine --vers"
  expect "$1" "--help" "comicvine get --he"
  expect "$1" "--progress=always --progress=auto" "comicvine --progress=a"
}

try sourced
# It is this file that fish reads, even where the program is installed on this machine.
echo "complete -c comicvine -f -a out_of_this_file" >"$completions/comicvine.fish"
expect installed "out_of_this_file" "comicvine out"
cp "$folder/comicvine.fish" "$completions"
try installed
