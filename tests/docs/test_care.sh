#!/usr/bin/env bash
# Runs what docs/care.md tells people to do, as it stands there: the first half while a program reads
# and writes the file, the second when none does; and checks what has become of the file.
# usage: test_care.sh SOURCE_FOLDER LOOPBACK_PROGRAM ACTOR_PROGRAM RUSH_PROGRAM LIBRARY
set -euo pipefail
source=$1 loopback=$2 actor=$3 rush=$4 library=$5
key=care-key-0123456789
issues=3000
. "$(dirname "$0")/../support/scene.sh"

number() { # DATABASE SQL
  sqlite3 -readonly -batch "$1" ".timeout 10000" "$2"
}

# ---- the page's programs and commands ----

# Into run-1.sh and c-1.c and so on; commands in the order of the page, "idle" from the second half on.
awk -v folder="$folder" '
  /^## While nothing uses it/ {idle = 1}
  /^```sh$/ {out = folder "/" (idle ? "idle" : "busy") "-" ++commands ".sh"; next}
  /^```c$/ {out = folder "/program-" ++programs ".c"; next}
  /^```$/ {out = ""}
  out {print > out}' "$source/docs/care.md"

run_all() { # PREFIX CHECK
  local block
  for block in $(printf '%s\n' "$folder/$1"-*.sh | sort -V); do
    sed 's/^/  /' "$block"
    bash -euo pipefail "$block" || fail "exit $?"
    $2
  done
}

compile() { # NUMBER NAME
  cc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror "$folder/program-$1.c" -I"$source/include" \
      "$library" -Wl,-rpath,"$(dirname "$library")" -lsqlite3 -o "$folder/$2"
}
compile 1 backup
compile 2 clear

# ---- a program at work ----

mkdir "$folder/issue"
for id in $(seq "$issues"); do
  printf '{"error":"OK","limit":1,"offset":0,"number_of_page_results":1,"status_code":1,%s%s' \
      '"number_of_total_results":1,"version":"1.0",' \
      "\"results\":{\"id\":$id,\"name\":\"One of many\"}}" >"$folder/issue/4000-$id.json"
done
serve "$loopback" "$folder" "$key"

mkdir -m 0700 "$folder/data"
cd "$folder/data"
mkfifo "$folder/orders"
sliding=1 # of cv_limit_kind
from_cache=0 # of cv_source
"$rush" "$url" comics.db "$key" "$sliding" 50 500 1 1 <"$folder/orders" >"$folder/said" &
writer=$!
children+=("$writer")
exec 3>"$folder/orders"
echo 60000 >&3 # milliseconds; it is stopped long before
for _ in $(seq 400); do
  [ -e comics.db.gate ] && [ "$(number comics.db 'SELECT count(*) FROM cache')" -ge 50 ] && break
  sleep 0.05
done

progress() {
  kill -0 "$writer" || fail "the writer has ended"
  number comics.db "SELECT seq FROM sqlite_sequence WHERE name = 'rate_limits'"
}

before=$(progress)
run_all busy :
"$folder/backup" comics.db second.db || fail "the backup from C"
[ "$("$folder/backup" comics.db second.db 2>&1)" != "" ] || fail "a backup went over another"
for _ in $(seq 400); do
  [ "$(progress)" -gt "$before" ] && break
  sleep 0.05
done
[ "$(progress)" -gt "$before" ] || fail "nothing was written meanwhile"

# ---- the copies ----

# It is whole, private, and serves an answer to a client, which opens another copy of it.
check_copy() { # DATABASE
  local answer
  [ "$(sqlite3 -readonly "$1" 'PRAGMA integrity_check')" = ok ] || fail "$1 is damaged"
  [ "$(stat -c %a "$1")" = 600 ] || fail "$1 may be read by others"
  [ "$(number "$1" 'SELECT count(*) FROM cache')" -ge 50 ] || fail "$1 is not complete"
  cp "$1" "$folder/opened.db"
  answer=$(echo "read 1" | "$actor" url="$url" database="$folder/opened.db" key="$key")
  rm -f "$folder"/opened.db*
  echo "$answer" | grep -q "^outcome 0 $from_cache 1 " || fail "$1 does not serve: $answer"
}
check_copy backup.db
check_copy second.db

cached=$(number comics.db 'SELECT count(*) FROM cache')
"$folder/clear" comics.db || fail "clearing"
[ "$(number comics.db 'SELECT count(*) FROM cache')" -lt "$cached" ] || fail "nothing was cleared"
echo "while in use: backed up, checked and cleared"

# ---- nothing at work ----

kill -9 "$writer"
wait "$writer" 2>/dev/null || true
exec 3>&-
check_what_is_left() {
  [ ! -e comics.db ] || check_copy comics.db
}
run_all idle check_what_is_left
[ -z "$(ls comics.db* 2>/dev/null)" ] || fail "something is left: $(ls)"
echo "while idle: made smaller, restored and deleted"
