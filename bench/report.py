#!/usr/bin/env python3
"""Makes tables of what the measuring programs say.

Reads lines of JSON (bench/measure.h) from standard input, or a results.json that it wrote before:
  report.py [--format text|markdown|json] [--into FOLDER] [--curves FOLDER] [--update TEXT] [FILE]
    --format  what goes to standard output; text without it
    --into    writes results.txt, results.md and results.json there instead
    --curves  writes the points of each curve there instead, as CURVE.dat for gnuplot
    --update  puts the tables into a Markdown file, between the lines <!-- tables --> and
              <!-- end of tables -->
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
    results["points"] = [summary(results, point) for point in POINTS]
    return results


def summary(results, point):
    """How many of its figures have a goal, and how many meet it."""
    verdicts = [figure["met"] for figure in results["figures"] if figure["point"] == point]
    goals = [verdict for verdict in verdicts if verdict is not None]
    return {"point": point, "what": POINTS[point], "is_measured": bool(verdicts),
            "goals": len(goals), "met": sum(goals)}


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


def point_row(point):
    count = f"{point['met']} of {point['goals']} met" if point["goals"] else "no goal"
    return [point["point"], point["what"], count if point["is_measured"] else "not measured"]


def tables(results):
    """Each as its columns and rows: the goals, then all figures."""
    return [(["goal", "what", "figures"], [point_row(point) for point in results["points"]]),
            (COLUMNS, [row(figure) for figure in results["figures"]])]


def text_table(columns, rows):
    widths = [max(len(cells[i]) for cells in [columns, *rows]) for i in range(len(columns))]
    lines = []
    for cells in [columns, *rows]:
        parts = [cell.rjust(width) if i in RIGHT_ALIGNED and columns is COLUMNS
                 else cell.ljust(width) for i, (cell, width) in enumerate(zip(cells, widths))]
        lines.append("  ".join(parts).rstrip())
    return "\n".join(lines)


def markdown_table(columns, rows):
    rule = ["---:" if i in RIGHT_ALIGNED and columns is COLUMNS else "---"
            for i in range(len(columns))]
    bold = [["**no**" if cell == "no" else cell for cell in cells] for cells in rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [columns, rule, *bold])


def as_text(results):
    return "\n\n".join([about_line(results), *(text_table(*table) for table in tables(results))])


def as_markdown(results):
    return "\n\n".join([about_line(results),
                        *(markdown_table(*table) for table in tables(results))])


def as_json(results):
    return json.dumps(results, indent=1)


def as_curve(points):
    """A block for each series, which gnuplot finds by its name; "?" for what there is not."""
    blocks = []
    for series in dict.fromkeys(point["series"] for point in points):
        lines = [f"# {series}", "# x, figure, floor"]
        for point in points:
            if point["series"] == series:
                floor = "?" if point["floor"] is None else f"{point['floor']:.4g}"
                lines.append(f"{point['x']:.9g} {point['figure']:.4g} {floor}")
        blocks.append("\n".join(lines))
    return "\n\n\n".join(blocks) + "\n"


def write_curves(results, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for curve in {point["curve"] for point in results["curves"]}:
        points = [point for point in results["curves"] if point["curve"] == curve]
        (folder / f"{curve}.dat").write_text(as_curve(points))


FORMATS = {"text": (as_text, "txt"), "markdown": (as_markdown, "md"), "json": (as_json, "json")}


def write_tables(results, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for write, ending in FORMATS.values():
        (folder / f"results.{ending}").write_text(write(results).rstrip() + "\n")


def update(results, path):
    start, end = "<!-- tables -->\n", "<!-- end of tables -->\n"
    text = path.read_text()
    if text.count(start) != 1 or text.count(end) != 1:
        raise ValueError(f"{path} does not say where the tables go")
    before, rest = text.split(start)
    after = rest.split(end)[1]
    path.write_text(f"{before}{start}{as_markdown(results)}\n{end}{after}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--format", choices=FORMATS, default="text")
    parser.add_argument("--into", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--curves", type=pathlib.Path, metavar="FOLDER")
    parser.add_argument("--update", type=pathlib.Path, metavar="TEXT")
    parser.add_argument("file", nargs="?", type=pathlib.Path)
    arguments = parser.parse_args()
    try:
        is_whole = arguments.file is not None
        results = read_results(arguments.file.read_text() if is_whole else sys.stdin.read(),
                               is_whole)
        if arguments.update is not None:
            update(results, arguments.update)
    except ValueError as error:
        sys.exit(f"report.py: {error}")
    if arguments.curves is not None:
        write_curves(results, arguments.curves)
    if arguments.into is not None:
        write_tables(results, arguments.into)
    if (arguments.curves, arguments.into, arguments.update) == (None, None, None):
        print(FORMATS[arguments.format][0](results).rstrip())


if __name__ == "__main__":
    main()
