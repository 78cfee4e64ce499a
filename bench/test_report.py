"""Tests of report.py, as a program: what it is given, and what it makes of that."""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM = pathlib.Path(__file__).with_name("report.py")
FIGURE = {"point": "P5", "name": "an admission", "part": "p99", "unit": "us", "figure": 3.0,
          "floor": 2.0, "ratio": 1.5, "goal": {"of": "ratio", "rule": "at most", "bound": 3},
          "met": True}
POINT = {"curve": "rows", "series": "hit", "x": 1000, "unit": "us", "figure": 5.0, "floor": None}


def run(text, *arguments):
    return subprocess.run([sys.executable, PROGRAM, *arguments], input=text, text=True,
                          capture_output=True, check=False)


def lines(*entries):
    return "".join(json.dumps(entry) + "\n" for entry in entries)


class Report(unittest.TestCase):
    def made(self, text, *arguments):
        result = run(text, *arguments)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout

    def refused(self, text, why):
        result = run(text)
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        self.assertIn(why, result.stderr)

    def test_a_row_of_markdown(self):
        self.assertIn("| P5 | an admission, p99 | 3 us | 2 us | 1.5 | ratio at most 3 | yes |\n",
                      self.made(lines(FIGURE), "--format", "markdown"))

    def test_a_goal_that_is_not_met_stands_out(self):
        missed = {**FIGURE, "part": None, "floor": None, "ratio": None, "met": False,
                  "goal": {"of": "figure", "rule": "below", "bound": 2}}
        self.assertIn("| P5 | an admission | 3 us |  |  | below 2 us | **no** |\n",
                      self.made(lines(missed), "--format", "markdown"))

    def test_columns_of_text_stand_below_each_other(self):
        longer = {**FIGURE, "name": "an admission of four processes"}
        rows = [row for row in self.made(lines(FIGURE, longer)).splitlines() if "ratio at most" in row]
        self.assertEqual(len(rows), 2)
        self.assertEqual(rows[0].index("ratio at most"), rows[1].index("ratio at most"))

    def test_figures_follow_the_goals(self):
        others = [{**FIGURE, "point": point} for point in (None, "P10", "P2")]
        made = json.loads(self.made(lines(*others), "--format", "json"))
        self.assertEqual([figure["point"] for figure in made["figures"]], ["P2", "P10", None])

    def test_goals_without_a_figure_are_named(self):
        made = json.loads(self.made(lines(FIGURE), "--format", "json"))
        self.assertEqual([point["point"] for point in made["points"] if point["is_measured"]],
                         ["P5"])
        self.assertEqual(len(made["points"]), 12)
        self.assertIn("| P2 | hot retrieve | not measured |\n",
                      self.made(lines(FIGURE), "--format", "markdown"))

    def test_a_goal_tells_how_many_of_its_figures_meet_it(self):
        none = {**FIGURE, "goal": None, "met": None}
        missed = {**FIGURE, "met": False}
        self.assertIn("| admission in a long window | 1 of 2 met |\n",
                      self.made(lines(FIGURE, none, missed), "--format", "markdown"))
        self.assertIn("| admission in a long window | no goal |\n",
                      self.made(lines(none), "--format", "markdown"))

    def test_tables_take_the_place_of_those_in_a_text(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "text.md"
            path.write_text("before\n<!-- tables -->\nformer\n<!-- end of tables -->\nafter\n")
            self.assertEqual(self.made(lines(FIGURE), "--update", path), "")
            self.assertEqual(self.made(lines(FIGURE), "--update", path), "")
            text = path.read_text()
            self.assertTrue(text.startswith("before\n<!-- tables -->\n"))
            self.assertTrue(text.endswith("<!-- end of tables -->\nafter\n"))
            self.assertEqual((text.count("| P5 | an admission, p99 |"), text.count("former")), (1, 0))
            path.write_text("before\n")
            result = run(lines(FIGURE), "--update", path)
            self.assertEqual((result.returncode, path.read_text()), (1, "before\n"))
            self.assertIn("where the tables go", result.stderr)

    def test_points_of_curves_are_kept(self):
        made = json.loads(self.made(lines(POINT, FIGURE), "--format", "json"))
        self.assertEqual((made["curves"], len(made["figures"])), ([POINT], 1))

    def test_one_run_in_all_forms(self):
        about = {"about": {"date": "2000-01-01", "system": "a system"}}
        with tempfile.TemporaryDirectory() as folder:
            inner = pathlib.Path(folder) / "inner"
            self.assertEqual(self.made(lines(about, FIGURE, POINT), "--into", inner), "")
            texts = {path.name: path.read_text() for path in inner.iterdir()}
            self.assertEqual(sorted(texts), ["results.json", "results.md", "results.txt"])
            for text in texts.values():
                self.assertIn("a system", text)
            again = self.made("", "--format", "markdown", inner / "results.json")
            self.assertEqual(again, texts["results.md"])

    def test_curves_become_blocks_of_gnuplot(self):
        points = [POINT, {**POINT, "series": "bare", "floor": 0.123456}, {**POINT, "x": 1e6}]
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(self.made(lines(*points), "--curves", folder), "")
            self.assertEqual((pathlib.Path(folder) / "rows.dat").read_text(),
                             "# hit\n# x, figure, floor\n1000 5 ?\n1000000 5 ?\n\n\n"
                             "# bare\n# x, figure, floor\n1000 5 0.1235\n")

    def test_what_cannot_be_read_is_refused(self):
        self.refused("hello\n", "line 1")
        self.refused("[]\n", "no object")
        self.refused(lines({**FIGURE, "point": "P13"}), "no goal P13")
        self.refused(lines({**FIGURE, "figure": "3"}), "figure is of another type")
        self.refused(lines({**FIGURE, "more": 1}), "not these members")
        self.refused(lines({**FIGURE, "goal": {"of": "ratio"}}), "not these members")
        self.refused(lines({**POINT, "x": None}), "x is of another type")
        self.refused(lines(FIGURE) + "{\n", "line 2")


if __name__ == "__main__":
    unittest.main()
