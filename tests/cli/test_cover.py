#!/usr/bin/env python3
"""Covers: which size, where to, and what is left where none comes."""

import json
import os

import scene


class Covers(scene.Scene):
    def cover(self, *words, status=0):
        return self.run_program("cover", *words, status=status, cwd=self.folder)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def test_a_file_called_after_the_object(self):
        row = json.loads(self.cover("issue", "4000-700").out)
        self.assertEqual(self.read("issue-700.png"), scene.PICTURE + b"/image/700-m")
        self.assertEqual((row["path"], row["content_type"]), ("issue-700.png", "image/png"))
        self.assertEqual((row["width"], row["height"]), (3, 2))
        self.assertNotIn(scene.KEY, self.service.seen[1])
        self.assertNotIn("***", self.service.seen[1])

    def test_a_size_and_a_name(self):
        self.cover("issue", "700", "--size=super", "-o", "x.img")
        self.assertEqual(self.read("x.img"), scene.PICTURE + b"/image/700-s")
        error = self.error_of(self.cover("issue", "700", "--size=huge", status=2))
        self.assertIn("size must be medium, tiny, icon,", error["message"])

    def test_standard_output(self):
        child = self.start("cover", "issue", "700", "-o", "-")
        out, err = child.communicate(timeout=scene.LIMIT_S)
        self.assertEqual((child.returncode, err), (0, b""))
        self.assertEqual(out, scene.PICTURE + b"/image/700-m")
        with open("/dev/full", "wb") as full:
            child = self.run_program("cover", "issue", "700", "-o", "-", status=1, stdout=full)
        self.assertIn("No space left", child.err)

    def test_the_cache_has_it(self):
        self.cover("issue", "700")
        self.cover("issue", "700", "--offline")
        self.assertEqual(len(self.service.seen), 2)

    def test_what_goes_wrong_leaves_no_file(self):
        for words, status in (
            (("issue", "52"), 3),  # has no image
            (("issue", "404"), 3),
            (("issue", "700", "--size=tiny"), 3),
            (("issue", "702"), 7),  # a web page under the name of an image
            (("issue", "701"), 7),
            (("issue", "700", "-o", self.path("absent/x.png")), 1),
        ):
            self.fresh_database()
            self.cover(*words, status=status)
        left = [name for name in os.listdir(self.folder) if ".db" not in name]
        self.assertEqual(left, [])

    def test_arguments(self):
        for words in (("issue",), ("issue", "1", "2"), ("isue", "1"), ("issue", "700", "-n")):
            self.cover(*words, status=2)
        self.assertEqual(self.service.seen, [])


if __name__ == "__main__":
    scene.main()
