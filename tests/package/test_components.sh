#!/usr/bin/env bash
# The components of the installation: each file is in one of them, and each has what it is for.
# usage: test_components.sh BUILD_FOLDER
set -euo pipefail
build=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() { # WHY
  echo "FAILED: $1" >&2
  exit 1
}

files_of() { # COMPONENT: what it installs, sorted, into $folder/COMPONENT.txt
  local options=(--component "$1")
  if [ "$1" = all ]; then
    options=()
  fi
  DESTDIR=$folder/$1 cmake --install "$build" "${options[@]}" >/dev/null
  if [ -d "$folder/$1" ]; then
    (cd "$folder/$1" && find . -not -type d) | sort
  fi >"$folder/$1.txt"
}

expect() { # COMPONENT PATTERN COUNT: so many of its files match
  local count
  count=$(grep -cE "$2" "$folder/$1.txt" || true)
  [ "$count" = "$3" ] || fail "$1 has $count files like $2 instead of $3"
}

components="runtime development program"
for component in $components all; do
  files_of "$component"
done
expect runtime 'libcomicvine\.so\.[0-9]+$' 1
expect runtime 'libcomicvine\.so\.[0-9]+\.[0-9]+\.[0-9]+$' 1
expect runtime '' 2
expect development 'libcomicvine\.so$' 1
expect development '/include/comicvine\.h$' 1
expect development '/pkgconfig/comicvine\.pc$' 1
expect development '/cmake/comicvine/comicvineConfig\.cmake$' 1
expect development '/(bin|man1)/' 0
expect program '' "$(grep -cE '/(bin|man1|share/(bash-completion|zsh|fish))/' "$folder/all.txt" || true)"
programs=$(grep -c '/bin/comicvine$' "$folder/program.txt" || true) # 0 without popt
expect program '/share/bash-completion/completions/comicvine$' "$programs"
expect program '/share/zsh/site-functions/_comicvine$' "$programs"
expect program '/share/fish/vendor_completions\.d/comicvine\.fish$' "$programs"
(cd "$folder" && for component in $components; do cat "$component.txt"; done | sort) |
  diff - "$folder/all.txt" || fail "the components are not the whole"
