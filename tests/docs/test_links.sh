#!/usr/bin/env bash
# Each link of each page (*.md) that stays in these sources leads to a file or folder that is there,
# and each #anchor to a heading of the page that it names. Other hosts are not asked.
# usage: test_links.sh SOURCE_FOLDER
set -euo pipefail
source=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
  echo "FAILED: $1" >&2
  exit 1
}

# Without blocks and pieces of code, in which neither headings nor links are meant. No link's target
# goes over the end of a line.
links_of() { # PAGE
  awk '
    /^ *```/ {code = !code; next}
    code {next}
    {
      gsub(/`[^`]*`/, "code")
      while (match($0, /\]\([^) ]+/)) {
        print substr($0, RSTART + 2, RLENGTH - 2)
        $0 = substr($0, RSTART + RLENGTH)
      }
    }' "$1"
}

# As the hosts of such pages name them: small letters, digits, - and _, blanks as -; the second
# heading of the same name has -1 behind it.
anchors_of() { # PAGE
  awk '
    /^ *```/ {code = !code; next}
    code || !/^##?#?#?#?#? / {next}
    {
      sub(/^#+ +/, "")
      while (match($0, /\]\([^)]*\)/)) {
        $0 = substr($0, 1, RSTART - 1) substr($0, RSTART + RLENGTH)
      }
      name = tolower($0)
      gsub(/[^a-z0-9_ -]/, "", name)
      gsub(/ /, "-", name)
      print name (seen[name] ? "-" seen[name] : "")
      seen[name]++
    }' "$1"
}

# Says which links of a page lead nowhere; what is right goes to $folder/good, line by line.
look_at() { # PAGE
  local page=$1 link file target
  while IFS= read -r link; do
    case $link in
    https://* | http://*) continue ;;
    esac
    file=${link%%#*}
    target=$page
    if [ -n "$file" ]; then
      target=$(dirname "$page")/$file
    fi
    if [ ! -e "$target" ]; then
      echo "$link: no such file"
    elif [[ $link == *#* ]] && ! { [ -f "$target" ] && anchors_of "$target" |
                                   grep -xF -- "${link#*#}" >/dev/null; }; then
      echo "$link: no such heading"
    else
      echo "$page $link" >>"$folder/good"
    fi
  done < <(links_of "$page")
}

# What is to be found is found, and nothing else.
mkdir "$folder/try"
cat >"$folder/try/page.md" <<'PAGE'
# A `code_name` and [a link](other.md)
[here](#a-code_name-and-a-link), [twice](#twice-1), [file](other.md) and [part](other.md#part)
`[no](link)` [elsewhere](https://example.org/x.md#y)
## Twice, "twice"
## Twice
## Twice!
```sh
[no](link)
## Not a heading
```
[gone](gone.md), [gone](other.md#gone), [a folder's](..#part), [code](#not-a-heading)
PAGE
echo "## Part" >"$folder/try/other.md"
diff <(look_at "$folder/try/page.md") - <<'SAID' || fail "the test does not see what is dead"
gone.md: no such file
other.md#gone: no such heading
..#part: no such heading
#not-a-heading: no such heading
SAID
[ "$(wc -l <"$folder/good")" = 5 ] || fail "of five good links are $(wc -l <"$folder/good")"
rm "$folder/good"

pages=0
while IFS= read -r page; do
  pages=$((pages + 1))
  dead=$(look_at "$page")
  [ -z "$dead" ] || fail "${page#"$source"/}: $dead"
done < <(find "$source" -mindepth 1 -name '*.md' -print -o \
              \( -path "$source/build" -o -name node_modules -o -name '.?*' \) -prune)
good=$(wc -l <"$folder/good")
[ "$pages" -ge 20 ] && [ "$good" -ge 100 ] || fail "only $good links of $pages pages were found"
echo "$good links of $pages pages"
