#!/bin/sh
# The examples that put the client into an event loop do what they say, against a loopback server.
#   test_loops.sh FIXTURES LOOPBACK POLL_LOOP UV_LOOP GLIB_LOOP     "": it was not built
set -eu

fixtures=$1
loopback=$2
poll_loop=$3
uv_loop=$4
glib_loop=$5
folder=$(mktemp -d)
server=
trap 'if [ -n "$server" ]; then kill "$server"; fi; rm -rf "$folder"' EXIT

"$loopback" --folder "$fixtures" --key test-key >"$folder/server" &
server=$!
tries=0
until grep -q http "$folder/server"; do
  tries=$((tries + 1))
  if [ "$tries" -gt 500 ]; then
    echo "the server does not start" >&2
    exit 1
  fi
  sleep 0.02
done
url=$(grep -o 'http://[^ ]*' "$folder/server" | head -n 1)
export COMIC_VINE_API_KEY=test-key

check() {
  name=$1
  if ! grep -q '^52: The Long Night on Wharf Street$' "$folder/$name" ||
    [ "$(wc -l <"$folder/$name")" -ne 2 ]; then
    echo "$name said:" >&2
    cat "$folder/$name" >&2
    exit 1
  fi
}

printf '52\n61\n' | "$poll_loop" "$url" "$folder/poll.db" >"$folder/poll_loop"
check poll_loop

check_loop() { # NAME PROGRAM
  if [ -z "$2" ]; then
    echo "$1 was not built: its library is not there"
    return
  fi
  "$2" "$url" "$folder/$1.db" 52 61 >"$folder/$1"
  check "$1"
}
check_loop uv_loop "$uv_loop"
check_loop glib_loop "$glib_loop"
