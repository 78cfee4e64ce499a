#!/usr/bin/env bash
# The example records from the loopback server, and then replays without it and without its key.
#
#     replay.sh LOOPBACK EXAMPLE FIXTURES
set -euo pipefail
loopback=$1
example=$2
fixtures=$3
key=0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c
. "$(dirname "$0")/../support/scene.sh"

serve "$loopback" "$fixtures" "$key"
mkdir "$folder/answers"
if env -u COMIC_VINE_API_KEY "$example" "$folder/answers" 2>"$folder/errors"; then
  echo "it replayed what was not recorded" >&2
  exit 1
fi
grep -q "not recorded: /api/issue/4000-52/" "$folder/errors"
COMIC_VINE_API_KEY=$key "$example" "$folder/answers" "$url"
stop_servers
env -u COMIC_VINE_API_KEY "$example" "$folder/answers"
[ "$(find "$folder/answers" -name 'api_issue_4000-52-*-1.txt' | wc -l)" = 1 ]
if grep -rq "$key" "$folder/answers"; then
  echo "the key was recorded" >&2
  exit 1
fi
