#!/usr/bin/env python3
"""Says how much of each room of src/ the tests have reached: table.py [--missing FILE] REPORT
REPORT is what gcovr --json has written. With --missing, the lines and branches of one file that no
test has reached. Ends with status 1 where a room is below a goal, or a file has not been measured.
"""
import argparse
import collections
import json
import pathlib
import re
import sys

ROOMS = ("client", "stores", "resources", "support")
LINES_GOAL = 95.0
BRANCHES_GOAL = 85.0
COLUMNS = ("", "lines", "reached", "%", "branches", "reached", "%")

ROOT = pathlib.Path(__file__).resolve().parents[2]
OBJECTS = ROOT / "build/coverage/CMakeFiles/comicvine_objects.dir"
SETTINGS = ROOT / "tests/coverage/gcovr.cfg"


def percent(reached, all_of_them):
    return 100.0 * reached / all_of_them if all_of_them else 100.0


class Count:
    """Lines and branches, and how many of them were reached."""

    def __init__(self):
        self.lines = self.lines_reached = self.branches = self.branches_reached = 0

    def add_line(self, line):
        self.lines += 1
        self.lines_reached += line["count"] > 0
        self.branches += len(line["branches"])
        self.branches_reached += sum(branch["count"] > 0 for branch in line["branches"])

    def row(self, name):
        return (name, self.lines, self.lines_reached,
                f"{percent(self.lines_reached, self.lines):.1f}", self.branches,
                self.branches_reached, f"{percent(self.branches_reached, self.branches):.1f}")

    def is_enough(self):
        return (percent(self.lines_reached, self.lines) >= LINES_GOAL
                and percent(self.branches_reached, self.branches) >= BRANCHES_GOAL)


def code_lines(file):
    return [line for line in file["lines"] if not line["gcovr/noncode"]]


def room_of(path):
    return pathlib.PurePath(path).parts[1]


def count_all(files):
    rooms = collections.defaultdict(Count)
    single = collections.defaultdict(Count)
    for file in files:
        for line in code_lines(file):
            rooms[room_of(file["file"])].add_line(line)
            single[file["file"]].add_line(line)
    return rooms, single


def print_table(rows):
    width = max(len(row[0]) for row in rows)
    for name, *figures in [COLUMNS, *rows]:
        print(f"| {name:{width}} |" + "".join(f" {figure:>8} |" for figure in figures))
        if not name:
            print(f"| {'-' * width} |" + " -------: |" * len(figures))
    print()


def unmeasured():
    """Files of the library that the build has no counts of, and gcovr.cfg no word on."""
    named = re.findall(r"^exclude = \.\./\.\./(\S+)$", SETTINGS.read_text(), re.MULTILINE)
    for path in sorted(path for room in ROOMS for path in ROOT.glob(f"src/{room}/*.c")):
        name = path.relative_to(ROOT).as_posix()
        if name not in named and not (OBJECTS / f"{name}.gcno").exists():
            yield name


def print_missing(file):
    source = (ROOT / file["file"]).read_text().splitlines()
    for line in code_lines(file):
        text = source[line["line_number"] - 1]
        branches = len(line["branches"])
        missed = sum(branch["count"] == 0 for branch in line["branches"])
        if line["count"] == 0:
            print(f"{line['line_number']:4}  not reached   {text}")
        elif missed:
            print(f"{line['line_number']:4}  {missed} of {branches} ways  {text}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--missing", metavar="FILE")
    parser.add_argument("report", type=pathlib.Path)
    arguments = parser.parse_args()
    files = json.loads(arguments.report.read_text())["files"]
    if arguments.missing:
        found = [file for file in files if file["file"] == arguments.missing]
        if not found:
            sys.exit(f"no counts of {arguments.missing}")
        print_missing(found[0])
        return
    rooms, single = count_all(files)
    print_table([single[name].row(name) for name in sorted(single)])
    print_table([rooms[room].row(room) for room in ROOMS])
    faults = [f"{name} has not been measured" for name in unmeasured()]
    faults += [f"{room} is below {LINES_GOAL:.0f} % of lines or {BRANCHES_GOAL:.0f} % of branches"
               for room in ROOMS if not rooms[room].is_enough()]
    sys.exit("\n".join(faults) or 0)


if __name__ == "__main__":
    main()
