"""Reads rules and targets, one pair a line, and answers each with the paths that WSGI applications see.

The target goes through the request parser of http.server and Werkzeug's environ, and through gunicorn's. The rule becomes one
of Werkzeug's, and a path that it does not match is answered with a question mark as well. A path is written with its segments
escaped. What is redirected comes back as another request, and so is no view.
"""

import io
import logging
import sys
import types
from urllib.parse import quote, unquote_to_bytes

from gunicorn.util import split_request_uri, unquote_to_wsgi_str
from werkzeug.exceptions import NotFound
from werkzeug.routing import Map, PathConverter, RequestRedirect, Rule
from werkzeug.serving import WSGIRequestHandler

logging.disable(logging.CRITICAL)


class Handler(WSGIRequestHandler):
    """The handler of a connection without the connection."""

    def __init__(self):
        self.client_address = ("127.0.0.1", 1)
        self.connection = None
        self.server = types.SimpleNamespace(
            ssl_context=None, multithread=False, multiprocess=False, server_address=("127.0.0.1", 80), _server_version="test"
        )

    def send_error(self, *_details):
        raise ValueError("refused")

    def read(self, target: str) -> dict:
        self.raw_requestline = b"GET " + target.encode("latin-1") + b" HTTP/1.1\r\n"
        self.rfile = io.BytesIO(b"\r\n")
        if not self.parse_request():
            raise ValueError("refused")
        return self.make_environ()


def in_werkzeug(handler: Handler, target: str) -> str:
    return handler.read(target)["PATH_INFO"]


def in_gunicorn(_handler: Handler, target: str) -> str:
    return unquote_to_wsgi_str(split_request_uri(target).path)


def rules(text: str) -> list:
    exact = text.startswith("=")
    segments = text.lstrip("=")[1:].split("/")
    parts = []
    for index, segment in enumerate(segments):
        if segment.endswith("+}"):
            parts.append(f"<path:p{index}>")
        elif segment.startswith("{"):
            parts.append(f"<p{index}>")
        else:
            parts.append(unquote_to_bytes(segment).decode("utf-8", "replace"))
    path = "/" + "/".join(parts)
    if exact or text.endswith("+}"):
        return [path]
    base = path.rstrip("/")
    return sorted({path, f"{base}/"}) + [f"{base}/<path:more>"]


class Rest(PathConverter):
    """The converter `path`, which stops at a line feed otherwise."""

    regex = r"[^/][\s\S]*?"


class Matcher:
    """One rule as Werkzeug matches it."""

    def __init__(self, text: str):
        self.map = Map([Rule(rule, endpoint=rule) for rule in rules(text)], converters={"path": Rest})
        self.adapter = self.map.bind("localhost")

    def matches(self, path_info: str) -> bool:
        # As `Map.bind_to_environ` does.
        path = path_info.encode("latin-1").decode("utf-8", "replace")
        try:
            self.adapter.match(path, "GET")
        except RequestRedirect:
            return True
        except NotFound:
            return False
        return True


def main() -> None:
    handler, matchers = Handler(), {}
    answers = []
    for line in sys.stdin:
        rule, target = line.rstrip("\n").split("\t")
        if rule not in matchers:
            matchers[rule] = Matcher(rule)
        views = {}
        for read in (in_werkzeug, in_gunicorn):
            try:
                path_info = read(handler, target)
            except ValueError:
                continue
            path = path_info.encode("latin-1")
            view = "/".join(quote(segment, safe="") for segment in path.split(b"/"))
            views[view if view.startswith("/") else "/" + view] = matchers[rule].matches(path_info)
        found = [view if matched else "?" + view for view, matched in views.items()]
        answers.append(" ".join(found) or "!")
        if len(answers) == 100:
            sys.stdout.write("\n".join(answers) + "\n")
            sys.stdout.flush()
            answers = []


main()
