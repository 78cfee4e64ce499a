#!/bin/sh
# The public headers are the manual: each member of each record and of each nested shape has a
# comment that says what it is, and of a record's member a heading (or the comment itself) says
# whether lists carry it, as the resource's table has it.
#
#     test_members.sh PROJECT_FOLDER
set -eu

project=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Rows of all tables: "cv_issue name 1", 0 where lists do not carry the member.
rows() { # SOURCES...
    cat "$@" | tr -d '\n' | grep -oE 'CVI_[A-Z0-9_]+\(cv_[a-z_]+, [^()]*\)' |
        sed -E 's/^CVI_[A-Z0-9_]+\((cv_[a-z_]+), *([a-z_]+)(,.*)?, *([^,]*)\)$/\1 \2 \4/' |
        awk '{print $1, $2, ($0 ~ /CVI_IN_LIST|CVI_QUERYABLE/) ? 1 : 0}'
}

# What is wrong with the headers of an include folder, one line each.
faults() { # FOLDER
    awk -v rows="$work/rows" '
        function complain(what) { print FILENAME ":" FNR ": " struct "." member " " what }

        # Whether lists carry what stands below a heading, or has this comment; "": not told.
        function told(text) {
            if (text ~ /^[Ii]n details and lists/ || text ~ /^[Ii]n lists/) return 1
            if (text ~ /^[Ii]n details/) return 0
            return ""
        }

        function check_member() {
            if (comment !~ /[a-z]/) complain("has no comment")
            else if (comment ~ /^(may be |mostly |often |rarely )?(NULL|null|empty)/)
                complain("is only said to be null or empty")
            if (!is_record) return
            is_told = heading ~ /^Documented/ ? told(comment) : told(heading)
            if (!((struct, member) in carried)) complain("is in no table")
            else if (is_told == "") complain("does not tell whether lists carry it")
            else if (is_told != carried[struct, member]) complain("is told wrong about lists")
        }

        BEGIN {
            while ((getline line < rows) > 0) {
                split(line, row, " ")
                carried[row[1], row[2]] = row[3]
            }
        }

        /^typedef struct cv_[a-z_]+ \{$/ {
            struct = $3
            heading = ""
            is_record = 0
            is_watched = struct !~ /_(page|list)$/
            next
        }
        /^\}/ { is_watched = 0 }
        !is_watched { next }
        /^    cv_record record;$/ { is_record = 1; records++; next }
        /^    int64_t reserved\[/ { next }
        /^    \/\* / { heading = $0; gsub(/^ *\/\* | \*\/$/, "", heading); next }
        /^    [a-z][A-Za-z0-9_ *]*;/ {
            member = $0
            sub(/;.*/, "", member)
            sub(/.*[ *]/, "", member)
            comment = match($0, /\/\* .*\*\/$/) ? substr($0, RSTART + 3) : ""
            members++
            check_member()
        }
        END { if (records < 21 || members < 400) print "too few members:", records, members }
    ' "$1"/comicvine/record.h $(grep -l '^    cv_record record;$' "$1"/comicvine/*.h)
}

# The check itself is tried: with this change to a header there must be a fault that says so.
must_find() { # HEADER SED_SCRIPT FAULT
    rm -rf "$work/include"
    cp -R "$project/include" "$work/include"
    sed "$2" "$project/include/comicvine/$1" >"$work/include/comicvine/$1"
    if ! faults "$work/include" | grep -q "$3"; then
        echo "not noticed in $1: $2" >&2
        exit 1
    fi
}

rows "$project"/src/resources/*.c >"$work/rows"
found=$(faults "$project/include")
if [ -n "$found" ]; then
    echo "$found" >&2
    exit 1
fi

must_find issue.h '/ first_appearance_teams;/s|/\*.*||' \
    'cv_issue.first_appearance_teams has no comment'
must_find record.h '/^typedef struct cv_apiref /,/^}/s|; */\* what it is called.*|;|' \
    'cv_apiref.name has no comment'
must_find movie.h '/distributor;/s|/\*.*|/* NULL so far */|' 'cv_movie.distributor is only said'
must_find team.h 's|In details alone: where it appears|Where it appears|' \
    'cv_team.movies does not tell'
must_find person.h 's|In details alone|In details and lists|' 'cv_person.issues is told wrong'
must_find video.h 's|in details and lists; file|file|' 'cv_video.hd_url does not tell'
must_find chat.h 's|deck;|decks;|' 'cv_chat.decks is in no table'
