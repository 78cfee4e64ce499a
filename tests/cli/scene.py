"""What the tests share that use the program as people do.

    Scene             a unittest.TestCase: a scratch folder, a service of answers by id, the program
    main()            runs the tests of the calling file: FILE PROGRAM LOOPBACK SOURCE_FOLDER
"""

import http.server
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import unittest

PROGRAM = LOOPBACK = SOURCE = None
KEY = "a-key-of-some-length"
EVIL = "\x1b[2Jred\u009b31m \u202etfel\x7f"
PICTURE = bytes.fromhex("89504e470d0a1a0a0000000d494844520000000300000002080200000012160a7d")
LIMIT_S = 300  # for one run: ends a test that hangs, and no other


def envelope(results, total=1, status=1, error="OK", offset=0, limit=100):
    count = len(results) if isinstance(results, list) else 1
    return {
        "error": error,
        "limit": limit,
        "offset": offset,
        "number_of_page_results": count,
        "number_of_total_results": total,
        "status_code": status,
        "results": results,
    }


def issue(number):
    name = EVIL if number == 66 else "Issue \u00bd, \"%d\"\nof many" % number
    return {
        "id": number,
        "name": name,
        "issue_number": str(number),
        "cover_date": "2001-02-03",
        "volume": {"id": 7, "name": "V\u00f6lume \u6708", "api_detail_url": "x"},
        "aliases": None,
        "person_credits": [{"id": 1, "name": "A"}, {"id": 2, "name": "B"}],
    }


class Answers(http.server.BaseHTTPRequestHandler):
    """Issues below 1000; what stands for others is the id: 420 is a limit, 403 a ban, and so on."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def send(self, status, body, headers=(), kind="application/json"):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if "Content-Length" not in dict(headers):
            self.send_header("Content-Length", str(len(data)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def one(self, number):
        if number == 420:
            body = envelope([], 0, 107, "Rate limit exceeded.")
            self.send(420, body, [("Retry-After", "3600")])
        elif number == 403:
            self.send(403, b"<html><title>Abnormal Traffic</title></html>", kind="text/html")
        elif number == 404:
            self.send(200, envelope([], 0, 101, "Object Not Found"))
        elif number == 500:
            self.send(500, b"broken", kind="text/plain")
        elif number == 502:
            self.send(200, b'{"status_code": 1, "results": "cut', kind="application/json")
        elif number in (700, 701, 702, 703):
            base = "http://127.0.0.1:%d/image/" % self.server.server_address[1]
            sizes = {"medium_url": base + "%d-m" % number, "super_url": base + "%d-s" % number}
            self.send(200, envelope(dict(issue(number), image=sizes)))
        elif number == 600:
            self.server.asked.set()
            self.server.hang.wait(LIMIT_S)  # never answers
            self.close_connection = True
        else:
            self.send(200, envelope(issue(number)))

    def page(self, query):
        wanted = re.search(r"filter=id%3A([0-9%7C]+)", query)
        offset = int((re.search(r"offset=(\d+)", query) or [0, 0])[1])
        limit = int((re.search(r"limit=(\d+)", query) or [0, 100])[1])
        ids = range(1, self.server.issues + 1)
        if wanted:
            ids = [int(i) for i in wanted[1].split("%7C") if int(i) != 404]
        part = [issue(i) for i in ids[offset : offset + limit]]
        self.send(200, envelope(part, len(ids), offset=offset, limit=limit))

    def image(self, path):
        if "701" in path:
            self.send(403, b"<html>no</html>", kind="text/html")
        elif "702" in path:
            self.send(200, b"<html>no picture</html>", kind="image/png")
        elif "703" in path:
            self.send(200, PICTURE, [("Content-Length", "100000")], kind="image/png")
            self.server.asked.set()
            self.server.hang.wait(LIMIT_S)  # the rest never comes
            self.close_connection = True
        else:
            self.send(200, PICTURE + path.encode(), kind="image/png")

    def do_GET(self):
        path, _, query = self.path.partition("?")
        self.server.seen.append(path + "?" + query.replace(KEY, "***"))
        one = re.fullmatch(r"/api/issue/4000-(\d+)/", path)
        if path.startswith("/image/"):
            self.image(path)
        elif "api_key=" + KEY not in query:
            self.send(401, envelope([], 0, 100, "Invalid API Key"))
        elif one:
            self.one(int(one[1]))
        elif path == "/api/promos/" and self.server.hangs_promos:
            self.one(600)
        elif path == "/api/issues/":
            self.page(query)
        else:
            self.send(404, b"not here", kind="text/plain")


class Service(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answers)
        self.seen = []
        self.issues = 12
        self.hangs_promos = False
        self.asked = threading.Event()
        self.hang = threading.Event()
        self.thread = threading.Thread(target=self.serve_forever)
        self.thread.start()

    def handle_error(self, request, client_address):
        pass  # a client that was interrupted

    @property
    def url(self):
        return "http://127.0.0.1:%d/api" % self.server_address[1]

    def stop(self):
        self.hang.set()
        self.shutdown()
        self.thread.join()
        self.server_close()


class Scene(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="comicvine-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.service = Service()
        self.addCleanup(self.service.stop)
        self.files = 0
        self.database = self.fresh_database()

    def fresh_database(self):
        """No request waits for the one before where each has a file of its own."""
        self.files += 1
        self.database = self.path("%d.db" % self.files)
        return self.database

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text, mode=0o600):
        path = self.path(name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def environment(self, **changes):
        base = {
            "PATH": os.environ["PATH"],
            "HOME": self.folder,
            "COMIC_VINE_API_KEY": KEY,
            "COMICVINE_BASE_URL": self.service.url,
            "COMICVINE_DATABASE": self.database,
        }
        for name in ("ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                base[name] = os.environ[name]
        base.update(changes)
        return {name: value for name, value in base.items() if value is not None}

    def start(self, *words, environment=None, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        return subprocess.Popen(
            [PROGRAM, *words], env=environment or self.environment(), **options
        )

    def run_program(self, *words, status=0, text=None, environment=None, **options):
        """Runs it, and compares the status; what it wrote is in .out and .err."""
        if text is not None:
            options["stdin"] = subprocess.PIPE
        child = self.start(*words, environment=environment, **options)
        out, err = child.communicate(None if text is None else text.encode(), timeout=LIMIT_S)
        child.out = (out or b"").decode()
        child.err = (err or b"").decode()
        self.assertEqual(child.returncode, status, (words, child.out, child.err))
        return child

    def error_of(self, child):
        """The one error, as JSON."""
        lines = child.err.splitlines()
        self.assertEqual(len(lines), 1, child.err)
        return json.loads(lines[0])["error"]

    def query_database(self, sql):
        connection = sqlite3.connect(self.database)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def jq(self, program, text):
        if not shutil.which("jq"):
            self.skipTest("jq is not there")
        done = subprocess.run(
            ["jq", "-c", program], input=text.encode(), stdout=subprocess.PIPE, check=True
        )
        return done.stdout.decode().split("\n")[:-1]


def main():
    global PROGRAM, LOOPBACK, SOURCE
    PROGRAM, LOOPBACK, SOURCE = sys.argv[1:4]
    unittest.main(module="__main__", argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
