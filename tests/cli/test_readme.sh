#!/usr/bin/env bash
# The commands that README.md shows for the program do what they say, one after the other.
#   test_readme.sh PROGRAM LOOPBACK SOURCE_FOLDER
set -euo pipefail
program=$1 loopback=$2 source=$3
. "$(dirname "$0")/../support/scene.sh"

if ! command -v jq >/dev/null; then
  echo "jq is not there, which one of the commands uses"
  exit 77
fi
serve "$loopback" "$source/tests/fixtures/comicvine" test-key
mkdir "$folder/bin" "$folder/home"
ln -s "$program" "$folder/bin/comicvine"
export PATH=$folder/bin:$PATH HOME=$folder/home
unset XDG_DATA_HOME XDG_CONFIG_HOME COMICVINE_API_KEY COMICVINE__API_KEY
export COMIC_VINE_API_KEY=test-key COMICVINE_BASE_URL=$url COMICVINE_DATABASE=$folder/comics.db
cd "$folder"

awk '/^## / {inside = $0 == "## The program"} inside' "$source/README.md" |
  sed -n '/^```sh$/,/^```$/{/^```/!p}' >commands
[ "$(wc -l <commands)" -ge 7 ] || fail "README.md shows hardly any command"

number=0
while IFS= read -r command; do
  number=$((number + 1))
  bash -euo pipefail -c "$command" </dev/null >"said.$number" || fail "$command"
done <commands

says() { # NUMBER TEXT
  grep -qF -- "$2" "said.$1" || fail "command $1 says $(cat "said.$1")"
}
says 1 "The Long Night on Wharf Street"
says 2 '"volume.name": "The Lamplighter"'
says 3 "52,The Lamplighter,7,The Long Night on Wharf Street,1994-07-01"
says 4 '"The Long Night on Wharf Street"'
says 5 '"requests":1'
says 7 "The Long Night on Wharf Street"
[ "$(wc -l <all.jsonl)" = 12 ] || fail "$(wc -l <all.jsonl) lines in place of 12"
[ "$(wc -l <done)" = 12 ] || fail "$(cat done)"
