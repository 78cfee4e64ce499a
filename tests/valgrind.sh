#!/usr/bin/env bash
# Runs the tests under valgrind's memcheck: tests/valgrind.sh BUILD_FOLDER
set -euo pipefail
build=$1

# Left to the sanitizers: what runs thousands of times over (valgrind would take hours), and what is
# about many processes or crowds of threads in real time, which valgrind runs one at a time; and what
# a system may refuse, which ends with a word of its own.
skipped="unit_test_stores_faults unit_test_migration unit_test_rate_limit_model
         unit_test_engine_random unit_test_server unit_test_server_faults
         api_test_limits api_test_owner_death api_test_sharing
         api_test_dedupe_store api_test_exactness api_test_full_disk"

count=0
for program in "$build"/tests/unit_test_* "$build"/tests/api_test_*; do
  name=$(basename "$program")
  case " $(echo $skipped) " in
    *" $name "*) continue ;;
  esac
  printf '%s: ' "$name"
  if valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite --error-exitcode=99 \
       "$program" >"$build/valgrind.log" 2>&1; then
    echo "clean"
  else
    echo "failed"
    tail -n 60 "$build/valgrind.log"
    exit 1
  fi
  count=$((count + 1))
done
if [ "$count" = 0 ]; then
  echo "no tests in $build" >&2
  exit 1
fi
