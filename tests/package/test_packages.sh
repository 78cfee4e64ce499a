#!/usr/bin/env bash
# scripts/packages, before it makes anything: who maintains the packages must be known, from the
# environment or from git, and all functions that it calls are its own or those of common.sh.
# usage: test_packages.sh SOURCE_FOLDER
set -euo pipefail
source=$1
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/common.sh"

# With a setup that ends it there.
mkdir "$folder/scripts"
cp "$source/scripts/packages" "$folder/scripts"
printf '#!/bin/sh\necho "set up: $*"\nexit 3\n' >"$folder/scripts/setup"
chmod +x "$folder/scripts/setup"
unset DEBFULLNAME DEBEMAIL
export HOME=$folder XDG_CONFIG_HOME=$folder GIT_CONFIG_NOSYSTEM=1
export GIT_CEILING_DIRECTORIES=${folder%/*}
unset GIT_DIR GIT_CONFIG_GLOBAL GIT_CONFIG_COUNT

begins() { # WHAT [NAME=VALUE...]
  local what=$1 status=0
  shift
  env "$@" "$folder/scripts/packages" --build >"$folder/said" 2>&1 || status=$?
  [ "$status" = 3 ] && grep -qx "set up: packages" "$folder/said" ||
    fail "$what: exit $status, $(cat "$folder/said")"
}

refuses() { # WHAT [NAME=VALUE...]
  local what=$1 status=0
  shift
  env "$@" "$folder/scripts/packages" --build >"$folder/said" 2>&1 || status=$?
  [ "$status" = 1 ] && grep -q "^A package names its maintainer: .*DEBEMAIL" "$folder/said" &&
    ! grep -q "set up" "$folder/said" || fail "$what: exit $status, $(cat "$folder/said")"
}

refuses "nobody"
refuses "a name without an address" DEBFULLNAME="A. Penwiper"
begins "the environment" DEBFULLNAME="A. Penwiper" DEBEMAIL=penwiper@example.org
git config --global user.name "A. Penwiper"
refuses "git's name without an address"
begins "git's name, the environment's address" DEBEMAIL=penwiper@example.org
git config --global user.email penwiper@example.org
begins "git's name and address"

# Nothing but root and a mirror runs it to its end, so what it calls is looked up here.
calls=0
while read -r name; do
  calls=$((calls + 1))
  grep -q "^ *$name()" "$source/scripts/packages" || declare -F "$name" >/dev/null ||
    fail "there is no $name"
done < <(sed -nE 's/^ *([a-z]+(_[a-z]+)+)( .*)?$/\1/p' "$source/scripts/packages")
[ "$calls" -ge 3 ] || fail "only $calls calls were found"
echo "$calls calls"
