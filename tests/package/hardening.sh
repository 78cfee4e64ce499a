#!/bin/sh
# What was built with COMICVINE_HARDEN is hardened: the traces that each measure leaves in a library
# and a program are there. For GNU/Linux, where the compilers have all of them.
#
#     hardening.sh READELF C_COMPILER COMPILE_COMMANDS LIBRARY [PROGRAM]
set -eu

readelf=$1
c_compiler=$2
commands=$3
library=$4
program=${5:-}
status=0

complain() { # TEXT
    echo "$1" >&2
    status=1
}

must_say() { # FILE OPTION PATTERN WHAT
    "$readelf" -W "$2" "$1" | grep -qE "$3" || complain "$1: no $4"
}

must_not_say() { # FILE OPTION PATTERN WHAT
    if "$readelf" -W "$2" "$1" | grep -qE "$3"; then
        complain "$1: $4"
    fi
}

for file in "$library" $program; do
    must_say "$file" -d '\(BIND_NOW\)|FLAGS.*NOW' "binding at start (-z now)"
    must_say "$file" -l 'GNU_RELRO' "tables that are read-only from then on (-z relro)"
    must_say "$file" -l 'GNU_STACK.* RW ' "stack without execution (-z noexecstack)"
    must_not_say "$file" -l 'LOAD.* RWE ' "memory that may be written and executed"
    must_not_say "$file" -d 'TEXTREL' "code that is changed when it is loaded"
    must_not_say "$file" -d 'RPATH|RUNPATH.*(\[|:)(:|\]|\.|\$)' "searches for libraries where it is"
    must_say "$file" -h 'Type: +DYN' "code that may lie anywhere (PIE, PIC)"
done
must_say "$library" --dyn-syms '__stack_chk_fail' "guarded stacks (-fstack-protector-strong)"
must_say "$library" --dyn-syms '_chk@' "checked copies (_FORTIFY_SOURCE)"

# What leaves no trace that can be told from chance, or (as the marks of where a jump may lead) none
# where the system's own start-up code has none: each source was compiled with it.
case $("$c_compiler" -dumpmachine) in
x86_64-*) jumps=-fcf-protection=full ;;
aarch64-*) jumps=-mbranch-protection=standard ;;
*) jumps= ;;
esac
sources=$(grep -c '"file": ".*/src/[a-z]*/[a-z0-9_]*\.c"' "$commands")
for flag in -fstack-clash-protection -fstack-protector-strong -D_FORTIFY_SOURCE= $jumps; do
    with=$(grep '"command": ' "$commands" | grep -E ' -c [^ ]*/src/[a-z]*/[a-z0-9_]*\.c"' |
        grep -cF -e " $flag")
    [ "$with" = "$sources" ] || complain "$flag: in $with of $sources sources"
done
[ "$sources" -gt 100 ] || complain "only $sources sources were looked at"
exit $status
