"""What fngate means to reach, and what it did: the targets that are written down here, each with the figure of this run."""

import dataclasses
import statistics

import many
import scale


@dataclasses.dataclass
class Target:
    work: str
    target: str
    value: str
    met: bool


def ratio(figures: dict, peer: str, column: int = 0) -> float:
    """Ours beside a peer's, in the median of the rounds."""
    return statistics.median(mine[column] / theirs[column] for mine, theirs in zip(figures["fngate"], figures[peer]))


def added(figures: dict) -> float:
    """What the access log adds to a request in microseconds, in the median of the rounds."""
    return statistics.median(logged[0] - silent[0] for logged, silent in zip(figures["fngate"], figures["fngate, no log"]))


def median(figures: dict, column: int = 0, name: str = "fngate") -> float:
    return statistics.median(sample[column] for sample in figures[name])


def at_most(work: str, what: str, value: float, limit: float, unit: str = "", digits: int = 2) -> Target:
    return Target(work, f"{what} at most {limit:g}{unit}", f"{value:.{digits}f}{unit}", value <= limit)


def of_scenarios(measured: list) -> list:
    by_title = {scenario.title: figures for scenario, figures in measured}
    plain = by_title["64 connections"]
    rows = [at_most("64 connections", f"CPU beside {peer}", ratio(plain, peer), limit) for peer, limit in (("nginx", 0.95), ("HAProxy", 0.9), ("relay", 1.3))]
    rows.append(at_most("64 connections", "user space", median(plain, 1), 5, " µs", 1))
    for scenario, figures in measured:
        title = scenario.title
        match scenario.kind:
            case "requests" if scenario.connections == 512:
                rows.append(at_most(title, "CPU beside nginx", ratio(figures, "nginx"), 1))
            case "requests" if scenario.logged:
                rows.append(at_most(title, "what the log adds", added(figures), 1, " µs"))
            case "requests" if scenario.streams == 32:
                rows.append(at_most(title, "CPU beside nginx", ratio(figures, "nginx"), 0.8))
                rows.append(at_most(title, "CPU beside HAProxy", ratio(figures, "HAProxy"), 1))
            case "requests" if scenario.tls and not scenario.streams:
                rows.append(at_most(title, "CPU beside nginx", ratio(figures, "nginx"), 0.95))
            case "handshakes":
                rows.append(at_most(title, "CPU beside nginx", ratio(figures, "nginx"), 1))
            case "latency":
                peers = [name for name in figures if name not in ("fngate", "relay", "bare hyper")]
                for column, share in enumerate(("p50", "p99", "p99.9")):
                    best = min(peers, key=lambda name: median(figures, column, name))
                    rows.append(at_most(title, f"{share} beside the best of the others, {best},", ratio(figures, best, column), 1))
            case "bodies":
                # Of bytes for a second of CPU more are better.
                rows.append(at_most(title, "CPU beside nginx", 1 / ratio(figures, "nginx"), 1))
            case "messages":
                rows.append(at_most(title, "CPU beside HAProxy", ratio(figures, "HAProxy"), 1))
            case "memory" if scenario.websocket:
                rows.append(at_most(title, "each", median(figures), 8, " KiB", 1))
            case "memory" if not scenario.tls:
                rows.append(at_most(title, "each", median(figures), 4, " KiB", 1))
    return rows


def of_many(compared: dict) -> list:
    """Of what `many.measure` has found with the most APIs."""
    count, found = max(compared.items())
    work, ours, peers = f"a table of {count:,} APIs", found["fngate"], [name for name in found if name != "fngate"]
    rows = []
    for what, field in (("start to ready", "starts"), ("reload", "reloads")):
        medians = {name: statistics.median(getattr(figures, field)) for name, figures in found.items()}
        best = min(peers, key=medians.get)
        rows.append(at_most(work, f"{what} beside the best of the others, {best},", medians["fngate"] / medians[best], 1))
    return [*rows, at_most(work, "requests that are not answered during reloads", ours.lost, 0, digits=0)]


def of_tables(tables: list) -> list:
    """Of what `scale.measure` has found for each size."""
    rows = []
    for table in tables:
        work = f"{table.count:,} APIs"
        if limit := {10_000: 50, 100_000: 700}.get(table.count):
            rows.append(at_most(work, "reload", table.reload * 1e3, limit, " ms", 0))
            rows.append(at_most(work, "p99 during reloads beside that before", table.busy / table.quiet, 1.1))
            rows.append(at_most(work, "memory after ten reloads beside that before", table.after / table.memory, 1.1))
        if table.count == 10_000:
            rows.append(at_most(work, "start to ready", table.ready * 1e3, 150, " ms", 0))
    return rows


def of_crowds(crowds: list) -> list:
    """Of what `scale.crowds` has found."""
    limits = {scale.IDLE: 4, scale.TUNNELS: 8}
    return [at_most(f"{crowd.count:,} {crowd.title}", "each", crowd.each / 1024, limits[crowd.count], " KiB", 1) for crowd in crowds]


def of_parts(parts: dict) -> list:
    found = {int(argument): figures for (part, argument), figures in parts.items() if part == "look_up"}
    most, least = max(found), min(found)

    def apart(part: str) -> float:
        """What a count takes while another thread counts as well, beside alone."""
        return parts[part, "t=2"][0] / parts[part, "t=1"][0]

    return [
        at_most("counting, by two threads at a time", f"beside one (in one place it would be {apart('metrics_in_one_place'):.1f})", apart("metrics"), 1.2),
        at_most("look-up", f"in {most:,} APIs", found[most][0], 300, " ns", 0),
        at_most("look-up", f"in {most:,} APIs beside {least:,}", found[most][0] / found[least][0], 2),
        at_most("look-up", "allocations", max(allocations for _, allocations in found.values()), 0, "", 0),
    ]


def of_binary(binary: str, resting: int) -> list:
    return [
        at_most("the process at rest", "resident", resting / 1e6, 10, " MB", 1),
        at_most("the binary", "stripped", many.stripped(binary) / 1e6, 12, " MB", 1),
    ]


def remark(work: str, remarks: list) -> str | None:
    """The text for this work: that of the longest beginning."""
    fitting = [(len(beginning), entry["text"]) for entry in remarks for beginning in entry["works"] if work.startswith(beginning)]
    return max(fitting)[1] if fitting else None


def section(rows: list, remarks: list) -> list:
    """The lines of the section in the document. `remarks` are those of missed.toml; a missed target that has none is said to have none."""
    lines = ["## Targets", "", "| work | target | measured | |", "| --- | --- | ---: | --- |"]
    lines += [f"| {row.work} | {row.target} | {row.value} | {'' if row.met else 'missed'} |" for row in rows]
    missed = [row for row in rows if not row.met]
    lines += ["", f"{len(rows) - len(missed)} of {len(rows)} are met. What is missed, and what it would take:", ""]
    texts = [remark(row.work, remarks) or f"**{row.work}**: not explained yet." for row in missed]
    # Each once, in the order of the table.
    return lines + [f"- {text.strip()}" for text in dict.fromkeys(texts)] + [""]
