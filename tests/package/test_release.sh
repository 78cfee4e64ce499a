#!/usr/bin/env bash
# scripts/release goes through its steps in order, stops at the first that fails, and does nothing
# at all when it is only asked what it would do.
# usage: test_release.sh SOURCE_FOLDER
set -euo pipefail
source=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

fail() { # WHY
  echo "FAILED: $1" >&2
  exit 1
}

mkdir -p scripts include/comicvine
cp "$source/scripts/release" scripts
cp "$source/include/comicvine/version.h" include/comicvine
printf '#!/bin/sh\necho "check $*" >>did\n' >scripts/check
printf '#!/bin/sh\necho "analyze $*" >>did\n' >scripts/analyze
printf '#!/bin/sh\necho test >>did\nexit 1\n' >scripts/test
printf '#!/bin/sh\necho torture >>did\n' >scripts/torture
chmod +x scripts/*

scripts/release --dry-run >said
[ ! -e did ] || fail "--dry-run has done something"
order="version check test coverage torture abi archive amalgamation packages checksums"
[ "$(sed -n 's/^== \([a-z]*\):.*/\1/p' said | tr '\n' ' ')" = "$order " ] ||
  fail "other steps: $(cat said)"

! scripts/release torture test check >said 2>&1 || fail "a step that fails was passed over"
[ "$(tr '\n' ' ' <did)" = "check --format analyze  test " ] || fail "it did: $(cat did)"
grep -q '^== test has failed' said || fail "it does not say what failed: $(cat said)"

rm did
scripts/release torture >/dev/null
[ "$(cat did)" = torture ] || fail "a single step did: $(cat did)"
! scripts/release tortoise >/dev/null 2>&1 || fail "a step that there is not was taken for done"

# An uncommitted tree and a changelog without this version are no release.
git init -q .
! scripts/release version >said 2>&1 || fail "an uncommitted tree was taken"
grep -q committed said || fail "the uncommitted tree: $(cat said)"
printf '/did\n/said\n' >.gitignore
printf '# Changes\n\n## Unreleased\n' >CHANGELOG.md
git add . && git -c user.name=a -c user.email=a@example.com commit -qm a
! scripts/release version >said 2>&1 || fail "a version without a date was taken"
grep -q CHANGELOG said || fail "the changelog: $(cat said)"
version=$(sed -n 's/^#define CV_VERSION_[MP][A-Z]* *\([0-9]*\)$/\1/p' \
          include/comicvine/version.h | paste -sd .)
sed -i "s/Unreleased/$version (2030-01-31)/" CHANGELOG.md
git -c user.name=a -c user.email=a@example.com commit -qam b
scripts/release version >/dev/null || fail "a tree that is ready was refused"
git tag "v$version"
! scripts/release version >said 2>&1 || fail "a version was released twice"
