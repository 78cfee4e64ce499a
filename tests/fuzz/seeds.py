#!/usr/bin/env python3
"""Writes what the fuzz targets begin with: tests/fuzz/seeds.py FOLDER makes FOLDER/<subject>/<name>.

Answers come from the fixtures, shortened; the rest is made here, in the form that each target takes
its input apart in (fuzz_<subject>.c)."""

import json
import pathlib
import re
import sqlite3
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
FIXTURES = HERE.parent / "fixtures"
RESOURCES = HERE.parent.parent / "src" / "resources" / "resources.def"
LONGEST_TEXT = 60
MOST_ITEMS = 2
AS_LIST = 0x80
# The positions of statuses and header names in fuzz_response.c, and an end that is none.
ANSWERED = 200
STATUSES = {200: 0, 304: 1, 301: 2, 403: 5, 404: 6, 429: 8, 500: 9, 503: 10}
HEADERS = {"Retry-After": 0, "X-RateLimit-Reset": 1, "ETag": 2, "Last-Modified": 3,
           "Cache-Control": 4, "Content-Length": 5, "Location": 6}


def shortened(value):
    """The same structure with short texts and short lists."""
    if isinstance(value, str):
        return value[:LONGEST_TEXT]
    if isinstance(value, list):
        return [shortened(item) for item in value[:MOST_ITEMS]]
    if isinstance(value, dict):
        return {name: shortened(item) for name, item in value.items()}
    return value


def resource_names():
    """In the order of the registry, which is the order of their numbers in fuzz_answer.c."""
    lines = RESOURCES.read_text().splitlines()
    return [match[1] for line in lines
            if (match := re.match(r"CVI_(?:LIST_)?RESOURCE\((\w+), [A-Z]", line))]


def list_files(names):
    """Which list each file of a list is of."""
    odd = {"people": "person", "series_list": "series", "types": "type"}
    for path in sorted((FIXTURES / "resources").glob("*.json")):
        stem = path.stem
        candidates = [odd.get(stem), stem.removesuffix("s"), stem.removesuffix("ies") + "y"]
        yield path, len(names) if stem == "search" else next(
            names.index(name) for name in candidates if name in names)


def answers():
    names = resource_names()
    for path in sorted((FIXTURES / "resources").glob("*/*.json")):
        yield path, names.index(path.parent.name)
    for path, number in list_files(names):
        yield path, number | AS_LIST
    for path in sorted((FIXTURES / "errors").glob("*.json")):
        yield path, 0


def answer_seeds():
    for path, choice in answers():
        text = json.dumps(shortened(json.loads(path.read_text())), ensure_ascii=False)
        yield path.stem, bytes([choice]) + text.encode()
    broken = b'{"status_code":1,"results":{"id":"7","name":"\\ud800\\u0000\xff","image":[[]]}}'
    yield "broken", b"\x00" + broken


TOKEN = re.compile(rb'"(?P<text>(?:[^"\\]|\\.)*)"(?P<key>\s*:)?|(?P<number>-?\d[\d.eE+-]*)'
                   rb"|(?P<word>null|false|true|[{}\[\]])")
TAPE_WORDS = {b"null": 0, b"false": 1, b"true": 2, b"{": 8, b"}": 9, b"[": 10, b"]": 11}
NUMBER, TEXT, KEY, IS_ESCAPED, LONG_GAP = 3, 4, 5, 2, 15


def tape_number(number):
    return bytes([number]) if number < 0x80 else bytes([0x80 | number & 0x7F]) + tape_number(
        number >> 7)


def tape(text):
    """As src/resources/tape.h has it."""
    events, end = [b"\1"], 0
    for token in TOKEN.finditer(text):
        gap = token.start() - end
        end = token.start("key") if token["key"] else token.end()
        length = b""
        if token["word"]:
            kind = TAPE_WORDS[token["word"]]
        elif token["number"]:
            kind, length = NUMBER, tape_number(len(token["number"]))
        else:
            kind = (KEY if token["key"] else TEXT) + (IS_ESCAPED if b"\\" in token["text"] else 0)
            length = tape_number(len(token["text"]))
        long_gap = tape_number(gap) if gap >= LONG_GAP else b""
        events.append(bytes([min(gap, LONG_GAP) << 4 | kind]) + long_gap + length)
    return b"".join(events)


def tape_seed(choice, text, behind):
    return bytes([choice]) + len(behind).to_bytes(2, "little") + behind + text


def tape_seeds():
    for path, choice in answers():
        text = json.dumps(shortened(json.loads(path.read_text())), ensure_ascii=False).encode()
        if choice & ~AS_LIST < len(resource_names()):
            yield path.stem, tape_seed(choice, text, tape(text))
    text = b'{"status_code":1,"results":{"id":7,"name":"\\u00e9\\ud83d\\ude00","image":[[null,true]]}}'
    yield "escaped", tape_seed(0, text, tape(text))
    yield "cut", tape_seed(0, text, tape(text)[:20])
    yield "other", tape_seed(0, text, tape(text.replace(b"results", b"reslts")))


def response(status, headers, body, is_list=False):
    head = bytes([is_list, STATUSES[status], ANSWERED, len(headers)])
    lines = b"".join(bytes([HEADERS[name]]) + value.encode() + b"\0" for name, value in headers)
    return head + lines + body


def response_seeds():
    good = b'{"error":"OK","status_code":1,"results":{"id":52,"name":"Lamps"}}'
    date = "Sun, 06 Nov 1994 08:49:37 GMT"
    yield "good", response(200, [("ETag", '"v1"'), ("Last-Modified", date)], good)
    yield "other", response(200, [("Cache-Control", "max-age=60, no-cache")],
                            good.replace(b"52", b"53"))
    yield "list", response(200, [("Cache-Control", "private, max-age=\"5\", must-revalidate")],
                           b'{"status_code":1,"results":[{"id":1}]}', True)
    yield "denied", response(404, [], b'{"error":"Object Not Found","status_code":101}')
    yield "cut", response(200, [("Content-Length", "100000")], good[:40])
    yield "limited", response(429, [("Retry-After", "120")], b'{"status_code":107}')
    yield "later", response(503, [("Retry-After", date), ("X-RateLimit-Reset", "1717243300")],
                            b"<html><title>Just a moment...</title>")
    yield "away", response(301, [("Location", "/api/issue/4000-52/?api_key=x&format=json")], b"")
    yield "elsewhere", response(301, [("Location", "//elsewhere.example/")], b"")
    yield "key", response(200, [("ETag", '"0123456789abcdef0123456789abcdef01234567"')],
                          good.replace(b"Lamps", b"0123456789abcdef0123456789abcdef01234567"))
    yield "unchanged", response(304, [], b"")
    for path in sorted((FIXTURES / "errors").glob("*.html")):
        yield path.stem, response(403, [], path.read_bytes()[:2000])


def database_bytes(*statements):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "seed.db"
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA page_size = 512")
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()
        return path.read_bytes()


def database_seeds():
    as_it_is, with_log, damaged = b"\x04", b"\x01", b"\x00"
    table = "CREATE TABLE lamps(id INTEGER PRIMARY KEY, oil TEXT)"
    yield "empty", as_it_is
    yield "foreign", as_it_is + database_bytes(table, "INSERT INTO lamps VALUES(1, 'x')")
    yield "newer", as_it_is + database_bytes(table, "PRAGMA user_version = 2000")
    yield "namesake", as_it_is + database_bytes("CREATE TABLE cache(key TEXT, lamp TEXT)")
    yield "half", as_it_is + database_bytes(
        "CREATE TABLE cache(hash TEXT PRIMARY KEY, value BLOB, expires_at, created_at)",
        "PRAGMA user_version = 1001")
    yield "view", as_it_is + database_bytes(table, "CREATE VIEW cache AS SELECT id hash, oil value,"
                                            " 1 expires_at, 1 created_at FROM lamps")
    yield "text", as_it_is + b"The diary of a lamplighter.\n" * 20
    yield "whole", damaged + b"\0\0"
    yield "cut", damaged + b"\x20\x01"
    yield "damaged", damaged + b"\0\0" + b"\x00\x64\x03\x0d\x01\x02\x03" + b"\x0a\x10\x00\x80"
    yield "log", with_log + bytes.fromhex("377f0682002de218000002000000000012345678") + b"\0" * 200


def rows_seeds():
    for table in range(9):
        yield f"table-{table}", bytes([table]) + bytes(range(2, 60))
    # A cached row under the right hash, with times of the present.
    cached = bytes([0, 0, 0, 2, 8, 2, 8, 4, 2, 0, 4, 4, 4, 4, 4, 0, 13])
    yield "cached", cached
    text = b'{"error":"OK","status_code":1,"results":{"id":52,"name":"Lamps"}}'
    other = text.replace(b"Lamps", b'L\\u00e1mps","x":[1,{}],"y":"')
    tapes = {"tape": tape(text), "tape-cut": tape(text)[:12], "tape-other": tape(other),
             "tape-numbers": b"\1" + bytes(range(60)), "tape-none": b""}
    for name, events in tapes.items():
        yield name, cached + bytes([4, 7, len(events)]) + events + b"\3"
    yield "tape-alone", cached[:-2] + bytes([7, len(other)]) + other + bytes(
        [4, 7, len(tape(other))]) + tape(other) + b"\3"
    yield "tape-unfit", cached + bytes([2, 8, 7, len(tape(text))]) + tape(text) + b"\1"
    yield "admitted", bytes([4, 2, 1, 0, 4, 2, 8, 0, 11, 0, 2, 0, 3, 2, 11, 2, 0, 4, 4])
    yield "pausing", bytes([7, 0, 2, 0, 5, 0, 3, 2, 3, 2, 3, 2, 1, 2, 0, 2, 0, 2, 0, 2, 0, 2, 0])


def image(body, etag=b"", modified=b"", content_type=b"", status=0, end=0):
    """Positions of statuses as in fuzz_image.c."""
    return bytes([1, status, end]) + b"\0".join([etag, modified, content_type, b"\x18"]) + body


def image_seeds():
    heads = {
        "png": b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\1\0\0\0\2\0",
        "gif": b"GIF89a\2\0\3\0",
        "bmp": b"BM\1\1\1\1\0\0\0\0\x36\0\0\0\x28\0\0\0\5\0\0\0\xfa\xff\xff\xff",
        "bmp-old": b"BM\1\1\1\1\0\0\0\0\x1a\0\0\0\x0c\0\0\0\5\0\6\0\1\0\1\0",
        "webp": b"RIFF\1\1\1\1WEBPVP8 \1\1\1\1\0\0\0\x9d\x01\x2a\7\x40\x08\x80",
        "webp-lossless": b"RIFF\1\1\1\1WEBPVP8L\1\1\1\1\x2f\6\xc0\1\0\0\0\0\0\0",
        "webp-extended": b"RIFF\1\1\1\1WEBPVP8X\1\1\1\1\0\0\0\0\6\0\0\7\0\0",
        "jpeg": b"\xff\xd8\xff\xe0\0\6JFIF\xff\xff\xd0\xff\xc2\0\x0b\x08\0\x09\0\x0a\3",
        "avif": b"\0\0\0\x20ftypavif\0\0\0\0",
        "avif-many": b"\0\0\0\x20ftypavis\0\0\0\0",
    }
    for name, head in heads.items():
        yield name, image(head, b'"v1"', b"Sun, 06 Nov 1994 08:49:37 GMT", b"text/html")
        yield f"{name}-stored", image(head + b'"v1"\4\0cvi1')
    page = b"\xef\xbb\xbf <html><title>Just a moment...</title>"
    yield "page", image(page, content_type=b"image/jpeg")
    yield "text", image(b'{"error":"OK"}', content_type=b"image/png")
    for status in range(1, 10):
        yield f"status-{status}", image(page, status=status)
    for end in range(2, 9):
        yield f"end-{end}", image(heads["png"], end=end)
    for kind in range(8):
        yield f"head-{kind}", bytes([0, kind]) + bytes(range(1, 120))


SEEDS = {
    "image": image_seeds,
    "answer": answer_seeds,
    "tape": tape_seeds,
    "response": response_seeds,
    "database": database_seeds,
    "rows": rows_seeds,
    "query": [b"\0\0id,name,image\0name:Lamps,id:1|2\0name:asc\0name\0The Night",
              b"\1\1name, cover_date ,volume\0volume:5,cover_date:2011-01-01|2011-12-31\0id:desc\0a\0,",
              b"\3\2whatever,id\0unknown:1\0unknown\0id\0x"],
    "search": [b"\0lamps\0issue,volume\0name,id", b"\1lamps and oil\0issues, thing\0anything"],
    "id": [b"52", b"4000-52", b"https://comicvine.gamespot.com/api/issue/4000-52/?x#y",
           b"../../lamplighter/4005-201/", b"http://www.comicvine.com/api/issue/6/",
           b"/video_type/7/", b"2320-7", b"999999999999999", b"49-12"],
    "issue_number": [b"1\0" b"1.5\0" b"2", b"-1\0.1\0" b"1/2", b"1 1/2\0" b"1\xc2\xbd\0" b"101/102",
                     b"1 [2]\0" b"1 [10]\0" b"1.MU", b"Annual 2\0\0\0"],
    "date": [b"1952-10-01", b"1952-10-01 13:44:33.000000", b"Dec 4, 1820", b"2024-02-29",
             b"Sun, 06 Nov 1994 08:49:37 GMT", b"Tue, 29 Feb 2000 23:59:60 GMT"],
    "aliases": [b"Lamp\r\nOil\n\n Wick, the \t\n", b"\n", b"one"],
    "address": [b"http://comics.example/api/issue/?api_key=1&a=b#c\0../x/./y?z",
                b"https://[::1]:8443/a?api_key=%41\0//other.example/",
                b"http://h\0https://h:443/a/../../b?API_KEY=2&c"],
    "token": [b"&path=issues&filter=name%3ALamps&limit=100&allow_unknown=0&priority=0&offset=200"
              b"&page=3&index=7&last_id=52&last_type=1&total=-1",
              b"&path=search&query=lamps%20and&resources=issue&limit=10"],
    "redact": [b"\x05c0ffee5e47", b"\x01{\"a\":\"\\u0063%30ffee5e47\"}",
               b"\x10x&#99;&#x30;ffee5e47&amp;c0ffee", b"\x07%2563%2530ffee5e47c0ffee5e4"],
    "recording": [b"comicvine-replay 1\nGET /api/issue/4000-52/?format=json\nstatus 200\n"
                  b"header ETag: \"v1\"\nheader Retry-After: 5\nbody 2\n{}",
                  b"comicvine-replay 1\r\nGET /api/issue/4000-52/?format=json\r\nend timed-out\r\n"
                  b"body\r\n",
                  b"comicvine-replay 1\nGET /api/issue/4000-52/?format=json\nend broken\n"
                  b"status 500\nbody 4\nabc\n\n"],
    "job_error": [b"comicvine-error-1\nCV_ERROR_SERVER\n500\n0\n1\n1000\nscope-1\nit broke",
                  b"comicvine-error-1\nCV_ERROR_AUTH\n401\n100\n0\n0\nscope-2\nrefused",
                  b"a text of another program's"],
}


def main():
    folder = pathlib.Path(sys.argv[1])
    for subject, seeds in SEEDS.items():
        place = folder / subject
        place.mkdir(parents=True, exist_ok=True)
        pairs = ((str(i), seed) for i, seed in enumerate(seeds)) if isinstance(seeds, list) \
            else seeds()
        for name, seed in pairs:
            (place / name).write_bytes(seed)


if __name__ == "__main__":
    main()
