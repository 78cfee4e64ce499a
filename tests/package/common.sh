# What the tests of the package share; to be sourced, after `source` and `loopback` are set: a scratch
# folder that goes with the shell, the loopback server, the README's programs, and how they are run.
# shellcheck shell=bash disable=SC2154  # source and loopback are the caller's
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

fail() { # WHY
  echo "FAILED: $1" >&2
  exit 1
}

serve() { # starts the server; its port is in $port
  "$loopback" --folder "$source/tests/fixtures/comicvine" --key test-key \
      --port-file "$folder/port" >/dev/null &
  server=$!
  for _ in $(seq 200); do
    [ -s "$folder/port" ] && break
    sleep 0.05
  done
  port=$(cat "$folder/port")
}

# The README's C programs as readme1.c, readme2.c, ...; only the server's port is another.
readme_programs() {
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
