#!/usr/bin/env python3
"""Each format, read by what people read it with: jq, Python's json and csv."""

import csv
import io
import json
import os
import signal
import subprocess

import scene


class Formats(scene.Scene):
    def setUp(self):
        super().setUp()
        self.run_program("list", "issues", "--limit=3")  # what follows comes from the cache

    def listed(self, *options):
        return self.run_program("list", "issues", "--limit=3", "--offline", *options).out

    def names(self):
        return [scene.issue(i)["name"] for i in (1, 2, 3)]

    def test_json_lines_where_it_is_piped(self):
        text = self.listed()
        self.assertEqual(text, self.listed("--jsonl"))
        rows = [json.loads(line) for line in text.splitlines()]
        self.assertEqual([row["name"] for row in rows], self.names())
        self.assertEqual(rows[0]["volume"]["name"], "V\u00f6lume \u6708")
        self.assertEqual(rows[0]["person_credits"][1]["name"], "B")

    def test_json_is_one_array(self):
        text = self.listed("--json")
        self.assertEqual([row["id"] for row in json.loads(text)], [1, 2, 3])
        self.assertIn("\n    \"id\": 1,\n", text)
        self.assertEqual(self.jq(".[1].name", text), [json.dumps(self.names()[1], ensure_ascii=False)])
        self.assertEqual(text.count("\n  {"), 3)

    def test_chosen_members(self):
        text = self.listed("--json=id,volume.name,nothing")
        row = {"id": 1, "volume.name": "V\u00f6lume \u6708", "nothing": None}
        self.assertEqual(json.loads(text)[0], row)
        lines = self.listed("--jsonl=id,volume.name,nothing").splitlines()
        self.assertEqual([json.loads(line)["id"] for line in lines], [1, 2, 3])
        self.assertEqual(self.jq('.["volume.name"]', lines[0]), ['"V\u00f6lume \u6708"'])

    def test_csv(self):
        rows = list(csv.reader(io.StringIO(self.listed("--csv=id,name,aliases,person_credits"))))
        self.assertEqual(rows[0], ["id", "name", "aliases", "person_credits"])
        self.assertEqual([row[1] for row in rows[1:]], self.names())
        self.assertEqual(rows[1][2], "")
        self.assertEqual(json.loads(rows[1][3])[0]["name"], "A")
        usual = list(csv.DictReader(io.StringIO(self.listed("--csv"))))
        self.assertEqual(usual[2]["volume.name"], "V\u00f6lume \u6708")

    def test_tsv(self):
        lines = self.listed("--tsv=id,name").split("\n")
        self.assertEqual(lines[0], "id\tname")
        self.assertEqual(lines[1], '1\tIssue \u00bd, "1"\\nof many')
        self.assertEqual(len(lines), 5)

    def test_raw_is_what_was_sent(self):
        text = self.listed("--raw")
        decoder = json.JSONDecoder()
        rows = []
        while text.strip():
            row, end = decoder.raw_decode(text.lstrip())
            rows.append(row)
            text = text.lstrip()[end:]
        self.assertEqual(rows, [scene.issue(i) for i in (1, 2, 3)])

    def test_table(self):
        lines = self.listed("--table").splitlines()
        self.assertEqual(lines[0].split(), ["id", "volume.name", "issue_number", "name", "cover_date"])
        self.assertEqual(len(lines), 4)
        self.assertIn("2001-02-03", lines[3])

    def test_nothing_is_well_formed_too(self):
        self.service.issues = 0
        self.fresh_database()
        self.assertEqual(json.loads(self.run_program("list", "issues", "--json").out), [])
        listed = ("list", "issues", "--offline")
        self.assertEqual(self.run_program(*listed).out, "")
        self.assertEqual(self.run_program(*listed, "--csv=id,name").out, "id,name\n")

    def test_where_it_is_from(self):
        row = json.loads(self.listed("--meta").splitlines()[0])
        self.assertEqual(row["_meta"]["source"], "cache")
        self.assertGreaterEqual(row["_meta"]["age_s"], 0)
        self.assertRegex(row["_meta"]["fetched_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.assertNotIn("_meta", json.loads(self.listed().splitlines()[0]))

    def test_where_chosen_members_are_from(self):
        row = json.loads(self.listed("--json=id", "--meta"))[0]
        self.assertEqual((row["id"], row["_meta"]["source"]), (1, "cache"))
        self.assertEqual(sorted(row), ["_meta", "id"])
        self.assertEqual(self.listed("--csv=id,_meta.source", "--meta").splitlines()[1], "1,cache")

    def test_names_of_any_letters(self):
        row = json.loads(self.listed('--jsonl=id,"a\\b"').splitlines()[0])
        self.assertEqual(row, {"id": 1, '"a\\b"': None})

    def test_a_watch_writes_whole_arrays(self):
        child = self.start("quota", "issues", "--watch=200ms", "--json", stdout=subprocess.PIPE)
        first = b""
        while first.count(b"\n]\n") < 1:
            first += os.read(child.stdout.fileno(), 4096)
        child.send_signal(signal.SIGINT)
        rest, _ = child.communicate(timeout=scene.LIMIT_S)
        self.assertEqual(child.returncode, 130)
        arrays = self.jq("length", (first + rest).decode())
        self.assertEqual(set(arrays), {"1"})

    def test_a_failure_is_no_empty_list(self):
        for form in ("--json", "--csv=id", "--tsv", "--table", "--jsonl", "--raw"):
            for words, status in (
                (("get", "issue", "x"), 2),
                (("list", "volumes", "--offline"), 8),
                (("cache", "show", "zz"), 8),
            ):
                self.assertEqual(self.run_program(*words, form, status=status).out, "", (words, form))
        nothing = ("quota", "volume", "--programs")
        self.assertEqual(self.run_program(*nothing, "--json").out, "[]\n")

    def test_an_array_is_closed_after_a_failure(self):
        child = self.run_program("get", "issue", "1", "404", "--json=id", status=9)
        self.assertEqual(json.loads(child.out), [{"id": 1}])


if __name__ == "__main__":
    scene.main()
