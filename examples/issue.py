#!/usr/bin/env python3
"""Prints an issue, from Python: the shared library by way of ctypes, without anything in between.

usage: issue.py ISSUE [BASE_URL [DATABASE]]      the key comes from COMIC_VINE_API_KEY

ISSUE is an id or the address of a page: 52, 4000-52, https://comicvine.gamespot.com/.../4000-52/
COMICVINE_LIBRARY names the shared library where the system does not find it.

Records cross the border as JSON (cv_record_json), so that their structs need not be written down
here; of the two structs that are, options need no more than their first members, as `size` says how
many there are.
"""
import ctypes
import ctypes.util
import json
import os
import sys

CV_PRIORITY_USER = 1


class Options(ctypes.Structure):
    """The beginning of cv_options; what is left out has its default."""

    _fields_ = [
        ("size", ctypes.c_size_t),
        ("api_key", ctypes.c_char_p),
        ("base_url", ctypes.c_char_p),
        ("database", ctypes.c_char_p),
        ("application", ctypes.c_char_p),
    ]


class Error(ctypes.Structure):
    """cv_error."""

    _fields_ = [
        ("code", ctypes.c_int),
        ("http_status", ctypes.c_int),
        ("api_status", ctypes.c_int),
        ("retryable", ctypes.c_bool),
        ("retry_after_ms", ctypes.c_int64),
        ("message", ctypes.c_char * 256),
    ]


# Without these ctypes takes everything for an int, and cuts pointers in half. Handles and texts
# that are to be freed are c_void_p: a c_char_p would come back as a copy, the pointer lost.
SIGNATURES = {
    "cv_client_open": (ctypes.c_void_p, [ctypes.POINTER(Options)]),
    "cv_client_close": (None, [ctypes.c_void_p]),
    "cv_resource_from_name": (ctypes.c_int, [ctypes.c_char_p]),
    "cv_id_parse": (ctypes.c_bool, [ctypes.c_char_p, ctypes.c_int, ctypes.POINTER(ctypes.c_int64)]),
    "cv_retrieve": (ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_int, ctypes.c_int64, ctypes.c_int]),
    "cv_record_json": (ctypes.c_void_p, [ctypes.c_void_p]),
    "cv_record_free": (None, [ctypes.c_void_p]),
    "cv_free": (None, [ctypes.c_void_p]),
    "cv_last_error": (ctypes.POINTER(Error), []),
    "cv_code_name": (ctypes.c_char_p, [ctypes.c_int]),
}


def load_library():
    """The shared library with its signatures declared."""
    name = os.environ.get("COMICVINE_LIBRARY") or ctypes.util.find_library("comicvine")
    if name is None:
        raise OSError("libcomicvine is not installed; COMICVINE_LIBRARY may name it")
    library = ctypes.CDLL(name)
    for function, (result, arguments) in SIGNATURES.items():
        getattr(library, function).restype = result
        getattr(library, function).argtypes = arguments
    return library


class ComicVineError(Exception):
    """What a call failed with: `code` is the name of a cv_code, `retry_after_s` None or a time."""

    def __init__(self, library):
        error = library.cv_last_error().contents
        super().__init__(error.message.decode())
        self.code = library.cv_code_name(error.code).decode()
        self.retry_after_s = error.retry_after_ms / 1000 if error.retry_after_ms > 0 else None


class Client:
    """A client; a context manager, which closes it."""

    def __init__(self, api_key, base_url=None, database=None):
        self._library = load_library()
        options = Options(
            size=ctypes.sizeof(Options),
            api_key=api_key.encode() if api_key else None,
            base_url=base_url.encode() if base_url else None,
            database=os.fsencode(database) if database else None,
            application=b"issue.py/1.0",
        )
        self._client = self._library.cv_client_open(options)
        if not self._client:
            raise ComicVineError(self._library)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._library.cv_client_close(self._client)
        self._client = None

    def parse_id(self, resource, text):
        """The id in "52", "4000-52" or an address."""
        number = ctypes.c_int64()
        kind = self._library.cv_resource_from_name(resource.encode())
        if not self._library.cv_id_parse(text.encode(), kind, number):
            raise ValueError(f"{text} is no id of {resource}")
        return number.value

    def retrieve(self, resource, number):
        """The object as a dict, under the service's names."""
        kind = self._library.cv_resource_from_name(resource.encode())
        record = self._library.cv_retrieve(self._client, kind, number, CV_PRIORITY_USER)
        if not record:
            raise ComicVineError(self._library)
        try:
            return json.loads(self._take_text(self._library.cv_record_json(record)))
        finally:
            self._library.cv_record_free(record)

    def _take_text(self, pointer):
        if not pointer:
            raise MemoryError
        try:
            return ctypes.string_at(pointer).decode()
        finally:
            self._library.cv_free(pointer)


def print_issue(issue):
    """Members may be None, or lacking, where the service has nothing."""
    volume = (issue.get("volume") or {}).get("name")
    print(f"{volume or '-'} #{issue.get('issue_number') or '-'}: {issue.get('name') or '-'}")
    print(f"cover date: {issue.get('cover_date') or '-'}")
    for credit in issue.get("person_credits") or []:
        print(f"{credit['role']}: {credit['name']}")


def main(arguments):
    if not 1 <= len(arguments) <= 3:
        print(f"usage: {sys.argv[0]} ISSUE [BASE_URL [DATABASE]]", file=sys.stderr)
        return 2
    try:
        with Client(os.environ.get("COMIC_VINE_API_KEY"), *arguments[1:]) as client:
            print_issue(client.retrieve("issue", client.parse_id("issue", arguments[0])))
    except (ComicVineError, OSError, ValueError) as error:
        print(error, file=sys.stderr)
        if getattr(error, "retry_after_s", None):
            print(f"try again in {error.retry_after_s:.0f} s", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
