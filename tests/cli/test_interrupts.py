#!/usr/bin/env python3
"""Signals at any time: what others could wait for is given back, and nothing is left half done."""

import json
import os
import signal

import scene


class Interrupts(scene.Scene):
    def end_with(self, child, number, status):
        child.send_signal(number)
        out, err = child.communicate(timeout=scene.LIMIT_S)
        self.assertEqual(child.returncode, status, err)
        self.assert_nothing_pends()
        return out.decode(), err.decode()

    def assert_nothing_pends(self):
        pending = "SELECT count(*) FROM dedupe_jobs WHERE status = 'pending'"
        self.assertEqual(self.query_database(pending), [(0,)])

    def test_while_it_is_fetched(self):
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 143)):
            self.service.asked.clear()
            self.fresh_database()
            child = self.start("get", "issue", "600", "--jsonl")
            self.assertTrue(self.service.asked.wait(scene.LIMIT_S))
            self.assertEqual(self.end_with(child, number, status), ("", ""))

    def test_while_a_cover_comes(self):
        for words in ((), ("-o", "x.png")):
            self.service.asked.clear()
            self.fresh_database()
            self.write("x.png", "as it was")
            before = [name for name in os.listdir(self.folder) if ".db" not in name]
            child = self.start("cover", "issue", "703", *words, cwd=self.folder)
            self.assertTrue(self.service.asked.wait(scene.LIMIT_S))
            self.assertEqual(self.end_with(child, signal.SIGINT, 130), ("", ""))
            left = [name for name in os.listdir(self.folder) if ".db" not in name]
            self.assertEqual(sorted(left), sorted(before))
            with open(self.path("x.png"), encoding="utf-8") as file:
                self.assertEqual(file.read(), "as it was")
            self.database += "-images"
            self.assert_nothing_pends()

    def test_while_a_key_is_checked(self):
        self.service.hangs_promos = True
        child = self.start("check-key", "--jsonl")
        self.assertTrue(self.service.asked.wait(scene.LIMIT_S))
        self.assertEqual(self.end_with(child, signal.SIGINT, 130), ("", ""))
        self.assertEqual(len(self.service.seen), 1)

    def test_what_was_ignored_stays_ignored(self):
        ignore = lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)
        child = self.start("get", "issue", "600", preexec_fn=ignore)
        self.assertTrue(self.service.asked.wait(scene.LIMIT_S))
        child.send_signal(signal.SIGINT)
        self.end_with(child, signal.SIGTERM, 143)

    def test_while_it_reads(self):
        reader, writer = os.pipe()
        child = self.start("batch", "issue", "-", "--jsonl", stdin=reader)
        os.close(reader)
        os.write(writer, b"1\n" * 100000)  # more than a pipe holds: it is reading now
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=scene.LIMIT_S)
        os.close(writer)
        self.assertEqual((child.returncode, out, err), (130, b"", b""))

    def wait_for_a_wait(self, child):
        """Reads progress until it says that it waits."""
        said = b""
        while b"waiting" not in said:
            block = os.read(child.stderr.fileno(), 4096)
            self.assertNotEqual(block, b"", said)
            said += block
        return said.decode()

    def test_while_it_waits_for_the_limit(self):
        self.run_program("get", "issue", "420", "--no-wait", status=5)
        child = self.start("get", "issue", "52", "--wait", "--progress=always", "--jsonl")
        said = self.wait_for_a_wait(child)
        self.assertRegex(said, r"waiting (59:\d\d|1:00:\d\d) for /issue, \d+ of 200 used")
        self.end_with(child, signal.SIGINT, 130)
        self.assertEqual(len(self.service.seen), 1)

    def test_what_was_written_is_whole(self):
        child = self.start("get", "issue", "1", "600", "--json=id")
        self.assertTrue(self.service.asked.wait(scene.LIMIT_S))
        out, _ = self.end_with(child, signal.SIGTERM, 143)
        self.assertEqual(json.loads(out), [{"id": 1}])

    def test_a_batch_goes_on(self):
        ids = self.write("ids", "".join("%d\n" % i for i in range(1, 151)))
        done = self.path("done")
        words = ("batch", "issue", "--input", ids, "--resume", done, "--jsonl=id")
        self.run_program("get", "issue", "420", "--no-wait", status=5)  # /issues goes on
        first = self.run_program(*words, "--max-requests=1", status=9)
        ended = [json.loads(line)["id"] for line in first.out.splitlines()]
        self.assertEqual(ended, list(range(1, 101)))
        second = self.run_program(*words)
        ended += [json.loads(line)["id"] for line in second.out.splitlines()]
        self.assertEqual(ended, list(range(1, 151)))


if __name__ == "__main__":
    scene.main()
