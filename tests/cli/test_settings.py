#!/usr/bin/env python3
"""Where settings and the key come from, and who wins."""

import json
import os
import re
import subprocess

import scene


class Settings(scene.Scene):
    def configure(self, text, mode=0o600):
        os.makedirs(self.path("xdg/comicvine"), exist_ok=True)
        return self.write("xdg/comicvine/config", text, mode)

    def bare(self, **changes):
        """Nothing but a configuration, where there is one."""
        names = ("COMIC_VINE_API_KEY", "COMICVINE_BASE_URL", "COMICVINE_DATABASE")
        settings = dict.fromkeys(names)
        settings["XDG_CONFIG_HOME"] = self.path("xdg")
        settings.update(changes)
        return self.environment(**settings)

    def usual(self):
        return "base_url = %s\ndatabase = %s\n" % (self.service.url, self.database)

    def get(self, *words, status=0, environment=None, **options):
        return self.run_program(
            "get", "issue", "52", "--jsonl=id", *words, status=status,
            environment=environment or self.bare(), **options
        )

    def test_a_configuration_is_enough(self):
        self.configure("# all there is\n" + self.usual() + "api_key = %s\n" % scene.KEY)
        self.assertEqual(self.get().out, '{"id":52}\n')

    def test_names_with_dashes_and_flags(self):
        self.configure("base-url = %s\ndatabase = %s\noffline = yes\n" % (self.service.url, self.database))
        self.get(status=8)
        self.assertEqual(self.service.seen, [])

    def test_options_win_over_environment_over_file(self):
        self.configure("base_url = http://127.0.0.1:1/file\ndatabase = %s\n" % self.database)
        keyed = {"COMIC_VINE_API_KEY": scene.KEY}
        wrong = "http://127.0.0.1:1/api"
        self.get(environment=self.bare(COMICVINE_BASE_URL=self.service.url, **keyed))
        self.fresh_database()
        self.get(
            "--base-url", self.service.url, environment=self.bare(COMICVINE_BASE_URL=wrong, **keyed)
        )
        self.fresh_database()
        error = self.get(
            "--database", self.database, environment=self.bare(**keyed), status=6
        ).err
        self.assertIn("network", error)

    def test_another_file_and_none(self):
        other = self.write("other", self.usual() + "api_key = %s\n" % scene.KEY)
        self.configure("this is wrong\n")
        self.get("--config", other)
        self.get(environment=self.bare(COMICVINE_CONFIG=other))
        self.get("--ignore-config", status=4)

    def test_what_is_wrong_is_said_with_its_place(self):
        for text, said in (
            ("quiet = yes\nnonsense\n", ":2: a line is written name = value"),
            ("unheard_of = 1\n", ":1: there is no setting unheard_of"),
            ("timeout = soon\n", ":1: timeout must be a duration"),
            ("progress = sometimes\n", ":1: progress must be auto, always or never"),
            ("no_wait = perhaps\n", ":1: no-wait must be yes or no"),
            ("verbose = much\n", ":1: verbose must be a number from 0"),
            ("json = id\n", ":1: there is no setting json"),
            ("api_key_stdin = yes\n", ":1: there is no setting api_key_stdin"),
            ("quiet = perhaps\n", ":1: quiet must be yes or no"),
        ):
            path = self.configure(text)
            self.assertIn(path + said, self.error_of(self.get(status=2))["message"])
        self.assertIn("cannot read", self.get("--config=" + self.path("absent"), status=2).err)
        self.assertIn("cannot read", self.get("--config=" + self.folder, status=2).err)

    def test_a_key_that_others_may_read(self):
        for mode, is_warned in ((0o600, False), (0o640, True), (0o604, True)):
            self.configure(self.usual() + "api_key = %s\n" % scene.KEY, mode)
            child = self.get("--table")
            self.assertEqual("chmod 600" in child.err, is_warned, oct(mode))
            self.assertNotIn(scene.KEY, child.err)
        self.assertEqual(self.get("--table", "--quiet").err, "")
        self.configure(self.usual(), 0o644)  # no key, nothing to hide
        self.assertEqual(self.get(environment=self.bare(COMIC_VINE_API_KEY=scene.KEY)).err, "")

    def test_names_of_the_key(self):
        self.configure(self.usual() + "api_key = wrong\n")
        for name in ("COMIC_VINE_API_KEY", "COMICVINE_API_KEY", "COMICVINE__API_KEY"):
            self.configure(self.usual() + "api_key = wrong\n")
            self.get("--refresh", environment=self.bare(**{name: scene.KEY}))
            self.fresh_database()
        both = self.bare(COMIC_VINE_API_KEY=scene.KEY, COMICVINE_API_KEY="wrong")
        self.get("--database", self.database, environment=both)

    def test_a_key_in_a_file(self):
        path = self.write("key", "  %s \nsecond line\n" % scene.KEY)
        self.configure(self.usual())
        self.get("--api-key-file", path, environment=self.bare(COMIC_VINE_API_KEY="wrong"))
        self.assertIn("cannot read", self.get("--api-key-file=/absent", status=4).err)
        self.assertNotIn("chmod", self.get("--api-key-file", path).err)
        os.chmod(path, 0o640)
        self.assertIn("chmod 600", self.get("--api-key-file", path).err)
        pipe = 'printf "%s\\n" "$1" | "$0" get issue 52 --api-key-file /dev/stdin'
        said = subprocess.run(
            ["/bin/sh", "-c", pipe, scene.PROGRAM, scene.KEY],
            env=self.bare(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True,
        )
        self.assertEqual(said.stderr, b"")
        os.chmod(path, 0o600)
        self.assertIn("no API key in", self.get("--api-key-file=/dev/null", status=4).err)
        self.configure(self.usual() + "api_key_file = %s\n" % path)
        self.get("--refresh")

    def test_a_key_on_standard_input(self):
        self.configure(self.usual())
        self.get("--api-key-stdin", text=scene.KEY + "\n")
        self.assertIn("no API key on standard", self.get("--api-key-stdin", text="", status=4).err)

    def test_a_key_from_a_command(self):
        path = self.write("key", scene.KEY)
        self.configure(self.usual() + "api_key_command = cat '%s' | tr -d x\n" % path)
        self.get()
        self.configure(self.usual() + "api_key_command = echo %s; exit 1\n" % scene.KEY)
        error = self.error_of(self.get("--refresh", status=4))
        self.assertIn("has failed", error["message"])

    def test_the_key_is_in_no_list_of_processes_and_no_file(self):
        self.get("-vv", environment=self.environment())
        child = self.get("-vv", "--refresh", environment=self.environment())
        self.assertNotIn(scene.KEY, child.err)
        for name in os.listdir(self.folder):
            if os.path.isfile(self.path(name)):
                with open(self.path(name), "rb") as file:
                    self.assertNotIn(scene.KEY.encode(), file.read(), name)

    def test_a_proxy(self):
        """The service stands in for one: what comes by it names the whole address."""
        proxy = self.service.url[: -len("/api")]
        far = "http://nobody.invalid/api"
        by = {"COMICVINE_BASE_URL": far, "no_proxy": None}
        for words, environment in (
            (("--proxy", proxy), {}),
            ((), {"http_proxy": proxy}),
            ((), {"http_proxy": proxy[len("http://") :]}),
            ((), {"ALL_PROXY": proxy + "/"}),
        ):
            self.fresh_database()
            self.service.seen.clear()
            self.get(*words, status=3, environment=self.environment(**by, **environment))
            self.assertTrue(self.service.seen[0].startswith("http://nobody.invalid/api/issue/"))
        self.fresh_database()
        self.get("--proxy=", environment=self.environment(http_proxy="http://127.0.0.1:1"))
        self.fresh_database()
        self.get(environment=self.environment(http_proxy="http://127.0.0.1:1", NO_PROXY="127.0.0.1"))
        self.get("--refresh", "--proxy=ftp://p", status=2, environment=self.environment())
        secret = "http://user:word@127.0.0.1:1"
        for words in (("config", "--proxy", secret), ("doctor", "--proxy", secret)):
            child = self.start(*words)
            out, err = child.communicate(timeout=scene.LIMIT_S)
            self.assertNotIn(b"word@", out + err)
            self.assertIn(b"127.0.0.1:1", out)

    def test_certificates_of_ones_own(self):
        keyed = self.environment()
        self.assertIn("there is no /absent", self.get("--ca-file=/absent", environment=keyed, status=2).err)
        path = self.write("ca.pem", "no certificate\n")
        self.get("--ca-file", path, "--base-url=https://127.0.0.1:1/api", environment=keyed, status=6)

    def test_a_setting_that_is_nearly_one(self):
        self.configure("max_wiat = 1\ntimout = 3s\n")
        self.assertIn("there is no setting max_wiat", self.get(status=2).err)
        self.configure("timout = 3s\n")
        self.assertIn("is timeout meant?", self.get(status=2).err)

    def test_how_old_it_may_be(self):
        keyed = self.environment()
        self.get(environment=keyed)
        for age, requests in (("1d", 1), ("0", 2), ("0s", 3)):
            self.get("--max-age=" + age, environment=keyed)
            self.assertEqual(len(self.service.seen), requests, age)
        self.get("--max-age=500ms", environment=keyed)
        self.assertIn('"requests":1', self.run_program("get", "issue", "52", "-n", "--max-age=0").out)
        self.configure(self.usual() + "max_age = 0\n")
        self.get(environment=self.bare(COMIC_VINE_API_KEY=scene.KEY))
        said = self.error_of(self.get("--timeout=0", environment=keyed, status=2))["message"]
        self.assertEqual(
            said, "--timeout: timeout must be a duration such as 90s, 15m, 2h or 1d, from 1ms"
        )

    def test_verbosity(self):
        keyed = self.environment()
        self.assertEqual(self.get(environment=keyed).err, "")
        self.assertIn("info: ", self.get("-v", "--refresh", environment=keyed).err)
        self.assertIn("debug: ", self.get("-v", "-v", "--refresh", environment=keyed).err)

    def test_help_and_version(self):
        for words in (("help",), ("--help",), ("-h",)):
            text = self.run_program(*words).out
            self.assertIn("Examples:", text.splitlines()[3])
            self.assertIn("  130  Ctrl-C", text)
        for words in (("help", "get"), ("get", "--help"), ("get", "issue", "-h")):
            text = self.run_program(*words).out
            self.assertEqual(text.splitlines()[2], "Examples:")
            self.assertIn("--max-age=TIME", text)
            self.assertNotIn("--api-key=", text)
        self.assertIn("is search meant?", self.run_program("help", "serach", status=2).err)

    def test_help_fits_a_terminal(self):
        overview = self.run_program("help").out
        commands = re.search("\nCommands:\n(.*?)\n\n", overview, re.DOTALL)[1]
        names = re.findall("^  ([a-z-]+) ", commands, re.MULTILINE)
        self.assertGreater(len(names), 10)
        for words in [()] + [(name,) for name in names]:
            for line in self.run_program("help", *words).out.splitlines():
                self.assertLessEqual(len(line), 80, (words, line))

    def test_versions(self):
        number = r" \d+\.\d+\.\d+\S*\n"
        names = ("comicvine", "libcomicvine", "libcurl", "SQLite")
        told = self.run_program("--version").out
        self.assertRegex(told, "^" + "".join(name + number for name in names) + "$")
        rows = json.loads(self.run_program("doctor", "--no-network", "--json").out)
        details = {row["check"]: row["detail"] for row in rows}
        for name in ("SQLite", "libcurl"):
            self.assertIn("\n%s %s\n" % (name, details[name]), told)

    def test_without_libcurl(self):
        """The library is loaded when it is wanted: what is no library lies where it is looked for."""
        linked = subprocess.run(["ldd", scene.PROGRAM], stdout=subprocess.PIPE, check=True).stdout
        library = re.search(rb"libcomicvine\S* => (\S+)", linked)
        if not library or b"libcurl" in linked:
            self.skipTest("the program is linked to libcurl")
        with open(library[1], "rb") as file:
            name = re.search(rb'"soname":\["([^"]+)"', file.read())[1].decode()
        self.write(name, "no library")
        lacking = self.environment(LD_LIBRARY_PATH=self.folder)
        told = self.run_program("--version", environment=lacking).out
        self.assertIn("\nlibcurl is not there\n", told)
        run = self.run_program("doctor", "--no-network", "--json", status=6, environment=lacking)
        row = next(row for row in json.loads(run.out) if row["check"] == "libcurl")
        self.assertEqual(row["state"], "failed")
        self.assertIn(name, row["detail"])


if __name__ == "__main__":
    scene.main()
