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
        rows = [row for row in self.made(lines(FIGURE, longer)).splitlines() if "P5" in row]
        self.assertEqual(len(rows), 2)
        self.assertEqual(rows[0].index("ratio at most"), rows[1].index("ratio at most"))

    def test_figures_follow_the_goals(self):
        others = [{**FIGURE, "point": point} for point in (None, "P10", "P2")]
        made = json.loads(self.made(lines(*others), "--format", "json"))
        self.assertEqual([figure["point"] for figure in made["figures"]], ["P2", "P10", None])

    def test_goals_without_a_figure_are_named(self):
        made = json.loads(self.made(lines(FIGURE), "--format", "json"))
        self.assertEqual(len(made["not_measured"]), 11)
        self.assertNotIn("P5", made["not_measured"])
        self.assertIn("- Not measured: P2, hot retrieve\n",
                      self.made(lines(FIGURE), "--format", "markdown"))

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
