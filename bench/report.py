#!/usr/bin/env python3
"""Makes tables of what the measuring programs say.

Reads lines of JSON (bench/measure.h) from standard input, or a results.json that it wrote before:
  report.py [--format text|markdown|json] [--into FOLDER] [FILE]
    --format  what goes to standard output; text without it
    --into    writes results.txt, results.md and results.json there instead
A line that is not as measure.h says ends it with status 1.
"""
import argparse
import json
import pathlib
import sys

# The project's goals, in short.
POINTS = {
    "P1": "cached retrieve from the file",
    "P2": "hot retrieve",
    "P3": "cold retrieve",
    "P4": "admissions a second",
    "P5": "admission in a long window",
    "P6": "wake-up of a waiter",
    "P7": "killed owner noticed",
    "P8": "cached retrieve with a million rows",
    "P9": "a process that reads one issue",
    "P10": "one frame",
    "P11": "memory",
    "P12": "size",
}

NUMBER = (int, float)
NONE = type(None)
FIGURE = {"point": (str, NONE), "name": str, "part": (str, NONE), "unit": str, "figure": NUMBER,
          "floor": (*NUMBER, NONE), "ratio": (*NUMBER, NONE), "goal": (dict, NONE),
          "met": (bool, NONE)}
GOAL = {"of": str, "rule": str, "bound": NUMBER}
CURVE = {"curve": str, "series": str, "x": NUMBER, "unit": str, "figure": NUMBER,
         "floor": (*NUMBER, NONE)}

COLUMNS = ["goal", "what", "figure", "floor", "ratio", "wanted", "met"]
RIGHT_ALIGNED = {2, 3, 4}


def check(entry, members):
    if entry.keys() != members.keys():
        raise ValueError(f"not these members: {', '.join(members)}")
    for name, kind in members.items():
        if not isinstance(entry[name], kind):
            raise ValueError(f"{name} is of another type")


def check_figure(figure):
    check(figure, FIGURE)
    if figure["goal"] is not None:
        check(figure["goal"], GOAL)
    if figure["point"] not in (None, *POINTS):
        raise ValueError(f"there is no goal {figure['point']}")


def add_line(results, line):
    entry = json.loads(line)
    if not isinstance(entry, dict):
        raise ValueError("no object")
    if "about" in entry:
        results["about"] = entry["about"]
    elif "curve" in entry:
        check(entry, CURVE)
        results["curves"].append(entry)
    else:
        check_figure(entry)
        results["figures"].append(entry)


def read_lines(text):
    results = {"about": {}, "figures": [], "curves": []}
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            add_line(results, line)
        except ValueError as error:
            raise ValueError(f"line {number}: {error}: {line}") from error
    return results


def read_whole(text):
    results = json.loads(text)
    for figure in results["figures"]:
        check_figure(figure)
    for point in results["curves"]:
        check(point, CURVE)
    return results


def read_results(text, is_whole):
    """Whole results, or the lines of programs; the figures by the goals' numbers."""
    results = read_whole(text) if is_whole else read_lines(text)
    order = list(POINTS) + [None]
    results["figures"].sort(key=lambda figure: order.index(figure["point"]))
    measured = {figure["point"] for figure in results["figures"]}
    results["not_measured"] = [point for point in POINTS if point not in measured]
    return results


def number(value, unit=""):
    text = f"{value:.4g}" if abs(value) < 1e4 else f"{value:,.0f}".replace(",", " ")
    return f"{text} {unit}".strip()


def row(figure):
    goal = figure["goal"]
    unit = figure["unit"]
    wanted = ""
    if goal is not None:
        of_figure = goal["of"] == "figure"
        wanted = f"{goal['rule']} {number(goal['bound'], unit if of_figure else '')}"
        wanted = wanted if of_figure else f"ratio {wanted}"
    return [
        figure["point"] or "",
        figure["name"] + (f", {figure['part']}" if figure["part"] else ""),
        number(figure["figure"], unit),
        "" if figure["floor"] is None else number(figure["floor"], unit),
        "" if figure["ratio"] is None else f"{figure['ratio']:.3g}",
        wanted,
        {True: "yes", False: "no", None: ""}[figure["met"]],
    ]


def about_line(results):
    return ", ".join(str(value) for value in results["about"].values())


def missing_lines(results):
    return [f"Not measured: {point}, {POINTS[point]}" for point in results["not_measured"]]


def as_text(results):
    rows = [COLUMNS] + [row(figure) for figure in results["figures"]]
    widths = [max(len(cells[i]) for cells in rows) for i in range(len(COLUMNS))]

    def line(cells):
        parts = [cell.rjust(width) if i in RIGHT_ALIGNED else cell.ljust(width)
                 for i, (cell, width) in enumerate(zip(cells, widths))]
        return "  ".join(parts).rstrip()

    return "\n".join([about_line(results), "", *map(line, rows), "", *missing_lines(results)])


def as_markdown(results):
    def line(cells):
        return "| " + " | ".join(cells) + " |"

    rule = ["---:" if i in RIGHT_ALIGNED else "---" for i in range(len(COLUMNS))]
    rows = []
    for figure in results["figures"]:
        cells = row(figure)
        cells[-1] = "**no**" if figure["met"] is False else cells[-1]
        rows.append(line(cells))
    return "\n".join([about_line(results), "", line(COLUMNS), line(rule), *rows, "",
                      *(f"- {missing}" for missing in missing_lines(results))])


def as_json(results):
    return json.dumps(results, indent=1)


FORMATS = {"text": (as_text, "txt"), "markdown": (as_markdown, "md"), "json": (as_json, "json")}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--format", choices=FORMATS, default="text")
    parser.add_argument("--into", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("file", nargs="?", type=pathlib.Path)
    arguments = parser.parse_args()
    try:
        is_whole = arguments.file is not None
        results = read_results(arguments.file.read_text() if is_whole else sys.stdin.read(),
                               is_whole)
    except ValueError as error:
        sys.exit(f"report.py: {error}")
    if arguments.into is None:
        print(FORMATS[arguments.format][0](results).rstrip())
        return
    arguments.into.mkdir(parents=True, exist_ok=True)
    for write, ending in FORMATS.values():
        (arguments.into / f"results.{ending}").write_text(write(results).rstrip() + "\n")


if __name__ == "__main__":
    main()
