#!/usr/bin/env python3
"""Lists, searches, plans: how many requests they take, and what they say."""

import json
import subprocess

import scene


class Lists(scene.Scene):
    def ids(self, child):
        return [json.loads(line)["id"] for line in child.out.splitlines()]

    def test_all_pages(self):
        self.service.issues = 250
        child = self.run_program("list", "issues", "--all", "--filter=volume:7", "--sort=id:asc", "--fields=id")
        self.assertEqual(self.ids(child), list(range(1, 251)))
        self.assertEqual(len(self.service.seen), 3)
        for seen in self.service.seen:
            self.assertIn("filter=volume%3A7", seen)
            self.assertIn("sort=id%3Aasc", seen)
            self.assertIn("field_list=id", seen)

    def test_a_part(self):
        self.service.issues = 250
        child = self.run_program("list", "issues", "--limit=120", "--offset=5")
        self.assertEqual(self.ids(child), list(range(6, 126)))
        self.assertEqual(child.err, "")
        self.assertEqual(len(self.service.seen), 2)

    def test_what_is_left_out_is_said(self):
        self.service.issues = 250
        child = self.run_program("list", "issues", "--table=id")
        self.assertEqual(child.err, "comicvine: 100 of 250; --all writes the rest too\n")
        self.assertEqual(self.run_program("list", "issues", "--table=id", "--quiet").err, "")
        warning = json.loads(self.run_program("list", "issues").err)
        self.assertEqual(warning, {"warning": {"message": "100 of 250; --all writes the rest too"}})

    def test_modes(self):
        words = ("list", "issues", "--jsonl=id")
        self.run_program(*words, "--offline", status=8)
        self.run_program(*words)
        self.run_program(*words, "--offline")
        self.run_program(*words, "--max-age=1h")
        self.assertEqual(len(self.service.seen), 1)
        self.run_program(*words, "--refresh")
        self.assertEqual(len(self.service.seen), 2)

    def test_requests_are_bounded(self):
        self.service.issues = 250
        child = self.run_program("list", "issues", "--all", "--max-requests=2", status=8)
        self.assertEqual(self.ids(child), list(range(1, 201)))
        self.assertEqual(len(self.service.seen), 2)

    def plan(self, *words):
        sent = len(self.service.seen)
        plan = json.loads(self.run_program(*words, "--dry-run").out)
        self.assertEqual(len(self.service.seen), sent)
        return plan

    def test_plans_send_nothing(self):
        plan = self.plan("get", "issue", "1", "2", "3")
        self.assertEqual((plan["path"], plan["cached"], plan["requests"]), ("issue", 0, 3))
        self.assertEqual((plan["used"], plan["limit"]), (0, 200))
        for _ in range(20):  # wherever in its second the clock stands
            plan = self.plan("get", "issue", "1", "2", "3")
            self.assertEqual(plan["seconds"], 3)  # two intervals of 1.05 s
        self.run_program("get", "issue", "2")
        plan = self.plan("get", "issue", "1", "2", "3")
        self.assertEqual((plan["cached"], plan["requests"], plan["used"]), (1, 2, 1))
        self.assertEqual(self.plan("get", "issue", "2", "--refresh")["requests"], 1)
        self.assertEqual(self.plan("get", "issue", "2")["seconds"], 0)

    def test_plans_of_lists(self):
        self.service.issues = 250
        words = ("list", "issues", "--all")
        plan = self.plan(*words)
        self.assertEqual((plan["path"], plan["requests"], plan["may_be_more"]), ("issues", 1, True))
        self.run_program(*words, "--max-requests=1", status=8)
        plan = self.plan(*words)
        self.assertEqual((plan["cached"], plan["requests"], plan["may_be_more"]), (1, 2, False))
        self.run_program(*words)
        self.assertEqual(self.plan(*words)["requests"], 0)

    def test_plans_of_batches(self):
        words = ("batch", "issue", *map(str, range(1, 151)))
        plan = self.plan(*words)
        self.assertEqual((plan["path"], plan["cached"], plan["requests"]), ("issues", 0, 2))
        self.run_program(*words)
        plan = self.plan(*words)
        self.assertEqual((plan["cached"], plan["requests"]), (150, 0))


class Searches(scene.Scene):
    def setUp(self):
        super().setUp()
        port = self.path("port")
        server = subprocess.Popen(
            [scene.LOOPBACK, "--folder", scene.SOURCE + "/tests/fixtures/comicvine", "--key", scene.KEY,
             "--port-file", port],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        )
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        self.addCleanup(server.stdout.close)
        self.url = server.stdout.readline().decode().strip()  # it listens now

    def test_words(self):
        words = ("search", "wharf", "street", "--base-url", self.url)
        row = json.loads(self.run_program(*words).out)
        self.assertEqual((row["resource_type"], row["id"]), ("issue", 52))
        text = self.run_program(*words, "--resources=issue", "--csv=resource_type,id").out
        self.assertEqual(text, "resource_type,id\nissue,52\n")
        self.assertEqual(self.run_program("search", "nobody", "--base-url", self.url, "--all").out, "")
        child = self.run_program(*words, "--resources=isue", status=2)
        self.assertIn("nearest: issue", child.err)


if __name__ == "__main__":
    scene.main()
