"""A function that answers at once, or slowly and in two framings: serve.py PORT."""

import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PIECES = 1000
PIECE = b"x" * 100


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        if self.path == "/chunked":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.stream(lambda piece: b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.write(b"0\r\n\r\n")
        elif self.path == "/sized":
            self.send_header("Content-Length", str(PIECES * len(PIECE)))
            self.end_headers()
            self.stream(lambda piece: piece)
        else:
            body = b"served " + self.path.encode()
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def stream(self, framed):
        for _ in range(PIECES):
            self.wfile.write(framed(PIECE))
            self.wfile.flush()
            time.sleep(0.05)

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
