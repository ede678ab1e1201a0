"""What fngate takes for many APIs under more load than others are measured with; and for many connections, as many as others cannot hold
within the open files of one process."""

import dataclasses
import pathlib
import statistics
import tempfile
import threading
import time

import loads
import tables
from servers import EVENTS, NGINX, Server, free_address

# How many APIs.
SIZES = (10, 1_000, 10_000, 100_000)
# Requests a second of those who are served meanwhile, and how many connections they have.
RATE = 2000
OTHERS = 16
# How many connections that do nothing, and how many come in a second.
IDLE, TUNNELS, ARRIVALS = 10_000, 5_000, 2_000


def until_ready(admin: str, began: float) -> float:
    while True:
        try:
            loads.ask(admin, "GET", "/readyz")
            return time.monotonic() - began
        except (OSError, loads.Unserved):
            if time.monotonic() > began + 60:
                raise
            time.sleep(0.001)


def p99(address: str, target: str, host: str, seconds: int) -> float:
    """The 99th percentile in milliseconds of what is asked at a fixed rate."""
    return loads.percentiles(f"http://{address}{target}", OTHERS, RATE, seconds, "-H", f"Host: {host}")["p99"] * 1e3


@dataclasses.dataclass
class Table:
    """What so many APIs take: seconds, milliseconds for the percentiles, and bytes."""

    count: int
    ready: float
    reload: float
    quiet: float
    busy: float
    memory: int
    after: int
    scrape: float
    scraped: int


def measure(binary: str, count: int) -> Table:
    with tempfile.TemporaryDirectory() as folder:
        origin = Server(NGINX, ["origin.conf"], folder, {"ORIGIN": free_address()})
        address, admin = free_address(), free_address()
        path = pathlib.Path(folder, "fngate.toml")
        table = tables.Table(count)
        text = tables.fngate(tables.Place(folder, address, admin, origin.address), table)["fngate.toml"]
        path.write_text(text)
        began = time.monotonic()
        gateway = Server([binary, "run", "-c", str(path)], [], folder, {"ADDRESS": admin, "ORIGIN": origin.address})
        try:
            ready = until_ready(admin, began)
            memory = gateway.anonymous()
            host, target = table.last()
            quiet = p99(address, target, host, 3)
            reloads, over = [], threading.Event()

            def reload() -> None:
                while not over.is_set():
                    # Another text each time, so that there is something to load.
                    path.write_text(f"{text}# {len(reloads)}\n")
                    start = time.monotonic()
                    loads.ask(admin, "POST", "/v1/reload")
                    reloads.append(time.monotonic() - start)
                    over.wait(0.5)

            reloading = threading.Thread(target=reload)
            reloading.start()
            busy = p99(address, target, host, 5)
            over.set()
            reloading.join()
            after = gateway.anonymous()
            start = time.monotonic()
            scraped = len(loads.ask(admin, "GET", "/metrics"))
            scrape = time.monotonic() - start
        finally:
            gateway.stop()
            origin.stop()
    return Table(count, ready, statistics.median(reloads), quiet, busy, memory, after, scrape, scraped)


def section(tables: list) -> list:
    """The lines of the section in the document."""
    heads = ["APIs", "start to ready, ms", "reload, ms", "p99 before and during reloads, ms", "MiB of memory before and after ten reloads", "scrape, ms"]
    mebibytes = 1 << 20
    rows = [
        [
            f"{table.count:,}", f"{table.ready * 1e3:.0f}", f"{table.reload * 1e3:.0f}", f"{table.quiet:.2f}, {table.busy:.2f}",
            f"{table.memory / mebibytes:.1f}, {table.after / mebibytes:.1f}", f"{table.scrape * 1e3:.0f} ({table.scraped / 1024:.0f} KiB)",
        ]
        for table in tables
    ]
    lines = ["## Many APIs under more load, in fngate", "", f"| {' | '.join(heads)} |", f"|{' ---: |' * len(heads)}"]
    return [*lines, *(f"| {' | '.join(row)} |" for row in rows), ""]


@dataclasses.dataclass
class Crowd:
    """What so many connections take that do nothing: bytes for each, and the 99th percentile of others in milliseconds."""

    title: str
    count: int
    each: float
    quiet: float
    busy: float


def crowds(binary: str) -> list:
    """Has each crowd come, in front of a gateway of its own."""
    return [crowd(binary, "idle clients, after a request each", IDLE, idle_clients), crowd(binary, "silent WebSockets", TUNNELS, tunnels)]


def idle_clients(address: str) -> list:
    return loads.stay(address, IDLE, arrivals=ARRIVALS)


def tunnels(address: str) -> list:
    return loads.Streams(address, TUNNELS, websocket=True, path="/silence").connections


def crowd(binary: str, title: str, count: int, come) -> Crowd:
    with tempfile.TemporaryDirectory() as folder:
        origin = Server(NGINX, ["origin.conf"], folder, {"ORIGIN": free_address()})
        events = Server(EVENTS, [], folder, {"ORIGIN": free_address()})
        address = free_address()
        path = pathlib.Path(folder, "fngate.toml")
        apis = (("hello", origin.address), ("silence", events.address))
        text = f'[gateway]\nworkers = 2\nmax_connections = {IDLE + 100}\n[[listener]]\naddress = "{address}"\n[admin]\naddress = ""\n[log]\naccess = "off"\n'
        text += "".join(f'[[function]]\nname = "{name}"\ninstances = ["http://{function}"]\n' for name, function in apis)
        text += '[[service]]\nname = "s"\nhosts = ["*"]\n' + "".join(f'[[service.api]]\npath = "/{name}"\nmethod = "GET"\nfunction = "{name}"\n' for name, _ in apis)
        path.write_text(text)
        gateway = Server([binary, "run", "-c", str(path)], [], folder, {"ADDRESS": address, "ORIGIN": origin.address})
        try:
            quiet = p99(address, "/hello", "localhost", 3)
            before = gateway.anonymous()
            connections = come(address)
            # Those that have been idle for a moment have given back what they do not need.
            time.sleep(3)
            each = (gateway.anonymous() - before) / count
            busy = p99(address, "/hello", "localhost", 3)
            if come is idle_clients:
                for connection in connections:
                    loads.request(connection)
                for connection in connections:
                    loads.answer(connection)
            for connection in connections:
                connection.close()
        finally:
            for server in (gateway, events, origin):
                server.stop()
    return Crowd(title, count, each, quiet, busy)


def section_of_crowds(found: list) -> list:
    """The lines of the section in the document."""
    lines = ["## Many connections", "", "| | connections | KiB each | p99 of others before and beside them, ms |", "| --- | ---: | ---: | ---: |"]
    return [*lines, *(f"| {crowd.title} | {crowd.count:,} | {crowd.each / 1024:.1f} | {crowd.quiet:.2f}, {crowd.busy:.2f} |" for crowd in found), ""]
