#!/usr/bin/env python3
"""Batches: where ids come from, what is done after a failure, and going on another time."""

import json

import scene


class Batches(scene.Scene):
    def ids(self, child):
        return [json.loads(line)["id"] for line in child.out.splitlines()]

    def test_a_hundred_in_a_request(self):
        child = self.run_program("batch", "issue", *map(str, range(1, 121)), "--jsonl=id")
        self.assertEqual(self.ids(child), list(range(1, 121)))
        self.assertEqual(len(self.service.seen), 2)

    def test_ids_in_any_form(self):
        path = self.write("ids", "# first\n\n4000-1 the one\n{\"name\": \"x\", \"id\": 2}\n")
        page = "https://comicvine.gamespot.com/x/4000-3/"
        child = self.run_program("batch", "issues", page, "-", "--input", path, text="4\n5\n")
        self.assertEqual(self.ids(child), [3, 4, 5, 1, 2])

    def test_objects_say_of_what_resource_they_are(self):
        line = '{"api_detail_url":"https://comicvine.gamespot.com/api/%s/", "id":8}\n'
        child = self.run_program("batch", "issue", "-", text=line % "issue/4000-8")
        self.assertEqual(self.ids(child), [8])
        for text, said in (
            (line % "volume/4050-8", "is an id of the resource volume, not of issue"),
            ('{"name":"x"}\n', 'standard input:1: {"name":"x"} is no id of the resource issue'),
        ):
            error = self.error_of(self.run_program("batch", "issue", "-", text=text, status=2))
            self.assertIn(said, error["message"])

    def test_ids_joined_by_commas(self):
        child = self.run_program("batch", "issue", "1,4000-2", "3")
        self.assertEqual(self.ids(child), [1, 2, 3])
        self.run_program("get", "issue", "1,404", status=9)

    def test_the_key_comes_before_the_ids(self):
        words = ("batch", "issue", "-", "--api-key-stdin", "--jsonl=id")
        keyless = self.environment(COMIC_VINE_API_KEY=None)
        child = self.run_program(*words, environment=keyless, text=scene.KEY + "\n1\n2\n")
        self.assertEqual(self.ids(child), [1, 2])

    def test_a_wrong_id_is_found_before_anything_is_sent(self):
        path = self.write("ids", "1\n2\n4050-3\n")
        error = self.error_of(self.run_program("batch", "issue", "--input", path, status=2))
        self.assertIn(path + ":3: 4050-3 is an id of the resource volume, not of issue", error["message"])
        self.run_program("batch", "issue", "--input", self.path("absent"), status=2)
        self.run_program("batch", "issue", "--input", self.folder, status=2)
        self.assertEqual(self.service.seen, [])

    def test_the_rest_goes_on_after_a_failure(self):
        child = self.run_program("batch", "issue", "1", "404", "2", status=9)
        self.assertEqual(self.ids(child), [1, 2])
        error = self.error_of(child)
        self.assertEqual((error["code"], error["ids"]), ("not_found", [404]))
        self.run_program("batch", "issue", "404", status=3)

    def test_resume(self):
        done = self.path("done")
        words = ("batch", "issue", "1", "404", "2", "3", "--resume", done)
        self.assertEqual(self.ids(self.run_program(*words, status=9)), [1, 2, 3])
        with open(done, encoding="utf-8") as file:
            text = file.read()
        self.assertEqual(
            sorted(text.splitlines()),
            ["issue 1 done", "issue 2 done", "issue 3 done", "issue 404 missing"],
        )
        again = self.run_program(*words, "4", "--refresh")
        self.assertEqual(self.ids(again), [4])
        with open(done, encoding="utf-8") as file:
            self.assertEqual(file.read(), text + "issue 4 done\n")

    def test_resume_after_a_line_was_cut(self):
        done = self.write("done", "volume 7 done\nissue 1 done\nissue 2")
        child = self.run_program("batch", "issue", "1", "2", "7", "--resume", done)
        self.assertEqual(self.ids(child), [2, 7])
        with open(done, encoding="utf-8") as file:
            self.assertEqual(
                file.read(), "volume 7 done\nissue 1 done\nissue 2 done\nissue 7 done\n"
            )

    def test_a_file_that_is_something_else(self):
        for text in ("hello\n", "issue x done\n", "issue 1 perhaps\n", "issue 1 done too\n"):
            path = self.write("other", text)
            child = self.run_program("batch", "issue", "1", "--resume", path, status=2)
            self.assertIn(path + ":1: this is no file of a run before", child.err)
            with open(path, encoding="utf-8") as file:
                self.assertEqual(file.read(), text)

    def test_nothing_is_noted_that_was_not_written(self):
        done = self.path("done")
        words = ("batch", "issue", "1", "2", "--resume", done)
        with open("/dev/full", "w", encoding="utf-8") as full:
            self.run_program(*words, status=1, stdout=full)
        with open(done, encoding="utf-8") as file:
            self.assertEqual(file.read(), "")
        self.assertEqual(self.ids(self.run_program(*words)), [1, 2])

    def test_the_limit_is_said_once(self):
        done = self.path("done")
        words = ("batch", "issue", *map(str, range(1, 251)), "--resume", done, "--max-requests=1")
        child = self.run_program(*words, status=9)
        self.assertEqual(self.ids(child), list(range(1, 101)))
        errors = [json.loads(line)["error"] for line in child.err.splitlines()]
        self.assertEqual([error["code"] for error in errors], ["not_cached", "not_cached"])
        self.assertEqual(errors[0]["ids"], list(range(101, 201)))
        self.assertEqual(len(self.service.seen), 1)


if __name__ == "__main__":
    scene.main()
