# For scripts that test with a loopback server (bash; sourced): a folder of their own, which goes
# with all that they have started when they end.
#
#     $folder              the folder
#     serve PROGRAM FOLDER KEY [ARGUMENT...]   starts a server; sets $port and $url
#     stop_servers         ends what `serve` has started
#     fail WHAT            ends the test
folder=$(mktemp -d)
children=()

stop_servers() {
  local child
  for child in "${children[@]}"; do
    kill "$child" 2>/dev/null || true
    wait "$child" 2>/dev/null || true
  done
  children=()
}
trap 'stop_servers; rm -rf "$folder"' EXIT

fail() {
  echo "FAILED: $1" >&2
  exit 1
}

serve() {
  local program=$1 answers=$2 key=$3
  shift 3
  rm -f "$folder/port"
  "$program" --folder "$answers" --key "$key" --port-file "$folder/port" "$@" >/dev/null &
  children+=($!)
  until [ -s "$folder/port" ]; do
    kill -0 "${children[-1]}" 2>/dev/null || fail "the server has ended"
    sleep 0.02
  done
  port=$(cat "$folder/port")
  url=http://127.0.0.1:$port/api
}
