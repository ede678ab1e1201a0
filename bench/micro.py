"""What the parts of a request take by themselves, as `cargo bench --bench micro` says."""

import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent

# In the order of the document: the function in micro.rs, what it is, and what its argument is.
PARTS = [
    ("look_up", "look-up of an API in a table", "APIs"),
    ("look_up_of_an_odd_path", "the same of a path that can be read in several ways", "APIs"),
    ("header_policy", "checks and fields of a head", "fields"),
    ("canonicalisation", "canonical form of a segment", ""),
    ("metrics", "what a request counts, each worker in its own place", "threads"),
    ("metrics_in_one_place", "what it would be if they counted in one place", "threads"),
]
SCALE = {"ns": 1, "µs": 1e3, "ms": 1e6, "s": 1e9}
PREFIX = {"": 1, "K": 1e3, "M": 1e6, "G": 1e9}


def figures(text: str) -> dict:
    """By part and argument: the median in nanoseconds and the allocations of one."""
    found, part, argument, allocating = {}, None, None, False
    for line in text.splitlines():
        cells = [cell.strip() for cell in re.sub(r"^[│├╰─ ]+", "", line).split("│")]
        if re.match(r"[├╰]─ ", line):
            part = cells[0].split()[0]
        elif re.match(r"[│ ]  [├╰]─ ", line):
            argument = cells[0].split()[0]
            value, unit = cells[2].split()
            found[part, argument] = [float(value) * SCALE[unit], 0.0, 1]
        elif rate := re.match(r"[\d.]+ ([KMG]?)item/s", cells[0]):
            value, unit = cells[2].split()
            row = found[part, argument]
            each = 1e9 / (float(value) * PREFIX[unit.removesuffix("item/s")])
            row[0], row[2] = each, row[0] / each
        elif cells[0].endswith(":"):
            allocating = cells[0] == "alloc:"
        elif allocating:
            found[part, argument][1] = float(cells[2])
            allocating = False
    return {key: (time, allocations / times) for key, (time, allocations, times) in found.items()}


def measure() -> dict:
    """Runs the benchmarks."""
    command = ["cargo", "bench", "--locked", "--bench", "micro"]
    return figures(subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout)


def section(measured: dict) -> list:
    """The lines of the section in the document."""
    lines = ["## Parts of a request", "", "| | of | ns | allocations |", "| --- | --- | ---: | ---: |"]
    for part, title, unit in PARTS:
        for (name, argument), (time, allocations) in measured.items():
            if name == part:
                of = f"{int(argument.removeprefix('t=')):,} {unit}" if unit else f"`{argument}`"
                lines.append(f"| {title} | {of} | {time:.3g} | {allocations:.0f} |")
    return [*lines, ""]
