#!/bin/sh
# The table of fixtures/README.md: each quirk of the service stands in it once, each fixture that it
# names is there, and each test is there and is run.
#
#     test_quirks.sh TESTS_FOLDER
set -eu

tests=$1
table=$tests/fixtures/README.md
status=0

complain() { # WHAT
    echo "$table: $1" >&2
    status=1
}

field() { # LINE NUMBER
    echo "$1" | cut -d'|' -f"$2" | sed 's/^ *//; s/ *$//'
}

# Rows of a table of the test, or a function that is defined and run.
check_test() { # QUIRK FILE NAME
    case $3 in
    test_*)
        grep -q "^static void $3(void \*\*" "$tests/$2" && grep -q "($3)" "$tests/$2" ||
            complain "$1: $2 does not run $3"
        ;;
    *) grep -q "^    {\"$3\", " "$tests/$2" || complain "$1: $2 has no row $3" ;;
    esac
}

check_line() { # LINE
    quirk=$(field "$1" 2)
    for fixture in $(field "$1" 4 | tr ',' ' '); do
        [ "$fixture" = - ] || [ -s "$tests/fixtures/$fixture" ] ||
            complain "$quirk: there is no $fixture"
    done
    entries=$(field "$1" 5 | tr -d ' ' | tr ';' ' ')
    [ -n "$entries" ] || complain "$quirk: no test"
    for entry in $entries; do
        file=${entry%%:*}
        [ -f "$tests/$file" ] || { complain "$quirk: there is no $file"; continue; }
        for name in $(echo "${entry#*:}" | tr ',' ' '); do
            check_test "$quirk" "$file" "$name"
        done
    done
}

lines=$(grep '^| [A-Z][0-9]* |' "$table")
while IFS= read -r line; do
    check_line "$line"
done <<END
$lines
END

expected=$(for group in N:8 E:10 F:7 U:9 D:7 T:10 B:4 V:7 S:10; do
    seq -f "${group%:*}%g" 1 "${group#*:}"
done; echo A)
named=$(echo "$lines" | cut -d' ' -f2)
[ "$(echo "$named" | sort)" = "$(echo "$expected" | sort)" ] ||
    complain "not every quirk once: $(echo "$named" | tr '\n' ' ')"

# No row of the tests' own is left out.
for name in $(sed -n 's/^    {"\([A-Z][0-9]*\)", .*/\1/p' "$tests/unit/test_quirks.c" | sort -u); do
    echo "$lines" | grep -q "test_quirks.c: [^;|]*\b$name\b" || complain "$name is not in the table"
done
exit $status
