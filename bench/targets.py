"""What fngate means to reach, and what it did: the targets that are written down here, each with the figure of this run."""

import dataclasses
import math
import statistics

import many
import scale


# Those whose figures stand beside ours.
PEERS = ("nginx", "HAProxy", "Envoy", "Caddy", "Traefik")
# How the names of those end that have one worker, or no log, where there are two of each.
ALONE, SILENT = ", one worker", ", no log"


@dataclasses.dataclass
class Target:
    """What is to be reached in a work, and what was, by name."""

    work: str
    target: str
    values: dict
    met: bool


def ratios(figures: dict, name: str, other: str, column: int = 0) -> list:
    """One beside another in each round: what is compared is always within a round."""
    return [one[column] / another[column] for one, another in zip(figures[name], figures[other])]


def growth(figures: dict, name: str) -> list:
    """What a request takes of two workers beside one, in each round."""
    return ratios(figures, name, name + ALONE)


def beside(figures: dict, other: str, column: int = 0) -> dict:
    """Each beside one of them, in the median of the rounds."""
    return {name: statistics.median(ratios(figures, name, other, column)) for name in figures}


def medians(figures: dict, column: int = 0) -> dict:
    return {name: statistics.median(sample[column] for sample in sampled) for name, sampled in figures.items()}


def added(figures: dict, name: str) -> list:
    """Microseconds that a line of the access log adds, in each round."""
    return [logged[0] - silent[0] for logged, silent in zip(figures[name], figures[name + SILENT])]


def at_most(work: str, what: str, values: dict | float, limit: float, unit: str = "", digits: int = 2) -> Target:
    """Values by name, or ours alone."""
    values = values if isinstance(values, dict) else {"fngate": values}
    written = {name: written_as(value, unit, digits) for name, value in values.items()}
    return Target(work, f"{what} at most {limit:g}{unit}", written, values["fngate"] <= limit)


def written_as(value: float, unit: str, digits: int) -> str:
    # That which has no end is a time that nobody waited for.
    return "–" if math.isnan(value) else f"over {many.PATIENCE} s" if math.isinf(value) else f"{value:.{digits}f}{unit}"


def of_scenarios(measured: list) -> list:
    by_title = {scenario.title: figures for scenario, figures in measured}
    plain = by_title["64 connections"]
    rows = [at_most("64 connections", f"CPU beside {peer}", beside(plain, peer), limit) for peer, limit in (("nginx", 0.8), ("HAProxy", 0.75), ("relay", 1.2))]
    rows.append(at_most("64 connections", "user space", medians(plain, 1), 2.5, " µs", 1))
    for scenario, figures in measured:
        title = scenario.title
        match scenario.kind:
            case "requests" if scenario.connections == 512:
                rows.append(at_most(title, "CPU beside nginx", beside(figures, "nginx"), 0.8))
            case "growth":
                values = {name: statistics.median(growth(figures, name)) for name in figures if not name.endswith(ALONE)}
                rows.append(at_most(title, "CPU of a request with two beside one", values, 1.1))
            case "requests" if scenario.logged:
                values = {name: statistics.median(added(figures, name)) for name in figures if not name.endswith(SILENT)}
                rows.append(at_most(title, "what the log adds", values, 0.8, " µs"))
            case "requests" if scenario.streams == 32:
                rows.append(at_most(title, "CPU beside nginx", beside(figures, "nginx"), 0.6))
                rows.append(at_most(title, "CPU beside HAProxy", beside(figures, "HAProxy"), 0.85))
            case "requests" if scenario.tls and not scenario.streams:
                rows.append(at_most(title, "CPU beside nginx", beside(figures, "nginx"), 0.75))
            case "handshakes":
                rows.append(at_most(title, "CPU beside nginx", beside(figures, "nginx"), 0.67))
            case "latency":
                for column, (share, limit) in enumerate((("p50", 1), ("p99", 1), ("p99.9", 1.1))):
                    best = min(filter(figures.get, PEERS), key=medians(figures, column).get)
                    rows.append(at_most(title, f"{share} beside the best of the others, {best},", beside(figures, best, column), limit))
            case "bodies":
                # Of bytes for a second of CPU more are better.
                rows.append(at_most(title, "CPU beside nginx", {name: 1 / value for name, value in beside(figures, "nginx").items()}, 0.5))
            case "messages":
                rows.append(at_most(title, "CPU beside HAProxy", beside(figures, "HAProxy"), 0.85))
            case "memory" if scenario.websocket:
                rows.append(at_most(title, "each", medians(figures), 4, " KiB", 1))
            case "memory" if not scenario.tls:
                rows.append(at_most(title, "each", medians(figures), 2, " KiB", 1))
    return rows


# What many APIs may take to start and to reload, in milliseconds, by their number.
TIMES = {10_000: {"start to ready": 30, "reload": 30}, 100_000: {"reload": 300}}


def of_many(compared: dict) -> list:
    """Of what `many.measure` has found for each number of APIs."""
    rows = []
    for count, limits in TIMES.items():
        work, found = f"{count:,} APIs", compared[count]
        for what, field in (("start to ready", "starts"), ("reload", "reloads")):
            values = best_of_each(found, lambda figures: many.median(getattr(figures, field)))
            if what in limits:
                rows.append(at_most(work, what, {name: value * 1e3 for name, value in values.items()}, limits[what], " ms", 0))
            if best := min((name for name in PEERS if not math.isnan(values[name])), key=values.get, default=None):
                rows.append(at_most(work, f"{what} beside the best of the others, {best},", {name: value / values[best] for name, value in values.items()}, 1))
        rows.append(at_most(work, "p99 of 200 requests a second during reloads beside that before", best_of_each(found, lambda figures: figures.p99 / figures.quiet), 1.1))
        rows.append(at_most(work, "memory after the reloads beside that before", best_of_each(found, lambda figures: figures.after / figures.memory), 1.1))
        rows.append(at_most(work, "requests that are not answered during reloads", best_of_each(found, lambda figures: figures.lost), 0, digits=0))
    return rows


def best_of_each(found: dict, figure) -> dict:
    """By name: the least where a peer takes part with two configurations, the second of which is named after a comma."""
    values = {}
    for name, figures in found.items():
        values.setdefault(name.split(",")[0], []).append(figure(figures))
    return {name: min((value for value in several if not math.isnan(value)), default=math.nan) for name, several in values.items()}


def of_tables(tables: list) -> list:
    """Of what `scale.measure` has found for each size."""
    return [
        at_most(f"{table.count:,} APIs", "p99 of 2,000 requests a second during reloads beside that before", table.busy / table.quiet, 2)
        for table in tables
        if table.count in TIMES
    ]


def of_crowds(crowds: list) -> list:
    """Of what `scale.crowds` has found."""
    limits = {scale.IDLE: 2, scale.TUNNELS: 4}
    return [at_most(f"{crowd.count:,} {crowd.title}", "each", crowd.each / 1024, limits[crowd.count], " KiB", 1) for crowd in crowds]


def of_parts(parts: dict) -> list:
    found = {int(argument): figures for (part, argument), figures in parts.items() if part == "look_up"}
    most, least = max(found), min(found)

    def apart(part: str) -> float:
        """What a count takes while another thread counts as well, beside alone."""
        return parts[part, "t=2"][0] / parts[part, "t=1"][0]

    return [
        at_most("counting, by two threads at a time", f"beside one (in one place it would be {apart('metrics_in_one_place'):.1f})", apart("metrics"), 1.2),
        at_most("look-up", f"in {most:,} APIs", found[most][0], 200, " ns", 0),
        at_most("look-up", f"in {most:,} APIs beside {least:,}", found[most][0] / found[least][0], 2),
        at_most("look-up", "allocations", max(allocations for _, allocations in found.values()), 0, "", 0),
    ]


def of_rest(resting: dict) -> list:
    """Of what `many.at_rest` has found."""
    return [
        at_most("at rest", "resident", {name: rest.resident / 1e6 for name, rest in resting.items()}, 10, " MB", 1),
        at_most("the program", "without symbols", {name: rest.program / 1e6 for name, rest in resting.items()}, 14, " MB", 1),
    ]


def remark(row: Target, remarks: list) -> str | None:
    """The text for this row: that of the longest beginning of its work and its target."""
    fitting = [(len(beginning), entry["text"]) for entry in remarks for beginning in entry["rows"] if f"{row.work}: {row.target}".startswith(beginning)]
    return max(fitting)[1] if fitting else None


def section(rows: list, remarks: list) -> list:
    """The lines of the section in the document. `remarks` are those of missed.toml; a missed target that has none is said to have none."""
    names = ["fngate", *PEERS]
    lines = ["## Targets", "", f"| work | target | | {' | '.join(names)} |", f"| --- | --- | --- |{' ---: |' * len(names)}"]
    for row in rows:
        cells = [row.work, row.target, "" if row.met else "missed", *(row.values.get(name, "–") for name in names)]
        lines.append(f"| {' | '.join(cells)} |")
    missed = [row for row in rows if not row.met]
    lines += ["", f"{len(rows) - len(missed)} of {len(rows)} are met. What is missed, and what it would take:", ""]
    texts = [remark(row, remarks) or f"**{row.work}**: not explained yet." for row in missed]
    # Each once, in the order of the table.
    return lines + [f"- {text.strip()}" for text in dict.fromkeys(texts)] + [""]
