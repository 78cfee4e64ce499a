#!/usr/bin/env bash
# man/comicvine.1 is what scripts/manual makes of the program's help.
# usage: test_manual.sh PROGRAM LOOPBACK_PROGRAM PROJECT_FOLDER
set -euo pipefail
if ! "$3/scripts/manual" "$1" | diff "$3/man/comicvine.1" -; then
  echo "not up to date: scripts/manual PROGRAM >man/comicvine.1" >&2
  exit 1
fi
