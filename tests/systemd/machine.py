"""What the checks do with the machine that they run in: its systemd, its packages, the gateway's ports."""

import http.client
import json
import os
import socket
import ssl
import subprocess
import threading
import time
from pathlib import Path

CONFIG = Path("/etc/fngate/fngate.toml")
DROP_IN = Path("/run/systemd/system/fngate.service.d/checks.conf")
UNIT = "fngate.service"


def run(*command, fails=False):
    """The output of a command that has to succeed, or to fail."""
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
    )
    assert (done.returncode != 0) == fails, f"{command} left {done.returncode}: {done.stdout}"
    return done.stdout


def eventually(what, condition, patience=30):
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError(f"it never happened: {what}")


def show(name, unit=UNIT):
    return run("systemctl", "show", "--property", name, "--value", unit).strip()


def main_pid():
    return int(show("MainPID"))


def drop_in(text):
    """Settings of the service in place of those before."""
    DROP_IN.parent.mkdir(parents=True, exist_ok=True)
    DROP_IN.write_text(text)
    run("systemctl", "daemon-reload")


def now():
    """The time of the journal."""
    return time.time_ns() // 1000


def journal(since):
    """The messages of the unit since a time, those of systemd about it too."""
    lines = run("journalctl", "--output", "json", "--unit", UNIT).splitlines()
    entries = (json.loads(line) for line in lines)
    return [entry for entry in entries if int(entry["__REALTIME_TIMESTAMP"]) >= since]


def get(path="/", port=8080, host="any.test", tls=False, file=None, timeout=30):
    """Status and body of an answer, over a connection of its own."""
    if file:
        connection = http.client.HTTPConnection("localhost", timeout=timeout)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(file))
    elif tls:
        connection = http.client.HTTPSConnection(
            "127.0.0.1", port, timeout=timeout, context=ssl._create_unverified_context()
        )
    else:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path, headers={"Host": host, "Connection": "close"})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def answers(**where):
    try:
        return get(**where)[0] == 200
    except OSError:
        return False


class Clients:
    """Four that connect, ask and leave, again and again; counts what became of it."""

    def __init__(self, port):
        self.port, self.good, self.failures, self.longest, self.over = port, 0, [], 0.0, False
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.ask, daemon=True) for _ in range(4)]

    def ask(self):
        while not self.over:
            begun = time.monotonic()
            try:
                status, _ = get(port=self.port)
            except Exception as error:
                status = repr(error)
            with self.lock:
                self.longest = max(self.longest, time.monotonic() - begun)
                if status == 200:
                    self.good += 1
                else:
                    self.failures.append(status)

    def are_served(self):
        enough = self.good + 20
        eventually("clients are served", lambda: self.good > enough)

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        self.are_served()
        return self

    def __exit__(self, *_):
        self.are_served()
        self.over = True
        for thread in self.threads:
            thread.join()


class Function:
    """A web function that answers after as many seconds as the path says."""

    def __init__(self, file):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(file))
        self.socket.listen(100)
        self.asked = threading.Semaphore(0)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            connection, _ = self.socket.accept()
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection, connection.makefile("rb") as lines:
            seconds = float(lines.readline().split()[1].decode().rsplit("/", 1)[1] or 0)
            while lines.readline().strip():
                pass
            self.asked.release()
            time.sleep(seconds)
            try:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ndone")
            except OSError:
                pass
