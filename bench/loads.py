"""Loads, each from one process: requests by wrk, or at a fixed rate by oha, and those for which there is no ready tool: handshakes, streams of messages,
and connections that do nothing."""

import atexit
import http.client
import json
import os
import re
import selectors
import signal
import socket
import ssl
import subprocess
import time

# How many connections a second come to stay, where it is not said.
ARRIVALS = 400
# The only byte of its kind in a message.
MARK = b"!"


class Unserved(Exception):
    """A server did not answer as it should."""


def connect(address: str) -> socket.socket:
    host, port = address.split(":")
    connection = socket.create_connection((host, int(port)), timeout=30)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def request(connection: socket.socket, *fields: str, path: str = "/hello", host: str = "localhost") -> None:
    lines = [f"GET {path} HTTP/1.1", f"Host: {host}", *fields]
    connection.sendall("".join(f"{line}\r\n" for line in [*lines, ""]).encode())


def answer(connection: socket.socket, status: bytes = b"200") -> bytes:
    """The head of an answer and what came with it."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            raise Unserved(received)
        received += piece
    if not received.startswith(b"HTTP/1.1 " + status):
        raise Unserved(received)
    return received


def handshakes(address: str, trusting: ssl.SSLContext, seconds: float, resumed: bool) -> int:
    """Connects again and again for a request each, and returns how often. A resumed session is that of the connection before."""
    count, session, end = 0, None, time.monotonic() + seconds
    while time.monotonic() < end:
        with connect(address) as plain, trusting.wrap_socket(plain, session=session) as connection:
            if session is not None and not connection.session_reused:
                raise Unserved(f"{address} does not resume sessions")
            request(connection, "Connection: close")
            answer(connection)
            while connection.recv(65536):
                pass
            # The tickets have come before the answer.
            session = connection.session if resumed else None
        count += 1
    return count


def percentiles(url: str, connections: int, rate: int, seconds: int, *options: str) -> dict:
    """Latencies in seconds, by `p50` and so on. Requests are sent at their times, spread over the second, whether or not those before are
    answered, and the latency of one counts from when it was due."""
    load = Steady(url, connections, rate, f"-z{seconds}s", *options)
    latencies, lost = load.result()
    if lost:
        raise Unserved(lost)
    return latencies


class Steady:
    """Requests at a fixed rate, by oha, for a time that is one of its options or until they are stopped."""

    def __init__(self, url: str, connections: int, rate: int, *options: str):
        command = ["oha", "--no-tui", "--output-format=json", "--latency-correction", f"-c{connections}", f"-q{rate}", *options, url]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        # Also when something goes wrong before it is stopped.
        atexit.register(self.process.kill)

    def stop(self) -> tuple:
        self.process.send_signal(signal.SIGINT)
        return self.result()

    def result(self) -> tuple:
        """Latencies in seconds, by `p50` and so on, and how many requests were answered with something else than 200, or not, by what was said."""
        output, _ = self.process.communicate()
        atexit.unregister(self.process.kill)
        result = json.loads(output)
        lost = result["statusCodeDistribution"] | result["errorDistribution"]
        # Those still on their way at the end are no answers.
        return result["latencyPercentiles"], {why: count for why, count in lost.items() if why not in ("200", "aborted due to deadline")}


def ask(address: str, method: str, path: str, body: bytes | None = None) -> bytes:
    """What is answered to a request of an operator's, whose body is JSON."""
    connection = http.client.HTTPConnection(address, timeout=60)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
        response = connection.getresponse()
        answered = response.read()
        if response.status != 200:
            raise Unserved(f"{method} {path}: {response.status} {answered[:300]}")
        return answered
    finally:
        connection.close()


def wrk(url: str, connections: int, seconds: int, *options: str, **environment: str) -> tuple:
    """Requests that were answered, and how many a second: as many as there can be, of a script that may be among the options."""
    command = ["wrk", "-t2", f"-c{connections}", f"-d{seconds}s", *options, url]
    output = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **environment}).stdout
    if "Non-2xx" in output or "Socket errors" in output:
        raise Unserved(output)
    return int(re.search(r"(\d+) requests in", output)[1]), float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1])


def stay(address: str, count: int, trusting: ssl.SSLContext | None = None, arrivals: int = ARRIVALS) -> list:
    """Connections that have been served once each, and came one after the other."""
    connections, began = [], time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, began + number / arrivals - time.monotonic()))
        connection = connect(address)
        connections.append(trusting.wrap_socket(connection) if trusting else connection)
        request(connections[-1])
        answer(connections[-1])
    return connections


class Streams:
    """Connections on which a server sends messages by itself."""

    def __init__(self, address: str, count: int, websocket: bool, path: str = "/events"):
        self.selector, self.connections = selectors.DefaultSelector(), []
        fields = ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="]
        for _ in range(count):
            self.connections.append(connect(address))
            request(self.connections[-1], *(fields if websocket else []), path=path)
            if websocket:
                answer(self.connections[-1], b"101")
        for connection in self.connections:
            if not websocket:
                # Only now: some hold a head back until the first message comes.
                answer(connection)
            connection.setblocking(False)
            self.selector.register(connection, selectors.EVENT_READ)

    def count(self, seconds: float) -> int:
        """Messages that have come within this time."""
        messages, end = 0, time.monotonic() + seconds
        while time.monotonic() < end:
            for key, _ in self.selector.select(timeout=0.1):
                piece = key.fileobj.recv(65536)
                if not piece:
                    raise Unserved("a stream has ended")
                messages += piece.count(MARK)
        return messages

    def close(self) -> None:
        self.selector.close()
        for connection in self.connections:
            connection.close()
