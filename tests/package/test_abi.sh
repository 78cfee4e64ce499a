#!/usr/bin/env bash
# scripts/abi tells changes that programs notice from those that they do not: both are planted here,
# in libraries that it is handed, and behind the tag of a release.
# usage: test_abi.sh SOURCE_FOLDER
set -euo pipefail
source=$1
if ! command -v abidiff >/dev/null; then
  echo "skipped: there is no abidiff (scripts/setup abi)"
  exit 77
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

build() { # NAME: the library of the sources in copy, as NAME.so with NAME/comicvine.h
  copy/scripts/amalgamate "$1" >/dev/null
  cc -g -std=c11 -fPIC -shared -fvisibility=hidden -Wl,-soname,libcomicvine.so.0 -I"$1" \
      -Wl,--version-script=copy/cmake/comicvine.map "$1/comicvine.c" \
      -lcurl -lsqlite3 -lyajl -lmd -pthread -o "$1.so"
}

take_sources() {
  rm -rf copy
  mkdir copy
  cp -r "$source/CMakeLists.txt" "$source/LICENSE" "$source/cmake" "$source/include" \
      "$source/src" "$source/scripts" "$source/man" copy
}

plant() { # FILE SED_SCRIPT, which must change it
  cp "copy/$1" before
  sed -i "$2" "copy/$1"
  ! cmp -s before "copy/$1" || { echo "nothing was planted in $1: $2" >&2; exit 1; }
}

judge() { # passes|fails WHAT COMMAND...
  local wanted=$1 what=$2 answer=passes
  shift 2
  "$@" >log 2>&1 || answer=fails
  if [ "$answer" != "$wanted" ]; then
    echo "FAILED: $what: it $answer" >&2
    cat log >&2
    exit 1
  fi
  echo "$what: it $answer"
}

says() { # TEXT: the last one judged
  grep -qF -- "$1" log || { echo "FAILED: it does not say $1: $(cat log)" >&2; exit 1; }
}

expect() { # passes|fails WHAT
  build new
  judge "$1" "$2" copy/scripts/abi compare old.so old new.so new
  case $1 in
    passes) says "programs go on" ;;
    fails) says "programs do not go on" ;;
  esac
  take_sources
}

take_sources
build old

expect passes "no change"

plant include/comicvine/version.h \
  's/^\(CV_API const char \*cv_version\)(void);/&\n\1_planted(void);/'
plant src/client/versions.c \
  's/^const char \*cv_version(void)/const char *cv_version_planted(void) {return "";}\n&/'
expect passes "another function"

plant include/comicvine/client.h \
  's/^    int64_t reserved\[10\];/    int64_t planted;\n    int64_t reserved[9];/'
expect passes "a member before reserved, within cv_options"

plant include/comicvine/error.h 's/^    CV_ERROR_CLOSED/&,\n    CV_ERROR_PLANTED/'
expect passes "another constant"

plant include/comicvine/power.h 's/^} cv_power;/    int64_t planted;\n&/'
expect passes "a member at the end of a record"

plant include/comicvine/power.h 's/^    cv_ref_list characters;/    int64_t planted;\n&/'
expect fails "a member within a record"

plant include/comicvine/client.h 's/^    int64_t reserved\[10\];/    int64_t planted;\n&/'
expect fails "a larger struct"

plant include/comicvine/client.h 's/^    int64_t memory_bytes;/    int64_t planted;\n&/;
  s/^    int64_t reserved\[10\];/    int64_t reserved[9];/'
expect fails "a member that moves"

plant include/comicvine/client.h 's/^    int64_t memory_bytes;/    double memory_bytes;/'
expect fails "a member of another type"

plant include/comicvine/event.h 's/^    CV_EVENT_HIT,/    CV_EVENT_PLANTED,\n&/'
expect fails "a constant with another value"

plant include/comicvine/version.h \
  's/^CV_API const char \*cv_version(void);/const char *cv_version(void);/'
expect fails "a function that is no longer there"

plant include/comicvine/version.h \
  's/^CV_API const char \*cv_version(void);/CV_API const char *cv_version(int which);/'
plant src/client/versions.c 's/^const char \*cv_version(void)/const char *cv_version(int which)/'
expect fails "a function with another parameter"

# What was released is what has a tag. A record loses a member, the library a function.
commit() { # MESSAGE: all that is in copy
  git -C copy add --all
  git -C copy -c user.name=a -c user.email=a@example.com commit -q -m "$1"
}
remove_member() {
  plant include/comicvine/power.h '/^    const char \*aliases;/d'
  plant src/resources/power.c '/cv_power, aliases/d'
}
remove_function() {
  plant include/comicvine/version.h '/^CV_API const char \*cv_sqlite_version(void);/d'
  plant src/stores/sqlite_version.c 's/^const char \*cv_sqlite_version/static &/'
}

git init -q copy
commit "before the release"
judge passes "no release" copy/scripts/abi
says "there is no release yet"
git -C copy tag v0.1.0
git -C copy tag not-a-release
judge passes "what was released" copy/scripts/abi
says "v0.1.0 and "
says "programs go on"
plant src/client/client.h 's/^struct cv_client {/&\n    int64_t planted;/'
commit "another member of a handle"
judge passes "a handle that is larger inside" copy/scripts/abi
remove_member
commit "without a member"
judge fails "a member less than was released" copy/scripts/abi
says "aliases"
says "programs do not go on"
git -C copy tag v0.2.0
judge passes "the last release has it no more" copy/scripts/abi
says "v0.2.0 and "
judge fails "the one before had it" copy/scripts/abi v0.1.0
remove_function
commit "without a function"
judge fails "a function less than was released" copy/scripts/abi
says "cv_sqlite_version"
says "programs do not go on"
