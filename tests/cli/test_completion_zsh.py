#!/usr/bin/env python3
"""zsh itself completes commands, words and options, in a terminal of its own: with the completion
sourced, and with it in a folder of completions, as packages install it."""

import os
import pty
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest

import scene

SKIPPED = 77

# One key inserts all matches in place of one after the other; another one tells the line. Keys that
# come before the editor has the terminal would be the terminal's.
SETTINGS = r"""
autoload -U compinit
zle -C insert-all complete-word _generic
zstyle ':completion:insert-all:*' completer _all_matches _complete
zstyle ':completion:insert-all:*' insert true
zle-line-init() { print -r -- ready >$HOME/told }
zle -N zle-line-init
tell-line() { print -r -- "$BUFFER" >$HOME/told; BUFFER= }
zle -N tell-line
bindkey '^T' insert-all
bindkey '^R' tell-line
"""


class Shell:
    """An interactive zsh, and what it makes of keys."""

    def __init__(self, folder, settings):
        self.told = os.path.join(folder, "told")
        os.mkfifo(self.told)
        self.pipe = os.open(self.told, os.O_RDWR)
        with open(os.path.join(folder, ".zshrc"), "w", encoding="utf-8") as file:
            file.write(settings)
        self.terminal, other = pty.openpty()
        environment = {"HOME": folder, "TERM": "dumb", "PATH": os.environ["PATH"]}
        self.child = subprocess.Popen(
            ["zsh", "-d", "-i"], stdin=other, stdout=other, stderr=other, env=environment,
            cwd=folder, start_new_session=True,
        )
        os.close(other)
        self.screen = b""
        self.reader = threading.Thread(target=self.read_screen)
        self.reader.start()

    def read_screen(self):
        """Nobody looks at it; zsh would wait for room in the end."""
        try:
            while part := os.read(self.terminal, 4096):
                self.screen += part
        except OSError:
            pass  # it has ended

    def line_told(self):
        line = b""
        while not line.endswith(b"\n"):
            if not select.select([self.pipe], [], [], scene.LIMIT_S)[0]:
                raise AssertionError("zsh says nothing: %r" % self.screen)
            line += os.read(self.pipe, 4096)
        return line.decode().strip()

    def complete(self, line):
        os.write(self.terminal, line.encode() + b"\x14\x12")
        return self.line_told()

    def close(self):
        self.child.kill()
        self.child.wait()
        self.reader.join()
        os.close(self.terminal)
        os.close(self.pipe)


class Completion(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="comicvine-")
        self.addCleanup(shutil.rmtree, self.folder)
        text = subprocess.run(
            [scene.PROGRAM, "completion", "zsh"], stdout=subprocess.PIPE, check=True
        ).stdout
        os.mkdir(os.path.join(self.folder, "site"))
        with open(os.path.join(self.folder, "site", "_comicvine"), "wb") as file:
            file.write(text)

    def open_shell(self, settings):
        shell = Shell(self.folder, SETTINGS + settings)
        self.addCleanup(shell.close)
        self.assertEqual(shell.line_told(), "ready")
        return shell

    def try_lines(self, shell):
        for line, wanted in (
            ("comicvine ge", "get"),
            ("comicvine --quiet ge", "get"),
            ("comicvine --timeout 5 ge", "get"),
            ("comicvine c", "cache check-key completion config cover"),
            ("comicvine get iss", "issue"),
            ("comicvine --quiet get story", "story_arc"),
            ("comicvine get --fields name iss", "issue"),
            ("comicvine get -f name iss", "issue"),
            ("comicvine get issue volu", "volu"),
            ("comicvine completion ", "bash fish zsh"),
            ("comicvine cache ex", "export"),
            ("comicvine help comp", "completion"),
            ("comicvine list --fi", "--fields --filter"),
            ("comicvine list issue --off", "--offline --offset"),
            ("comicvine get --filt", "--filt"),
            ("comicvine --tim", "--timeout"),
            ("comicvine --vers", "--version"),
            ("comicvine get --he", "--help"),
            ("comicvine --progress=a", "--progress=always --progress=auto"),
        ):
            with self.subTest(line):
                told = shell.complete(line).split()
                given = line.split(" ")[:-1]
                self.assertEqual(told[: len(given)], given)
                rest = sorted(word.rstrip("=") for word in told[len(given) :])
                self.assertEqual(" ".join(rest), wanted)

    def test_sourced(self):
        self.try_lines(self.open_shell("compinit -u -D\nsource $HOME/site/_comicvine\n"))

    def test_in_a_folder_of_completions(self):
        self.try_lines(self.open_shell("fpath=($HOME/site $fpath)\ncompinit -u -D\n"))


if __name__ == "__main__":
    if not shutil.which("zsh"):
        print("skipped: zsh is not there (scripts/setup test)")
        sys.exit(SKIPPED)
    scene.main()
