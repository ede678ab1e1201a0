"""What many APIs take of each gateway: to start, to load another table while requests go on, and for a request; and what each takes at rest."""

import dataclasses
import math
import pathlib
import shutil
import signal
import statistics
import subprocess
import tempfile
import time
import typing

import loads
import tables
from servers import CANDIDATES, NGINX, Server, free_address, tree

HERE = pathlib.Path(__file__).resolve().parent
SIZES = (10, 1_000, 10_000, 100_000)
# At most, since all starts together, and all reloads, begin within PATIENCE.
STARTS, RELOADS = 3, 10
# Requests a second during the reloads, and how many connections they have.
RATE, OTHERS = 200, 16
# How long their latency is measured while nothing is loaded.
QUIET = "5s"
# Clients when the CPU of a request is measured, and how many functions they ask at most: each has connections then, within the files that a
# process may open.
CLIENTS, ASKED = 64, 1_000
# Seconds after which nobody waits any more.
PATIENCE = 60


@dataclasses.dataclass
class Peer:
    """How a gateway starts, how a table is written for it, and how it is told to load the one that has come in its place. Some see it by
    themselves."""

    command: list
    write: typing.Callable
    order: typing.Callable = lambda server, place: None


NGINX_PEER = Peer(CANDIDATES["nginx"][0], tables.nginx, lambda server, place: server.process.send_signal(signal.SIGHUP))
PEERS = {
    "nginx": NGINX_PEER,
    "nginx, map": dataclasses.replace(NGINX_PEER, write=tables.nginx_map),
    "HAProxy": Peer(["haproxy", "-W", "-f", "CONFIG"], tables.haproxy, lambda server, place: server.process.send_signal(signal.SIGUSR2)),
    "Envoy": Peer(CANDIDATES["Envoy"][0], tables.envoy),
    "Caddy": Peer(
        ["caddy", "run", "--config", "CONFIG"], tables.caddy,
        lambda server, place: loads.ask(place.admin, "POST", "/load", pathlib.Path(place.folder, "caddy.json").read_bytes()),
    ),
    "Traefik": Peer(
        [
            "traefik", "--global.checkNewVersion=false", "--log.level=ERROR", "--entryPoints.clients.address=ADDRESS", "--providers.file.filename=CONFIG",
            # As it comes it waits for two seconds between one table and the next.
            "--providers.providersThrottleDuration=1ms", "--serversTransport.maxIdleConnsPerHost=1024",
        ],
        tables.traefik,
    ),
    "fngate": Peer(CANDIDATES["fngate"][0], tables.fngate, lambda server, place: loads.ask(place.admin, "POST", "/v1/reload")),
}


@dataclasses.dataclass
class Figures:
    """What so many APIs take of a gateway: seconds, requests that were not answered with 200, bytes, and microseconds of CPU a request. Without
    the rest, if it was not ready in time."""

    starts: list = dataclasses.field(default_factory=list)
    reloads: list = dataclasses.field(default_factory=list)
    quiet: float = math.nan
    p99: float = math.nan
    lost: float = math.nan
    memory: float = math.nan
    after: float = math.nan
    cost: float = math.nan


def measure(binary: str, count: int, seconds: int) -> dict:
    """Figures by candidate."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        origin = Server(NGINX, ["origin.conf"], folder, {"ORIGIN": free_address()})
        try:
            for name, peer in PEERS.items():
                with tempfile.TemporaryDirectory() as own:
                    place = tables.Place(own, free_address(), free_address(), origin.address)
                    found[name] = measure_one(Gateway(peer, place, binary), tables.Table(count), seconds)
        finally:
            origin.stop()
    return found


def measure_one(gateway: "Gateway", table: tables.Table, seconds: int) -> Figures:
    figures = Figures()
    try:
        while len(figures.starts) < STARTS and sum(figures.starts) < PATIENCE:
            gateway.stop()
            figures.starts.append(gateway.start(table))
            if figures.starts[-1] == math.inf:
                return figures
        time.sleep(1)
        figures.memory, processes = gateway.server.anonymous(), gateway.processes()
        host, path = table.last()

        def steady(patience: str) -> loads.Steady:
            return loads.Steady(f"http://{gateway.place.address}{path}", OTHERS, RATE, f"-z{patience}", "-H", f"Host: {host}")

        figures.quiet = steady(QUIET).result()[0]["p99"] or math.nan
        load = steady("1h")
        while len(figures.reloads) < RELOADS and sum(figures.reloads) < PATIENCE:
            time.sleep(0.2)
            figures.reloads.append(gateway.reload(dataclasses.replace(table, edition=len(figures.reloads) + 1)))
        latencies, lost = load.stop()
        # There is none if nothing was answered.
        figures.p99, figures.lost = latencies["p99"] or math.nan, sum(lost.values())
        if math.inf in figures.reloads:
            # It may still be at it.
            return figures
        gateway.settle(processes)
        figures.after = gateway.server.anonymous()
        figures.cost = gateway.cost(table, seconds)
    finally:
        gateway.stop()
    return figures


class Gateway:
    """One of them, in a place of its own."""

    def __init__(self, peer: Peer, place: tables.Place, binary: str):
        self.peer, self.place, self.server = peer, place, None
        self.values = {"ADDRESS": place.address, "ORIGIN": place.origin, "BINARY": binary}

    def write(self, table: tables.Table) -> None:
        """Writes a table beside the one in use. The last of its files is the one that the gateway is told of."""
        for name, text in self.peer.write(self.place, table).items():
            pathlib.Path(self.place.folder, f"{name}.new").write_text(text)
            self.values["CONFIG"] = f"{self.place.folder}/{name}"

    def replace(self) -> None:
        for path in pathlib.Path(self.place.folder).glob("*.new"):
            path.replace(path.with_suffix(""))

    def start(self, table: tables.Table) -> float:
        """Seconds until the last API is answered."""
        self.write(table)
        self.replace()
        began = time.monotonic()
        try:
            self.server = Server(self.peer.command, [], self.place.folder, self.values, PATIENCE)
        except TimeoutError:
            return math.inf
        return self.until_answered(table.last(), began)

    def reload(self, table: tables.Table) -> float:
        """Seconds until an API is answered that no table had before."""
        self.write(table)
        began = time.monotonic()
        self.replace()
        try:
            self.peer.order(self.server, self.place)
        except TimeoutError:
            return math.inf
        return self.until_answered(table.newest(), began)

    def until_answered(self, api: tuple, began: float) -> float:
        """Seconds from then until a request for this API is answered with 200, each on a connection of its own."""
        host, path = api
        while time.monotonic() - began < PATIENCE:
            try:
                with loads.connect(self.place.address) as connection:
                    loads.request(connection, path=path, host=host)
                    loads.answer(connection)
                    return time.monotonic() - began
            except (OSError, loads.Unserved):
                time.sleep(0.001)
        return math.inf

    def processes(self) -> int:
        return len(tree(self.server.process.pid))

    def settle(self, processes: int) -> None:
        """Waits for those who leave after a reload, though not for ever."""
        deadline = time.monotonic() + 5
        while self.processes() > processes and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(1)

    def cost(self, table: tables.Table, seconds: int) -> float:
        def load(duration: int) -> int:
            words = {"APIS": table.count, "SERVICES": tables.SERVICES, "FUNCTIONS": table.functions, "ASKED": ASKED}
            environment = {word: str(number) for word, number in words.items()}
            return loads.wrk(f"http://{self.place.address}", CLIENTS, duration, "-s", str(HERE / "many.lua"), **environment)[0]

        # Connections to all of these functions are there afterwards.
        load(1)
        before = sum(self.server.cpu())
        requests = load(seconds)
        return (sum(self.server.cpu()) - before) / requests * 1e6

    def stop(self) -> None:
        if self.server is not None:
            self.server.stop()
            self.server = None


def section(count: int, found: dict) -> list:
    """The lines of the section in the document."""
    heads = ["start to ready, ms", "reload, ms", "p99 before and during reloads, ms", "not answered", "MiB of memory before and after the reloads", "CPU µs a request"]
    lines = [f"## Many APIs: {count:,}", "", f"| | {' | '.join(heads)} |", f"| --- |{' ---: |' * len(heads)}"]
    for name, one in found.items():
        cells = [milliseconds(one.starts), milliseconds(one.reloads), f"{one.quiet * 1e3:.2f}, {one.p99 * 1e3:.2f}", f"{one.lost:.0f}"]
        cells += [f"{one.memory / (1 << 20):.1f}, {one.after / (1 << 20):.1f}", f"{one.cost:.1f}"]
        lines.append(f"| {name} | {' | '.join(cells).replace('nan', '–')} |")
    return [*lines, ""]


def median(seconds: list) -> float:
    """Without end if it once was, and no number if there was nothing to measure."""
    return math.nan if not seconds else math.inf if math.inf in seconds else statistics.median(seconds)


def milliseconds(seconds: list) -> str:
    if math.isnan(median(seconds)):
        return "–"
    if math.isinf(median(seconds)):
        return f"over {PATIENCE} s"
    return "{:.0f} ({:.0f} to {:.0f})".format(*(1e3 * value for value in (median(seconds), min(seconds), max(seconds))))


@dataclasses.dataclass
class Rest:
    """What a server has when it does nothing, in bytes: all that is resident, what of it is no file's, and its program."""

    resident: int
    anonymous: int
    program: int


def at_rest(candidates: dict, binary: str) -> dict:
    """By candidate, of servers that have answered a request and then have nothing to do."""
    time.sleep(3)
    return {
        name: Rest(candidates[name].resident(), candidates[name].anonymous(), stripped(CANDIDATES[name][0][0].replace("BINARY", binary)))
        for name in filter(candidates.get, PEERS)
    }


def section_of_rest(found: dict) -> list:
    """The lines of the section in the document."""
    lines = ["## At rest", "", "| | resident, MiB | of it no file's, MiB | program, MB |", "| --- | ---: | ---: | ---: |"]
    for name, rest in found.items():
        cells = [f"{rest.resident / (1 << 20):.1f}", f"{rest.anonymous / (1 << 20):.1f}", f"{rest.program / 1e6:.1f}"]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return [*lines, ""]


def stripped(program: str) -> int:
    """Bytes of a program without symbols; of what it loads beside none."""
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder, "copy")
        subprocess.run(["strip", "-o", str(copy), shutil.which(program)], check=True)
        return copy.stat().st_size
