#!/usr/bin/env bash
# Counts what the library's hot paths take, and compares it with the recorded ceilings.
#
#     count.sh COUNT_WORK BUILD CEILINGS            fails if a count is above its ceiling
#     count.sh COUNT_WORK BUILD CEILINGS --record   prints the lines that CEILINGS would have to have
#     count.sh COUNT_WORK BUILD --show OPERATION    where an operation's counts come from
#
# BUILD names the compiler, the build type and SQLite: instructions and system calls are recorded for
# some of those, and not compared in others; allocations and statements are the same everywhere.
# Where strace or valgrind cannot be used their counts are left out.
set -euo pipefail
export LC_ALL=C

work=$1
build=$2
operations="hit hot cold decode admission"
slack_percent=3 # of instructions: SQLite, yajl and the C library differ between machines too
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

can_trace() {
  command -v strace >/dev/null && strace -o "$folder/try" true 2>/dev/null
}

can_simulate() {
  command -v valgrind >/dev/null
}

# Names of the system calls in between the marks that the program sets, one a line; without those by
# which the C library gets memory when its heap is used up.
system_calls() { # OPERATION
  strace -f -o "$folder/calls" "$work" "$1" >/dev/null
  awk '/write\(-1, "<"/ {counts = 1; next}
       /write\(-1, ">"/ {counts = 0; next}
       counts && match($0, /^[0-9]+ +[a-z0-9_]+\(/) {
         name = substr($0, RSTART, RLENGTH - 1); sub(/^[0-9]+ +/, "", name)
         if (name !~ /^(brk|mmap|munmap|mremap|madvise)$/) print name}' \
      "$folder/calls"
}

# With the C library's functions for any processor: which it takes else depends on the machine.
simulate() { # OPERATION
  GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-AVX_Fast_Unaligned_Load,-ERMS,-BMI2 \
    valgrind --tool=callgrind "--toggle-collect=count_one*" --callgrind-out-file="$folder/profile" \
      "$work" "$1" >/dev/null 2>"$folder/words" || { cat "$folder/words" >&2; return 1; }
}

count_one() { # OPERATION
  "$work" "$1"
  if [ -n "$traces" ]; then
    echo "$1 system_calls $(system_calls "$1" | wc -l)"
  fi
  if [ -n "$simulates" ]; then
    simulate "$1"
    awk -v name="$1" '/^(summary|totals):/ {n = $2} END {print name " instructions " n}' \
        "$folder/profile"
  fi
}

show() { # OPERATION
  echo "statements of 20:"
  "$work" "$1" --statements 2>&1 >/dev/null | cut -c 1-100 | sort | uniq -c | sort -rn
  if can_trace; then
    echo "system calls of 20:"
    system_calls "$1" | sort | uniq -c | sort -rn
  fi
  if can_simulate; then
    simulate "$1"
    callgrind_annotate "$folder/profile" | head -n 60
  fi
}

if [ "$3" = --show ]; then
  show "$4"
  exit
fi

ceilings=$3
traces=$(can_trace && echo yes || true)
simulates=$(can_simulate && echo yes || true)
[ -n "$traces" ] || echo "system calls are not counted: strace cannot be used"
[ -n "$simulates" ] || echo "instructions are not counted: there is no valgrind"
for operation in $operations; do
  count_one "$operation"
done >"$folder/counts"

if [ "${4:-}" = --record ]; then
  awk -v build="$build" '
    {print ($2 == "instructions" || $2 == "system_calls" ? build : "any") " " $0}' "$folder/counts"
  exit
fi

awk -v build="$build" -v slack="$slack_percent" '
  FNR == NR {
    if ($1 == "any" || $1 == build) ceiling[$2 " " $3] = $4
    next
  }
  {
    what = $1 " " $2
    found++
    if ($2 == "instructions" && $3 == 0) {print what ": callgrind saw none"; bad = 1; next}
    if (!(what in ceiling)) {
      if ($2 == "instructions" || $2 == "system_calls") {unknown = 1; next}
      print what ": " $3 ", and no ceiling is recorded"; bad = 1; next
    }
    bound = ceiling[what] * ($2 == "instructions" ? 1 + slack / 100 : 1)
    verdict = $3 > bound ? "ABOVE" : $3 < ceiling[what] ? "below" : "at"
    print what ": " $3 ", " verdict " its ceiling of " ceiling[what]
    if ($3 > bound) bad = 1
  }
  END {
    if (unknown) print "system calls or instructions: recorded for other builds than " build
    if (!found) {print "nothing was counted"; bad = 1}
    if (bad) print "count.sh ... --show OPERATION tells what an operation does (docs/measurements.md)"
    exit bad
  }' "$ceilings" "$folder/counts"
