#!/usr/bin/env bash
# Runs the tests under valgrind's memcheck, some minutes long: tests/valgrind.sh BUILD_FOLDER [PROGRAM]
set -euo pipefail
build=$1

# Left to the sanitizers: what runs thousands of times over (valgrind would take hours), and what is
# about many processes, crowds of threads or waits in real time, of which valgrind runs one at a
# time; loops over each allocation that may fail, under AddressSanitizer too; what a
# system may refuse, which ends with a word of its own; what valgrind has no system call for; and
# children that let no system call through, or fork among crowds.
skipped="unit_test_stores_faults unit_test_migration unit_test_rate_limit_model
         unit_test_engine_random unit_test_server unit_test_server_faults unit_test_lying_files
         api_test_limits api_test_owner_death api_test_sharing
         api_test_dedupe_store api_test_exactness api_test_full_disk unit_test_deaths unit_test_owner_end
         api_test_fork_calls api_test_fork_busy api_test_exec
         api_test_two_copies api_test_storm
         api_test_cancel_stages api_test_retries api_test_circuit api_test_trouble api_test_modes
         api_test_many_turns api_test_cache_store api_test_cursor_tokens unit_test_mutations
         api_test_call_memory api_test_walk_memory api_test_memory_cap
         api_test_close api_test_suspend api_test_poll_for api_test_event_loop api_test_own_loops
         api_test_revalidate api_test_events api_test_log api_test_cursor_ahead
         api_test_cursor_totals api_test_many_lists api_test_many_singly api_test_secrecy_forms"

check_one() { # PROGRAM
  local name log
  name=$(basename "$1")
  log=$build/valgrind-$name.log
  if valgrind --quiet --leak-check=full --errors-for-leak-kinds=definite --error-exitcode=99 \
       "$1" >"$log" 2>&1; then
    echo "$name: clean"
    rm "$log"
  else
    echo "$name: failed"
    tail -n 60 "$log"
    return 255 # xargs stops
  fi
}

if [ $# = 2 ]; then
  check_one "$2"
  exit
fi

programs=""
for program in "$build"/tests/unit_test_* "$build"/tests/api_test_*; do
  case " $(echo $skipped) " in
    *" $(basename "$program") "*) ;;
    *) [ ! -x "$program" ] || programs="$programs$program"$'\n' ;;
  esac
done
if [ -z "$programs" ]; then
  echo "no tests in $build" >&2
  exit 1
fi
printf '%s' "$programs" | xargs -d '\n' -n 1 -P "$(nproc)" "$0" "$build"
