#!/usr/bin/env bash
# Runs tests under valgrind's memcheck: tests/valgrind.sh BUILD_FOLDER
# Programs whose point is timing across processes are left to the sanitizers.
set -euo pipefail
build=$1

for program in "$build"/tests/unit_test_* "$build"/tests/api_test_issue \
               "$build"/tests/api_test_requests "$build"/tests/api_test_trouble; do
  [ -x "$program" ] || continue
  case "$program" in
    *_server*|*_stores_faults|*_migration*) continue ;;
  esac
  printf '%s: ' "$(basename "$program")"
  if valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite --error-exitcode=99 \
       "$program" >"$build/valgrind.log" 2>&1; then
    echo "clean"
  else
    echo "failed"
    tail -n 60 "$build/valgrind.log"
    exit 1
  fi
done
