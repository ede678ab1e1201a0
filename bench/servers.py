"""The servers of a benchmark: how each is started, from the templates in peers/, and what it has used."""

import atexit
import contextlib
import importlib.util
import os
import pathlib
import re
import signal
import socket
import ssl
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
TICKS = 100
# Seconds that a server has to leave by itself.
LEAVE = 30
# What is said of the access log: without one, and with it. HAProxy writes to sockets and descriptors only, here to its standard output, a file.
LOG = {
    "nginx": ("off", "FOLDER/nginx.access json buffer=32k flush=1s"),
    "HAProxy": ("", (
        "log fd@1 format raw local0\n    capture request header Host len 64\n    capture request header User-Agent len 128\n"
        """    log-format '{"time":"%tr","request_id":"%ID","client":"%ci","host":"%[capture.req.hdr(0)]","method":"%HM","path":"%HPO",'"""
        """'"status":%ST,"bytes_in":%U,"bytes_out":%B,"duration_ms":%Ta,"function_ms":%Tr,"instance":"%si:%sp","protocol":"%HV",'"""
        """'"user_agent":"%[capture.req.hdr(1)]"}'"""
    )),
    "Envoy": ("", (
        "access_log: [{name: file, typed_config: {'@type': type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog, "
        "path: FOLDER/envoy.access, log_format: {json_format: {time: '%START_TIME%', request_id: '%REQ(X-REQUEST-ID)%', "
        "client: '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%', host: '%REQ(:AUTHORITY)%', method: '%REQ(:METHOD)%', path: '%REQ(:PATH)%', "
        "status: '%RESPONSE_CODE%', bytes_in: '%BYTES_RECEIVED%', bytes_out: '%BYTES_SENT%', duration_ms: '%DURATION%', "
        "function_ms: '%RESPONSE_DURATION%', instance: '%UPSTREAM_HOST%', protocol: '%PROTOCOL%', user_agent: '%REQ(USER-AGENT)%'}}}}]"
    )),
    "Caddy": ("", "log {\n\t\toutput file FOLDER/caddy.access\n\t\tformat json\n\t}"),
    "Traefik": ("", '[accessLog]\nfilePath = "FOLDER/traefik.access"\nformat = "json"\nbufferingSize = 100'),
    "fngate": ("off", "FOLDER/fngate.access"),
}
# The certificate is the benchmark's own.
TRUSTING = ssl._create_unverified_context()
# The program in Envoy's wheel is behind a script, which takes its time.
WHEEL = importlib.util.find_spec("envoy")
ENVOY = str(pathlib.Path(WHEEL.origin).parent / "_bin/envoy") if WHEEL else "envoy"
NGINX = ["nginx", "-e", "FOLDER/start.log", "-p", "FOLDER", "-c", "CONFIG"]
EVENTS = [sys.executable, str(HERE / "events.py"), "ORIGIN"]
# Command and templates, in the order of the tables.
CANDIDATES = {
    "relay": (["FLOORS/relay", "ADDRESS", "ORIGIN"], []),
    "bare engine": (["FLOORS/bare", "ADDRESS", "ORIGIN"], []),
    "nginx": (NGINX, ["nginx.conf"]),
    "HAProxy": (["haproxy", "-db", "-f", "CONFIG"], ["haproxy.cfg"]),
    "Envoy": (
        [ENVOY, "-c", "CONFIG", "--concurrency", "WORKERS", "--log-level", "off", "--base-id-path", "FOLDER/id", "--use-dynamic-base-id"],
        ["envoy.yaml"],
    ),
    "Caddy": (["caddy", "run", "--config", "CONFIG", "--adapter", "caddyfile"], ["Caddyfile"]),
    "Traefik": (["traefik", "--configFile=CONFIG"], ["traefik.toml", "traefik-routes.toml"]),
    "fngate": (["BINARY", "run", "-c", "CONFIG"], ["fngate.toml"]),
}
# What each template says in the place of a word, without TLS and with it.
TLS = {
    "nginx": {
        "LISTENING": ("", "ssl http2"),
        "CERTIFICATE": ("", "ssl_certificate FOLDER/shop.pem; ssl_certificate_key FOLDER/shop.key; ssl_protocols TLSv1.3;"),
    },
    "HAProxy": {"SECURE": ("", "ssl crt FOLDER/both.pem alpn h2,http/1.1 ssl-min-ver TLSv1.3")},
    "fngate": {
        "SECURE": ("", "[[listener.tls.certificates]]\ncertificate = \"FOLDER/shop.pem\"\nkey = \"FOLDER/shop.key\"\n"),
    },
    "Envoy": {
        "SECURE": ("", (
            "transport_socket: {name: tls, typed_config: {'@type': type.googleapis.com/envoy.extensions.transport_sockets.tls.v3."
            "DownstreamTlsContext, common_tls_context: {alpn_protocols: [h2, http/1.1], tls_params: {tls_minimum_protocol_version: TLSv1_3}, "
            "tls_certificates: [{certificate_chain: {filename: FOLDER/shop.pem}, private_key: {filename: FOLDER/shop.key}}]}}}"
        )),
    },
    "Caddy": {"SCHEME": ("http", "https"), "SECURE": ("", "tls FOLDER/shop.pem FOLDER/shop.key {\n\t\tprotocols tls1.3\n\t}")},
    "Traefik": {
        "SECURE": ("", (
            "tls = {}\n[[tls.certificates]]\ncertFile = \"FOLDER/shop.pem\"\nkeyFile = \"FOLDER/shop.key\"\n"
            "[tls.options.default]\nminVersion = \"VersionTLS13\""
        )),
    },
}


def free_address() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{taken.getsockname()[1]}"


def wait_for(address: str, patience: float) -> None:
    host, port = address.split(":")
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
            return
        time.sleep(0.001)
    raise TimeoutError(f"nobody listens on {address}")


def fill(text: str, values: dict) -> str:
    # What is put in may hold words itself.
    for name, value in values.items():
        text = re.sub(rf"\b{name}\b", lambda _: value, text)
    return text


class Server:
    """A process with its configuration, made from templates. The first is the one that it is told of. It has so many seconds to listen, and two
    workers where nothing else is said."""

    def __init__(self, command: list, templates: list, folder: str, values: dict, patience: float = 10):
        values = {"WORKERS": "2", **values, "FOLDER": folder}
        for template in templates:
            path = pathlib.Path(folder, template)
            path.write_text(fill((HERE / "peers" / template).read_text(), values))
            values.setdefault("CONFIG", str(path))
        self.address = values.get("ADDRESS", values["ORIGIN"])
        # What is written in Go knows no other word for workers. The directories are fngate's: those of an installed one stay as they are.
        directories = {"STATE_DIRECTORY": folder, "RUNTIME_DIRECTORY": folder}
        environment = {**os.environ, **directories, "HOME": folder, "GOMAXPROCS": values["WORKERS"]}
        with pathlib.Path(folder, f"{self.address}.out").open("wb") as output:
            # In a group of its own, to end it with all that it starts.
            self.process = subprocess.Popen(
                [fill(part, values) for part in command], stdout=output, stderr=subprocess.DEVNULL, env=environment, process_group=0
            )
        # Also when something goes wrong before it is stopped.
        atexit.register(self.stop)
        try:
            wait_for(self.address, patience)
        except TimeoutError:
            self.stop()
            raise

    def cpu(self) -> tuple:
        """User and system time of the process and its children, in seconds."""
        user = system = 0
        for pid in tree(self.process.pid):
            with contextlib.suppress(OSError):
                fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
                user, system = user + int(fields[11]), system + int(fields[12])
        return user / TICKS, system / TICKS

    def memory(self) -> int:
        """What is resident of the process and its children and no other's, in bytes."""
        kilobytes = 0
        for pid in tree(self.process.pid):
            kilobytes += sum(map(int, re.findall(r"Private_\w+: +(\d+) kB", pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text())))
        return kilobytes << 10

    def anonymous(self) -> int:
        """What the process and its children have in memory that is no file's, in bytes. What they share counts once."""
        return 1024 * sum(of_kind(pid, "smaps_rollup", "Pss_Anon") for pid in tree(self.process.pid))

    def resident(self) -> int:
        """All that is resident of the process and its children, in bytes. What they share counts for each."""
        return 1024 * sum(of_kind(pid, "status", "VmRSS") for pid in tree(self.process.pid))

    def stop(self) -> None:
        """Ends the process, and what it has started. Those that are busy with a table may not listen to that."""
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(LEAVE)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        atexit.unregister(self.stop)


def tree(pid: int) -> list:
    try:
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        # It has left meanwhile.
        return []
    return [pid, *(descendant for child in children for descendant in tree(int(child)))]


def of_kind(pid: int, file: str, kind: str) -> int:
    """A figure of a process, in kilobytes."""
    return int(re.search(rf"^{kind}:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/{file}").read_text(), re.MULTILINE)[1])


def certify(folder: str) -> None:
    """A certificate of the kind that most sites have: P-256."""
    key, certificate = (pathlib.Path(folder, f"shop.{kind}") for kind in ("key", "pem"))
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj"]
    command += ["/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    pathlib.Path(folder, "both.pem").write_text(certificate.read_text() + key.read_text())
