"""Draws what was measured."""

import pathlib
import textwrap

import matplotlib
import matplotlib.patches
import matplotlib.pyplot

import targets

matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "fngate", "font.family": "sans-serif"})

# The same colour for each in every plot.
COLOURS = {
    "relay": "#b0b0b0", "bare engine": "#e8a5ac", "nginx": "#1f7a3f", "HAProxy": "#5b7fb5", "Envoy": "#b065a8", "Caddy": "#c9a227", "Traefik": "#3fa7a0", "fngate": "#d1495b",
}
# A bar that is longer than this is cut off, and says how long it is.
MOST = 4.0


def bars(axes, groups: list, digits: int, most: float) -> None:
    """A group of horizontal bars for each title, from the top down."""
    ticks, row = [], 0
    for title, values in groups:
        ticks.append((row + (len(values) - 1) / 2, title))
        for name, value in values.items():
            axes.barh(row, min(value, most), color=COLOURS[name], height=0.8)
            axes.text(min(value, most), row, f" {value:.{digits}f}", va="center", fontsize=7)
            row += 1
        row += 1
    axes.set_yticks([place for place, _ in ticks], [textwrap.fill(title, 34) for _, title in ticks], fontsize=8)
    axes.invert_yaxis()
    axes.spines[["top", "right"]].set_visible(False)


def legend(figure, groups: list) -> None:
    present = [name for name in COLOURS if any(name in values for _, values in groups)]
    handles = [matplotlib.patches.Patch(color=COLOURS[name], label=name) for name in present]
    figure.legend(handles=handles, loc="upper center", ncols=len(present), fontsize=8, frameon=False)


def draw(folder: pathlib.Path, name: str, groups: list, label: str, digits: int, most: float = float("inf")) -> None:
    rows = sum(len(values) + 1 for _, values in groups)
    figure, axes = matplotlib.pyplot.subplots(figsize=(9, 1.1 + 0.18 * rows), layout="constrained")
    bars(axes, groups, digits, most)
    axes.set_xlabel(label, fontsize=8)
    legend(figure, groups)
    # Room for the legend above.
    figure.get_layout_engine().set(rect=(0, 0, 1, 1 - 0.35 / figure.get_figheight()))
    figure.savefig(folder / f"{name}.svg", metadata={"Date": None})
    matplotlib.pyplot.close(figure)


def write(folder: pathlib.Path, measured: list) -> list:
    """Draws the plots of (scenario, figures) into a folder, and returns the lines of the document that show them."""
    folder.mkdir(exist_ok=True)
    costs = []
    for scenario, figures in measured:
        if scenario.kind in ("requests", "handshakes", "messages"):
            beside = targets.beside(figures, "nginx")
            costs.append((scenario.title, {name: beside[name] for name in COLOURS if name in beside}))
    latencies = [
        (f"{scenario.title}: {share}", targets.medians(figures, column))
        for scenario, figures in measured
        if scenario.kind == "latency"
        for column, share in enumerate(("p50", "p99", "p99.9"))
    ]
    memory = [(scenario.title, targets.medians(figures, 0)) for scenario, figures in measured if scenario.kind == "memory"]
    draw(folder, "cpu", costs, "CPU time of a request, a connection or a message; nginx is 1", 2, MOST)
    draw(folder, "latency", latencies, "µs", 0, 6000)
    draw(folder, "memory", memory, "KiB of memory for each connection", 1)
    shown = [("cpu", "CPU time beside nginx"), ("latency", "Latency at a fixed rate"), ("memory", "Memory of idle connections")]
    return [line for name, title in shown for line in (f"![{title}]({folder.name}/{name}.svg)", "")]
