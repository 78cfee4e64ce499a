#!/usr/bin/env bash
# The completions are sourced by their shells, and complete.
#   test_completion.sh PROGRAM LOOPBACK SOURCE_FOLDER
set -euo pipefail
program=$1
. "$(dirname "$0")/../support/scene.sh"

completed() { # WORD...: what bash completes for the last one
  bash -c '
    source <("$1" completion bash)
    shift
    COMP_WORDS=(comicvine "$@")
    COMP_CWORD=$#
    _comicvine 2>/dev/null
    printf "%s " "${COMPREPLY[@]-}"' bash "$program" "$@"
}

expect() { # WANTED WORD...
  local wanted=$1 found
  shift
  found=$(completed "$@")
  [ "$found" = "$wanted" ] || fail "\"$*\" completes to \"$found\" in place of \"$wanted\""
}

expect "get " ge
expect "issue " get iss
expect "volume " list volu
expect "--filter= --fields= " list --fi
expect "--offset= --offline " list issues --off
expect "story_arc " --quiet get story
expect "bash zsh fish " completion ""
expect "export " cache ex
expect " " cache export answers
expect "completion " help comp
expect "--timeout= " --tim
expect "--proxy= --progress= " --pro
expect "--ca-file= " check-key --ca
expect "--no-stale " get --no-st
expect "--dry-run " cache prune --dry
case $(completed "") in
  *get*list*search*batch*) ;;
  *) fail "commands are not completed" ;;
esac

# Each command and each of its options that help knows is there, in each shell's own.
for shell in bash zsh fish; do
  "$program" completion "$shell" >"$folder/$shell"
  for command in $("$program" help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p'); do
    grep -q "$command" "$folder/$shell" || fail "$shell lacks $command"
    for option in $("$program" help "$command" | sed -n 's/^  .* --\([a-z-]*\).*/\1/p'); do
      grep -qe "[- ]$option" "$folder/$shell" || fail "$shell lacks --$option"
    done
  done
  if command -v "$shell" >/dev/null; then
    "$shell" -n "$folder/$shell" || fail "$shell does not read it"
  else
    echo "$shell is not there: its completion is not read by it"
  fi
done

if "$program" completion tcsh 2>"$folder/said"; then
  fail "there is no completion for tcsh"
fi
grep -q "one of bash, zsh and fish" "$folder/said" || fail "$(cat "$folder/said")"
