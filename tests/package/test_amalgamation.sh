#!/usr/bin/env bash
# The two files that scripts/amalgamate makes: the same ones each time, clean under each compiler
# that is here, with libcurl and without, and good for programs of the pages and the API's tests,
# some of them, or all with COMICVINE_ALL set.
# usage: test_amalgamation.sh SOURCE_FOLDER LOOPBACK_PROGRAM API_TEST...
set -euo pipefail
source=$1
loopback=$2
shift 2
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/common.sh"
page_programs
cd "$folder"

chosen="resources cursor search replay own_transport" # of each room something
left_out="late_curl" # about a libcurl that is loaded late

amalgamate() { # FROM INTO
  "$1/scripts/amalgamate" "$2" >/dev/null
}

try_compilers() {
  local compiler
  for compiler in gcc clang; do
    command -v "$compiler" >/dev/null || continue
    "$compiler" -std=c11 -Wall -Wextra -Werror -c two/comicvine.c -o with.o
    "$compiler" -std=c11 -Wall -Wextra -Werror -DCOMICVINE_WITHOUT_CURL -c two/comicvine.c \
        -o without.o
    "$compiler" -std=c99 -Wall -Wextra -Wpedantic -Werror -x c -fsyntax-only two/comicvine.h
  done
  if command -v g++ >/dev/null; then
    g++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -x c++ -fsyntax-only two/comicvine.h
  fi
}

# Included twice is included once; what lies under sys is in the one header too.
try_programs() {
  local beside="-lsqlite3 -lyajl -lmd -pthread"
  sed -i 's,<comicvine\(/sys/[a-z]*\)\?\.h>,"comicvine.h",' readme1.c embedding2.c
  # shellcheck disable=SC2086  # the list is meant to be split
  cc -Wall -Wextra -Werror -Itwo readme1.c with.o $beside -lcurl -o with
  # shellcheck disable=SC2086
  cc -Wall -Wextra -Werror -Itwo embedding2.c without.o $beside -o without
  expect "with libcurl" "$first_program_prints" ./with
  expect "without libcurl" "By way of the engine" ./without
}

# The tests of the shared library, on one that is made of the one file.
try_api_tests() { # API_TEST...
  local test name used soname
  soname=$(ldd "$1" | awk '/libcomicvine/ {print $1}')
  cc -O1 -std=c11 -fPIC -shared -fvisibility=hidden -Wl,-soname,"$soname" \
      -Wl,--version-script="$source/cmake/comicvine.map" two/comicvine.c \
      -lcurl -lsqlite3 -lyajl -lmd -pthread -o "$soname"
  for test in "$@"; do
    name=${test##*/api_test_}
    case " $left_out " in *" $name "*) continue ;; esac
    case " $chosen ${COMICVINE_ALL:+$name} " in *" $name "*) ;; *) continue ;; esac
    used=$(LD_LIBRARY_PATH=$folder ldd "$test" | awk '/libcomicvine/ {print $3}')
    [ "$used" = "$folder/$soname" ] || fail "$name would run on $used"
    LD_LIBRARY_PATH=$folder "$test" >log 2>&1 || { cat log >&2; fail "$name"; }
    echo "$name passes"
  done
}

# Two private names that would be one where their files' names go before them.
refuses_names_that_meet() {
  mkdir copy
  cp -r "$source/CMakeLists.txt" "$source/LICENSE" "$source/include" "$source/src" \
      "$source/scripts" copy
  echo 'static const int pages_planted = 1;' >>copy/src/client/cursor.c
  echo 'static const int planted = 1;' >>copy/src/client/cursor_pages.c
  if amalgamate copy refused 2>log; then
    fail "two names that meet are not noticed"
  fi
  grep -q cursor_pages_planted log || fail "refused for another reason: $(cat log)"
  [ ! -e refused ] || fail "files are written all the same"
}

amalgamate "$source" two
amalgamate "$source" again
diff -r two again >/dev/null || fail "not the same files each time"
try_compilers
try_programs
refuses_names_that_meet
try_api_tests "$@"
