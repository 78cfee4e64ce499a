#!/usr/bin/env python3
"""Each exit status, by the situation that people meet; and what is said then."""

import os
import subprocess

import scene


class Statuses(scene.Scene):
    def failed(self, status, word, *words, **options):
        error = self.error_of(self.run_program(*words, status=status, **options))
        self.assertEqual((error["code"], error["exit"]), (word, status))
        return error

    def test_0_done(self):
        self.assertEqual(self.run_program("get", "issue", "52").err, "")

    def test_1_the_disk_is_full(self):
        for words in (("get", "issue", "52"), ("help",), ("completion", "bash"), ("--version",)):
            with open("/dev/full", "w", encoding="utf-8") as full:
                child = self.run_program(*words, status=1, stdout=full)
            self.assertIn("No space left on device", child.err)
        for words in (("cache", "export"), ("cache", "export", "--json")):
            with open("/dev/full", "w", encoding="utf-8") as full:
                child = self.run_program(*words, status=1, stdout=full)
            self.assertIn("No space left on device", child.err)
            self.assertEqual(len(child.err.splitlines()), 1, child.err)

    def test_1_standard_output_is_closed(self):
        command = 'exec "$0" get issue 52 >&- 2>"$1"'
        path = self.path("said")
        done = subprocess.run(
            ["/bin/sh", "-c", command, scene.PROGRAM, path], env=self.environment(), check=False
        )
        self.assertEqual(done.returncode, 1)
        with open(path, encoding="utf-8") as file:
            self.assertIn("cannot write the output", file.read())
        # Nothing that was meant for the output went into what was opened next.
        self.assertEqual(self.query_database("PRAGMA integrity_check"), [("ok",)])

    def test_1_an_answer_that_is_none(self):
        self.failed(1, "response", "get", "issue", "502")

    def test_2_usage(self):
        self.failed(2, "usage", "get", "isue", "52")
        self.failed(2, "usage", "get", "issue", "x")
        self.failed(2, "usage", "get", "issue", "4050-52")
        for word in ("0", "1-5", "52abc", "0x34", " 52 ", "", "52,", ",52", "52,x", str(2**63)):
            self.failed(2, "usage", "get", "issue", "--", word)
        self.failed(2, "usage", "cover", "issue", "52,53")
        self.failed(2, "usage", "list", "issues", "--sort=nonsense:asc")
        self.failed(2, "usage", "list", "issues", "--limit=0")
        self.failed(2, "usage", "list", "issues", "--limit=5", "--all")
        self.failed(2, "usage", "search")
        self.failed(2, "usage", "batch", "issue")
        self.assertEqual(self.service.seen, [])
        self.assertIn("is get meant?", self.run_program("gte", status=2).err)
        self.assertIn("a command is needed", self.run_program(status=2).err)

    def test_2_a_key_is_no_argument(self):
        for words in (("--api-key", "secret"), ("--api-key=secret",)):
            child = self.run_program("get", "issue", "52", *words, "--table", status=2)
            self.assertIn("can be read by all who use this machine", child.err)
            self.assertNotIn("secret", child.err)

    def test_3_not_found(self):
        error = self.failed(3, "not_found", "get", "issue", "404")
        self.assertEqual((error["cv_status"], error["subject"]), (101, "issue 404"))

    def test_4_no_key(self):
        keyless = self.environment(COMIC_VINE_API_KEY=None)
        self.failed(4, "key", "get", "issue", "52", environment=keyless)
        self.assertEqual(self.service.seen, [])

    def test_4_a_key_that_is_refused(self):
        other = self.environment(COMIC_VINE_API_KEY="another-key")
        error = self.failed(4, "key_refused", "get", "issue", "52", environment=other)
        self.assertEqual(error["cv_status"], 100)
        self.assertNotIn("another-key", str(error))

    def test_4_a_key_that_is_known_to_be_refused(self):
        other = self.environment(COMIC_VINE_API_KEY="another-key")
        self.failed(4, "key_refused", "check-key", environment=other)
        sent = len(self.service.seen)
        said = self.run_program("check-key", "--table", status=4, environment=other).err
        words = "the API key: the service has refused the API key; again in [0-9:]+"
        self.assertRegex(said, "^comicvine: " + words + "\n")
        error = self.failed(4, "key_refused", "check-key", environment=other)
        self.assertRegex(error["message"], r"has refused the API key, next request in \d+ ms$")
        self.assertEqual(len(self.service.seen), sent)

    def test_5_the_limit(self):
        error = self.failed(5, "rate_limited", "get", "issue", "420", "--no-wait")
        self.assertEqual(error["path"], "issue")
        self.assertRegex(error["retry_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        sent = len(self.service.seen)
        self.failed(5, "rate_limited", "get", "issue", "52", "--no-wait")
        self.assertEqual(len(self.service.seen), sent)

    def test_5_when_again_is_said_once(self):
        words = ("get", "issue", "420", "--no-wait", "--table")
        pause = "the service has asked for a pause"
        for why in ('service code 107: "Rate limit exceeded."\\)', pause):
            said = self.run_program(*words, status=5).err.splitlines()
            self.assertRegex(said[0], r"^comicvine: issue 420: .*%s; again in [0-9:]+$" % why)
            self.assertEqual(said[1][:9], "  --wait ")
            self.assertEqual(len(said), 2, said)
        error = self.failed(5, "rate_limited", "get", "issue", "420", "--no-wait")
        self.assertRegex(error["message"], pause + r", next request in \d+ ms$")

    def test_6_nobody_is_there(self):
        self.failed(6, "network", "get", "issue", "52", "--base-url=http://127.0.0.1:1/api")

    def test_6_a_failing_server(self):
        self.failed(6, "server", "get", "issue", "500")

    def test_7_blocked(self):
        self.failed(7, "blocked", "get", "issue", "403")

    def test_8_not_cached(self):
        keyless = self.environment(COMIC_VINE_API_KEY=None)
        self.failed(8, "not_cached", "get", "issue", "52", "--offline", environment=keyless)
        self.assertEqual(self.service.seen, [])

    def make_old(self):
        self.run_program("get", "issue", "52")
        connection = scene.sqlite3.connect(self.database)
        with connection:
            connection.execute(
                "UPDATE cache SET created_at = created_at - 7200000, expires_at = expires_at - 7200000"
            )
        connection.close()

    def test_8_only_stale(self):
        self.make_old()
        nobody = self.environment(COMICVINE_BASE_URL=self.service.url)
        words = ("get", "issue", "52", "--offline")
        self.assertIn('"id":52', self.run_program(*words, environment=nobody).out)
        error = self.failed(8, "not_cached", *words, "--no-stale", environment=nobody)
        self.assertIn("only an old answer", error["message"])

    def test_stale_when_again(self):
        self.make_old()
        self.run_program("get", "issue", "420", "--wait=5m", status=5)
        words = ("get", "issue", "52", "--no-wait", "--table")
        why = r"issue/4000-52: the service has asked for a pause; again in [0-9:]+$"
        said = self.run_program(*words).err
        self.assertRegex(said, "^comicvine: issue 52: this answer is 2 h old: " + why)
        said = self.run_program(*words, "--no-stale", status=8).err
        self.assertRegex(said, r"^comicvine: issue 52: only an old answer \(2 h\) is there: " + why)

    def test_9_partial(self):
        child = self.run_program("get", "issue", "52", "404", status=9)
        self.assertEqual(child.out.count("\n"), 1)
        self.assertEqual(self.error_of(child)["subject"], "issue 404")

    def test_10_the_database(self):
        self.failed(10, "store", "get", "issue", "52", "--database", self.folder)
        path = self.write("corrupt.db", "this is no database, whatever its name says\n" * 100)
        self.failed(10, "store", "get", "issue", "52", "--database", path)

    def test_a_closed_pipe_is_no_error(self):
        reader, writer = os.pipe()
        os.close(reader)
        for words in (("list", "issues"), ("cache", "export"), ("quota", "--watch"), ("status",)):
            child = self.start(*words, stdout=writer)
            _, said = child.communicate(timeout=scene.LIMIT_S)
            self.assertEqual(child.returncode, -13, words)  # SIGPIPE, as with every filter
            self.assertEqual(said, b"", words)
        os.close(writer)

    def test_standard_input_is_closed(self):
        done = subprocess.run(
            ["/bin/sh", "-c", 'exec "$0" get issue 52 <&-', scene.PROGRAM],
            env=self.environment(),
            stdout=subprocess.PIPE,
            check=True,
        )
        self.assertIn(b'"id":52', done.stdout)
        done = subprocess.run(
            ["/bin/sh", "-c", 'exec "$0" batch issue - <&-', scene.PROGRAM],
            env=self.environment(),
            stdout=subprocess.PIPE,
            check=False,
        )
        self.assertEqual((done.returncode, done.stdout), (0, b""))  # no ids, nothing to do


if __name__ == "__main__":
    scene.main()
