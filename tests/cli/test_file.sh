#!/usr/bin/env bash
# The commands of comicvine that look at the file and the budget, as scripts use them: quota, status,
# cache, check-key, doctor, config. What they write is read by Python's json and csv.
# usage: test_file.sh PROGRAM LOOPBACK_PROGRAM PROJECT_FOLDER
set -euo pipefail
program=$1 loopback=$2 fixtures=$3/tests/fixtures/comicvine
. "$(dirname "$0")/../support/scene.sh"
serve "$loopback" "$fixtures" test-key
export HOME=$folder COMIC_VINE_API_KEY=test-key
unset XDG_DATA_HOME XDG_CONFIG_HOME COMICVINE_API_KEY COMICVINE__API_KEY NO_COLOR
cd "$folder"

comicvine() {
  "$program" --base-url "$url" --database comics.db "$@"
}

ends_with() { # STATUS ARGUMENT...
  local wanted=$1 status=0
  shift
  comicvine "$@" >said 2>complaint || status=$?
  [ "$status" = "$wanted" ] || fail "comicvine $*: $status instead of $wanted: $(cat complaint)"
}

# Python's word on the rows of the last run, `rows`; a condition each.
check() { # CONDITION...
  local condition
  for condition in "$@"; do
    python3 - "$condition" <<'END' || fail "$condition: $(cat said)"
import json, sys
rows = [json.loads(line) for line in open("said")]
sys.exit(0 if eval(sys.argv[1]) else 1)
END
  done
}

# ---- before there is a file ----

ends_with 0 doctor
check '[r for r in rows if r["check"] == "database"][0]["detail"].endswith("made at the first use")'
[ ! -e comics.db ] || fail "doctor has made a file"
for words in status quota "quota issue" "quota --watch" "cache stats" "cache ls" "cache show 00" \
    "cache verify" "cache export" "cache export answers.jsonl" "cache prune" "cache clear --yes"; do
  # shellcheck disable=SC2086
  ends_with 10 $words
  grep -q "there is no database yet: .*comics.db" complaint || fail "$words: $(cat complaint)"
  [ -z "$(find . -name 'comics.db*' -o -name 'answers.jsonl*')" ] || fail "$words has made a file"
done

# ---- quota ----

ends_with 0 get issue 52 61 88
ends_with 3 get issue 4711
ends_with 0 list issues --filter volume:901
ends_with 0 quota
check '[r["path"] for r in rows] == ["issue", "issues"]' 'rows[0]["used"] == 4' \
    'rows[0]["limit"] == 200 and rows[0]["remaining"] == 196' 'rows[0]["cooldown_until"] is None' \
    'rows[0]["reset_at"].endswith("Z") and "user activity" in rows[0]["reason"]'
ends_with 0 quota volume search
check '[r["path"] for r in rows] == ["volume", "search"]' 'rows[0]["used"] == 0'
ends_with 0 quota --all
check 'len(rows) == 39 or len(rows) > 30' 'len({r["path"] for r in rows}) == len(rows)'
ends_with 0 quota --programs
check 'sum(r["requests"] for r in rows) == 5' \
    'all(r["application"].startswith("comicvine/") and r["pid"] > 0 for r in rows)'
ends_with 2 quota isue
grep -q "is issue meant" complaint || fail "no suggestion: $(cat complaint)"

"$program" --base-url "$url" --database comics.db quota issue --watch=200ms >watched 2>/dev/null &
watcher=$! # the program's own: a function would run in a shell between them
children+=("$watcher")
until [ "$(wc -l <watched)" -ge 3 ]; do sleep 0.05; done
kill "$watcher" # SIGINT is ignored by what a script starts in the background
status=0
wait "$watcher" || status=$?
[ "$status" = 143 ] || fail "a watch ends with $status"
python3 -c 'import json; [json.loads(line) for line in open("watched")]'

# ---- status and check-key ----

ends_with 0 status
check 'rows[0]["cache_items"] == 5 and rows[0]["cache_negative"] == 1' 'rows[0]["requests"] == 5' \
    'rows[0]["jobs_pending"] == 0' 'rows[0]["database"] == "comics.db"'
ends_with 0 check-key
check 'rows == [{"key": "accepted"}]'
COMIC_VINE_API_KEY=wrong-key ends_with 4 check-key
if grep -rq wrong-key said complaint comics.db*; then
  fail "the key was shown or stored"
fi
ends_with 2 check-key test-key

# ---- cache ----

ends_with 0 cache stats
check 'rows[0]["items"] >= 5'
ends_with 0 cache ls
check '{"issue/4000-52", "issue/4000-61", "issue/4000-88"} <= {r.get("object") for r in rows}' \
    'any(r["state"] == "negative" for r in rows)' 'all(len(r["hash"]) == 64 for r in rows)' \
    'any(r.get("name") == "a list of 2" for r in rows)'
hash=$(python3 -c '
import json
print([r["hash"] for r in map(json.loads, open("said")) if r.get("object") == "issue/4000-88"][0])')
ends_with 0 cache show "${hash:0:12}"
check 'rows[0]["answer"]["results"]["id"] == 88' 'rows[0]["state"] == "fresh"'
comicvine cache show "$hash" --raw >said
{ cat "$fixtures/issue/4000-88.json"; echo; } | cmp - said || fail "not as received"
ends_with 8 cache show zz
ends_with 0 cache ls --csv
python3 - <<'END'
import csv
rows = list(csv.DictReader(open("said")))
assert any(row["name"] and "月" in row["name"] for row in rows), rows
END

# An export comes back byte by byte, with its times, and does not replace what is newer.
ends_with 0 cache export answers.jsonl
grep -q "exported [0-9]*, left out [1-9][0-9]*: what the service has not" complaint || fail "$(cat complaint)"
[ "$(stat -c %a answers.jsonl)" = 600 ] || fail "others may read the export"
"$program" --database copy.db cache import answers.jsonl 2>complaint
"$program" --database copy.db cache export - 2>/dev/null | cmp - answers.jsonl || fail "not the same"
"$program" --database copy.db cache import - <answers.jsonl 2>complaint
grep -q "imported 0, left out [1-9][0-9]*: what is here is as new" complaint || fail "stored again: $(cat complaint)"
"$program" --base-url "$url" --database copy.db get issue 88 --offline >said
check 'rows[0]["id"] == 88'
head -c 400 answers.jsonl >cut.jsonl
for line in nonsense '{"hash":"0"}' "$(cat cut.jsonl)" \
    "{\"hash\":\"$hash\",\"created_at_ms\":1,\"expires_at_ms\":2,\"body\":\"{\\\"status_code\\\":1,\\\"results\\\":{\"}" \
    "{\"hash\":\"$hash\",\"created_at_ms\":1,\"expires_at_ms\":2,\"body\":\"{\\\"status_code\\\":107}\"}"; do
  echo "$line" >bad.jsonl
  ends_with 1 cache import bad.jsonl
done
{ head -n 1 answers.jsonl | tr -d '\n'; printf '\0and more\n'; } >bad.jsonl
ends_with 1 cache import bad.jsonl
ends_with 1 cache export missing/answers.jsonl
[ -z "$(find . -name 'answers.jsonl.*')" ] || fail "half a file is left"
ends_with 1 cache export /dev/full
[ -c /dev/full ] || fail "a device was replaced"

ends_with 0 cache export --json
cmp said answers.jsonl || fail "an export has a format of its own"

# ---- damage ----

ends_with 0 cache verify
check 'rows[0]["damaged"] == 0 and rows[0]["whole"] >= 5'
sqlite3 comics.db "UPDATE cache SET value = CAST(replace(value, 'Wharf', 'Wharg') AS BLOB)
    WHERE hash = (SELECT hash FROM cache WHERE instr(value, '\"id\": 52'))"
ends_with 10 cache verify
check 'rows[0]["damaged"] == 1'
grep -q "is damaged" complaint || fail "not said which"

# ---- deleting ----

ends_with 0 cache prune
check 'rows[0]["deleted"] == 0'
ends_with 2 cache clear
grep -q -- --yes complaint || fail "clear does not say what it wants"
ends_with 0 cache prune --older-than 1d
check 'rows[0]["deleted"] == 0'
for words in "prune" "prune --older-than 30d" "clear" "clear --yes"; do
  # shellcheck disable=SC2086
  ends_with 0 cache $words --dry-run
  case $words in
    clear*) check 'rows[0]["would_delete"] >= 5' ;;
    *) check 'rows == [{"would_delete": 0}]' ;;
  esac
done
sqlite3 comics.db "UPDATE cache SET created_at = created_at - 40 * 86400000,
    expires_at = expires_at - 40 * 86400000 WHERE negative = 1
    OR hash = (SELECT hash FROM cache WHERE negative = 0 LIMIT 1)"
for words in "prune" "prune --older-than 30d"; do
  # shellcheck disable=SC2086
  ends_with 0 cache $words -n
  check 'rows == [{"would_delete": 2}]'
done
ends_with 0 cache prune
check 'rows == [{"deleted": 2}]'
ends_with 0 cache clear --yes
check 'rows[0]["deleted"] >= 3'
ends_with 2 cache stat
ends_with 2 cache show
ends_with 2 cache

# ---- doctor and config ----

ends_with 0 doctor
check 'all(r["state"] == "ok" for r in rows)'
chmod 644 comics.db
ends_with 0 doctor
check '[r["state"] for r in rows if r["check"] == "permissions"] == ["warning"]'
chmod 600 comics.db
env -u COMIC_VINE_API_KEY "$program" --database comics.db doctor --no-network >said || status=$?
[ "$status" = 4 ] || fail "doctor without a key: $status"
ends_with 6 --base-url http://127.0.0.1:1/api doctor
ends_with 6 doctor --proxy http://127.0.0.1:1
check '[r["state"] for r in rows if r["check"] == "proxy"] == ["failed"]'
ends_with 2 doctor --proxy ftp://127.0.0.1
ends_with 2 --database "" status
grep -q "database must be a value that is not empty" complaint || fail "$(cat complaint)"
ends_with 2 get issue --wait 5s 52
grep -q -e "--wait=5s" complaint || fail "$(cat complaint)"
if [ "$(id -u)" != 0 ]; then # whom modes do not keep out
  chmod 400 comics.db
  ends_with 10 doctor
  check '[r["state"] for r in rows if r["check"] == "permissions"] == ["failed"]'
  chmod 600 comics.db
fi
ends_with 2 --base-url ftp://127.0.0.1 doctor
echo "not a database, but long enough to be looked at by whoever opens it as one" >text.db
ends_with 10 --database text.db doctor
mkdir -p .config/comicvine
printf 'timeout = 7s\napi_key = a-secret-of-mine\n' >.config/comicvine/config
chmod 600 .config/comicvine/config
env -u COMIC_VINE_API_KEY "$program" config >said
check '{"name": "timeout", "value": "7s"}.items() <= [r for r in rows if r["name"] == "timeout"][0].items()' \
    '[r["value"] for r in rows if r["name"] == "api-key"] == ["(set)"]'
if grep -q a-secret said; then
  fail "the key was shown"
fi
echo "all of the file's commands"
