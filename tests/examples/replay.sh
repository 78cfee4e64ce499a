#!/usr/bin/env bash
# The example records from the loopback server, and then replays without it and without its key.
#
#     replay.sh LOOPBACK EXAMPLE FIXTURES
set -euo pipefail
loopback=$1
example=$2
fixtures=$3
key=0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c
folder=$(mktemp -d)
server=""
finish() {
  if [ -n "$server" ]; then
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  rm -rf "$folder"
}
trap finish EXIT

"$loopback" --folder "$fixtures" --key "$key" --port-file "$folder/port" >/dev/null &
server=$!
for _ in $(seq 200); do
  [ -s "$folder/port" ] && break
  sleep 0.05
done
mkdir "$folder/answers"
if env -u COMIC_VINE_API_KEY "$example" "$folder/answers" 2>"$folder/errors"; then
  echo "it replayed what was not recorded" >&2
  exit 1
fi
grep -q "not recorded: /api/issue/4000-52/" "$folder/errors"
COMIC_VINE_API_KEY=$key "$example" "$folder/answers" \
    "http://127.0.0.1:$(cat "$folder/port")/api"
kill "$server"
wait "$server" 2>/dev/null || true
server=""
env -u COMIC_VINE_API_KEY "$example" "$folder/answers"
[ "$(find "$folder/answers" -name 'api_issue_4000-52-*-1.txt' | wc -l)" = 1 ]
if grep -rq "$key" "$folder/answers"; then
  echo "the key was recorded" >&2
  exit 1
fi
