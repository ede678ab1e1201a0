"""The Flask application under wsgiref: a server of HTTP/1.0 that makes variables of fields as CGI does (RFC 3875)."""

import os
from wsgiref.simple_server import WSGIRequestHandler, make_server

from flask_app import app


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        pass


make_server("127.0.0.1", int(os.environ["PORT"]), app, handler_class=Quiet).serve_forever()
