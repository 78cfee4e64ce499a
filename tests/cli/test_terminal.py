#!/usr/bin/env python3
"""On a terminal: tables that fit it, colours unless they are unwanted, progress that goes away, and
nothing of what others wrote that a terminal would obey."""

import errno
import fcntl
import json
import os
import pty
import re
import shutil
import struct
import subprocess
import termios
import time

import scene

CONTROLS = re.compile("[\x00-\x09\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e]")
ORDERS = re.compile("\x1b\\[(1m|0m|K)")  # the program's own


def read_all(fd, until=None):
    """What comes until the other side is closed, or until it says `until`."""
    text = b""
    while until is None or until not in text:
        try:
            block = os.read(fd, 65536)
        except OSError as error:
            if error.errno != errno.EIO:  # how a terminal says that nobody writes any more
                raise
            block = b""
        if not block:
            break
        text += block
    return text


def screen_of(text):
    """What stands on the lines in the end: \r goes back, what follows is written over what was there,
    and ESC [K takes the rest of the line away."""
    lines = []
    for line in text.split("\n"):
        shown, at = "", 0
        for part in re.findall("\r|\x1b\\[K|.", line):
            if part == "\r":
                at = 0
            elif part == "\x1b[K":
                shown = shown[:at]
            else:
                shown, at = shown[:at] + part + shown[at + 1 :], at + 1
        lines.append(shown)
    return "\n".join(lines)


def resize(fd, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))


class Terminal(scene.Scene):
    def on_terminal(self, *words, columns=60, outputs=("stdout",), status=0, **environment):
        """What it writes on a terminal."""
        reader, writer = pty.openpty()
        resize(writer, columns)
        environment.setdefault("TERM", "xterm")
        child = self.start(
            *words,
            environment=self.environment(**environment),
            **{name: writer for name in outputs},
            **{name: subprocess.DEVNULL for name in {"stdout", "stderr"} - set(outputs)},
        )
        os.close(writer)
        text = read_all(reader)
        os.close(reader)
        self.assertEqual(child.wait(scene.LIMIT_S), status)
        return text.decode().replace("\r\n", "\n")

    def test_a_table_fits(self):
        for columns in (30, 60, 200):
            lines = self.on_terminal("list", "issues", columns=columns, NO_COLOR="1").splitlines()
            self.assertEqual(len(lines), 13)
            self.assertTrue(all(len(line) <= columns for line in lines), lines)
            self.assertEqual(any("\u2026" in line for line in lines), columns < 100)

    def test_names_are_cut_before_dates(self):
        lines = self.on_terminal("list", "issues", columns=42, NO_COLOR="1").splitlines()
        self.assertEqual(len(lines), 13)
        self.assertTrue(all(line.endswith("2001-02-03") for line in lines[1:]), lines)
        self.assertIn("\u2026", lines[0])

    def test_the_budget_is_not_cut(self):
        self.run_program("get", "issue", "1")
        last = {40: "remaining", 63: "remaining", 80: "reset_at", 100: "reset_at", 110: "reason"}
        for columns, name in last.items():
            lines = self.on_terminal("quota", columns=columns, NO_COLOR="1").splitlines()
            self.assertEqual(len(lines), 2)
            self.assertEqual(lines[0].split()[-1], name)
            self.assertEqual(lines[1].split()[:4], ["issue", "1", "200", "199"])
            dates = re.findall(r" \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", lines[1])
            self.assertEqual(len(dates), {40: 0, 63: 0, 80: 1}.get(columns, 2), lines)
            self.assertNotIn("\u2026", lines[0])
            self.assertEqual("\u2026" in lines[1], name == "reason", lines)  # it gives way first

    def test_letters_of_two_columns_count_twice(self):
        text = self.on_terminal("list", "issues", "--table=volume.name,id", NO_COLOR="1")
        lines = text.splitlines()
        self.assertEqual(lines[0], "volume.name  id")
        self.assertEqual(lines[1], "V\u00f6lume \u6708    1")

    def test_colours(self):
        self.assertTrue(self.on_terminal("list", "issues").startswith("\x1b[1mid"))
        for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
            text = self.on_terminal("list", "issues", **{name: value})
            self.assertNotIn("\x1b", text)
        self.assertIn("\x1b[1m", self.on_terminal("list", "issues", NO_COLOR=""))

    def test_nothing_is_obeyed(self):
        for form in ("--table", "--table=id,name", "--csv=name", "--tsv=name", "--json", "--jsonl", "--raw"):
            text = self.on_terminal("get", "issue", "66", form, columns=200)
            self.assertIn("tfel", text)
            self.assertIsNone(CONTROLS.search(ORDERS.sub("", text)), (form, text))
            self.assertNotIn("\x1b", ORDERS.sub("", text), form)

    def test_what_is_safe_is_still_json(self):
        text = self.on_terminal("get", "issue", "66", "--json=name")
        self.assertEqual(json.loads(text), [{"name": scene.EVIL}])

    def test_one_record_is_read_downwards(self):
        text = self.on_terminal("get", "issue", "52", columns=40)
        self.assertIn("volume          V\u00f6lume \u6708\n", text)
        self.assertIn("person_credits  A, B\n", text)
        self.assertNotIn("aliases", text)  # which says nothing

    def test_a_key_that_is_typed_is_not_shown(self):
        for order, status in ((scene.KEY + "\n", 0), ("\x03", 130)):
            reader, writer = pty.openpty()
            child = self.start(
                "get", "issue", "52", "--api-key-stdin", "--jsonl=id",
                environment=self.environment(COMIC_VINE_API_KEY=None),
                stdin=writer, stderr=writer, start_new_session=True,
                preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            )
            said = read_all(reader, until=b"API key: ")
            self.assertEqual(termios.tcgetattr(writer)[3] & termios.ECHO, 0)
            os.write(reader, order.encode())
            out, _ = child.communicate(timeout=scene.LIMIT_S)
            self.assertEqual((child.returncode, out), (status, b'{"id":52}\n' if status == 0 else b""))
            self.assertNotEqual(termios.tcgetattr(writer)[3] & termios.ECHO, 0)
            os.close(writer)
            said += read_all(reader)
            os.close(reader)
            self.assertNotIn(scene.KEY.encode(), said)

    def test_progress_says_why_it_waits_and_goes_away(self):
        self.run_program("get", "issue", "420", "--no-wait", status=5)
        reader, writer = pty.openpty()
        child = self.start("get", "issue", "52", "--wait", stderr=writer)
        os.close(writer)
        said = read_all(reader, until=b"used").decode()
        self.assertRegex(said, r"\r0 of 1, 0 sent, waiting (59:\d\d|1:00:\d\d) for /issue, \d+ of 200 used")
        self.assertNotIn("\n", said)
        child.terminate()
        said = read_all(reader).decode()
        os.close(reader)
        self.assertTrue(said.endswith("\r\x1b[K"), said)
        self.assertEqual(child.wait(scene.LIMIT_S), 143)
        child.stdout.close()

    def test_progress_on_a_terminal_that_gets_narrower(self):
        self.run_program("get", "issue", "420", "--no-wait", status=5)
        reader, writer = pty.openpty()
        resize(writer, 80)
        child = self.start("get", "issue", "52", "--wait", stderr=writer)
        said = read_all(reader, until=b" used")
        self.assertNotIn(b"\n", said)
        for lines, columns in enumerate((40, 12), 1):
            resize(writer, columns)
            while said.count(b"\n") < lines or not said.endswith(b"\x1b[K"):
                said += os.read(reader, 65536)
            # What was drawn, wrapped or not, is left; the new line fits.
            self.assertEqual(said.count(b"\n"), lines)
            drawn = said.decode().split("\n")[-1].split("\x1b[K")[0].strip("\r")
            self.assertEqual(len(drawn), columns - 1, said)
        resize(writer, 8)
        child.terminate()
        os.close(writer)
        said += read_all(reader)
        os.close(reader)
        self.assertEqual(said.count(b"\n"), 3)
        self.assertTrue(said.endswith(b"\r\x1b[K"), said)
        child.communicate(timeout=scene.LIMIT_S)
        self.assertEqual(child.returncode, 143)

    def test_a_terminal_that_obeys_nothing(self):
        self.run_program("get", "issue", "420", "--no-wait", status=5)
        reader, writer = pty.openpty()
        child = self.start(
            "get", "issue", "52", "--wait", stderr=writer, environment=self.environment(TERM="dumb")
        )
        os.close(writer)
        said = read_all(reader, until=b"used")
        child.terminate()
        said += read_all(reader)
        os.close(reader)
        self.assertNotIn(b"\x1b", said)
        child.communicate(timeout=scene.LIMIT_S)
        self.assertEqual(child.returncode, 143)

    def test_progress_leaves_the_data_alone(self):
        both = ("stdout", "stderr")
        words = ("get", "issue", "1", "2", "3")
        for form in ("--json=id", "--jsonl=id", "--csv=id"):
            self.fresh_database()
            text = self.on_terminal(*words, form, outputs=both)
            alone = self.run_program(*words, form, "--offline").out
            self.assertEqual(screen_of(text), alone, text)

    def test_progress_is_for_terminals(self):
        self.run_program("get", "issue", "420", "--no-wait", status=5)
        words = ("get", "issue", "52", "--wait=2s")
        self.assertNotIn("sent", self.run_program(*words, status=5).err)
        words += ("--progress=never",)
        self.assertNotIn("sent", self.on_terminal(*words, outputs=("stderr",), status=5))

    def test_in_tmux(self):
        if not shutil.which("tmux"):
            self.skipTest("tmux is not there")
        tmux = ["tmux", "-S", self.path("socket"), "-f", "/dev/null"]
        command = "'%s' list issues --limit 3 --sort id:asc; echo status=$?; read x" % scene.PROGRAM
        environment = self.environment(TERM="xterm", LC_ALL="C.UTF-8")
        subprocess.run(
            tmux + ["-u", "new-session", "-d", "-x", "70", "-y", "20", command],
            env=environment,
            check=True,
        )
        try:
            end = time.monotonic() + scene.LIMIT_S
            screen = ""
            while "status=" not in screen and time.monotonic() < end:
                screen = subprocess.run(
                    tmux + ["capture-pane", "-p"], env=environment, stdout=subprocess.PIPE, check=True
                ).stdout.decode()
                time.sleep(0.05)
        finally:
            subprocess.run(tmux + ["kill-server"], env=environment, check=True)
        lines = screen.splitlines()
        self.assertEqual(lines[0].split()[:2], ["id", "volume.name"])
        self.assertIn("V\u00f6lume \u6708", lines[1])
        self.assertEqual(lines[4], "status=0")


if __name__ == "__main__":
    scene.main()
