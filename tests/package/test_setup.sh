#!/usr/bin/env bash
# scripts/setup on a machine that lacks everything, with programs in place of the system's: apt is
# asked to ask nothing, by root and behind a sudo that takes the environment away; without sudo only
# root can install, and with nothing missing nothing is started.
# usage: test_setup.sh SOURCE_FOLDER
set -euo pipefail
source=$1
# shellcheck source-path=SCRIPTDIR
. "$source/tests/support/scene.sh"
mkdir "$folder/bin"
for name in env grep sh; do
  ln -s "$(command -v $name)" "$folder/bin/$name"
done

stand_in() { # NAME LINE...
  local name=$1
  shift
  printf '%s\n' "#!$(command -v bash)" "$@" >"$folder/bin/$name"
  chmod +x "$folder/bin/$name"
}

# Exit status goes to $status, what apt-get was called with to $folder/asked.
setup() { # USER_ID STATE_OF_PACKAGES
  stand_in id "echo $1"
  stand_in dpkg-query "echo '$2'"
  rm -f "$folder/asked"
  status=0
  env -u DEBIAN_FRONTEND PATH="$folder/bin" "$BASH" "$source/scripts/setup" build \
      >"$folder/said" 2>&1 || status=$?
}

stand_in apt-get "echo \"\${DEBIAN_FRONTEND:-a terminal}: \$*\" >>'$folder/asked'"

installs() { # BY_WHOM
  [ "$status" = 0 ] || fail "$1: exit $status, $(cat "$folder/said")"
  grep -q ': install .* libsqlite3-dev' "$folder/asked" || fail "$1: nothing came"
  if grep -v '^noninteractive: ' "$folder/asked"; then
    fail "$1: apt would ask"
  fi
}

setup 0 "unknown ok not-installed"
installs root

setup 1000 "unknown ok not-installed"
[ "$status" = 1 ] && [ ! -e "$folder/asked" ] || fail "somebody without sudo: exit $status"
grep -q '^Installing: .* libsqlite3-dev' "$folder/said" || fail "nobody hears what is missing"
grep -q '^Only root can' "$folder/said" || fail "nobody hears who can"

stand_in sudo "exec env -i PATH='$folder/bin' \"\$@\""
setup 1000 "unknown ok not-installed"
installs "somebody with sudo"

setup 1000 "install ok installed"
[ "$status" = 0 ] && [ ! -s "$folder/said" ] && [ ! -e "$folder/asked" ] || fail "all is there"
