/** Lines over time, drawn by uPlot. */
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { theme } from "../shell/theme";

export type Line = {
  label: string;
  color: "--accent" | "--ok" | "--warn" | "--error" | "--info" | "--violet" | "--muted";
  values: (number | null)[];
  fill?: boolean;
  /** Draws on over seconds without a value: alone between two of them, a value would not be seen. */
  spanGaps?: boolean;
};

const HEIGHT = 180;
/** Seconds that are in view at least: a curve of few points says nothing. */
const SPAN = 30;
/** Seconds that are in view at most. */
const LONGEST = 120;
/** Seconds without a figure that are a hole: nobody looked. */
const HOLE = 5;

function colors() {
  const style = getComputedStyle(document.documentElement);
  return (name: string) => style.getPropertyValue(name).trim();
}

function draw(target: HTMLElement, lines: Line[], format: (value: number) => string): uPlot {
  const color = colors();
  const axis = { stroke: color("--muted"), grid: { stroke: color("--line"), width: 1 }, ticks: { show: false }, font: "11px system-ui" };
  return new uPlot(
    {
      width: target.clientWidth || 300,
      height: HEIGHT,
      cursor: { y: false },
      legend: { show: false },
      padding: [10, 24, 0, 0],
      scales: {
        x: { time: true, range: (_plot, low, high) => [Math.min(low ?? 0, (high ?? 0) - SPAN), high ?? SPAN] },
        y: { range: (_plot, _low, high) => [0, Math.max(high * 1.1, 1)] },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          space: 80,
          size: 26,
          values: (_plot, ticks) => ticks.map((tick) => new Date(tick * 1000).toTimeString().slice(0, 8)),
        },
        { ...axis, size: 58, space: 34, values: (_plot, ticks) => ticks.map(format) },
      ],
      series: [
        {},
        ...lines.map((line) => ({
          label: line.label,
          stroke: color(line.color),
          fill: line.fill ? `${color(line.color)}22` : undefined,
          width: 1.75,
          points: { show: false },
          spanGaps: line.spanGaps,
        })),
      ],
    },
    [[], ...lines.map(() => [])] as uPlot.AlignedData,
    target,
  );
}

/** The figures in view, with a hole in the lines where there are none. */
function inView(times: number[], lines: Line[]): uPlot.AlignedData {
  const data: (number | null)[][] = [[], ...lines.map(() => [])];
  const push = (time: number, index: number) =>
    [time, ...lines.map(({ values }) => values[index] ?? null)].forEach((value, row) => data[row]?.push(value));
  times.forEach((time, index) => {
    if (time < (times.at(-1) ?? 0) - LONGEST) return;
    if (time - (times[index - 1] ?? time) > HOLE) push(time - 1, -1);
    push(time, index);
  });
  return data as uPlot.AlignedData;
}

/** `times` are seconds since the epoch; the axis of one alone would be a day. `summary` says in words what the picture shows. */
export function Chart({
  times,
  lines,
  format,
  summary,
}: {
  times: number[];
  lines: Line[];
  format: (value: number) => string;
  summary: string;
}) {
  const target = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const kinds = lines.map((line) => line.label + line.color).join();
  const dark = theme.value;
  useEffect(() => {
    const element = target.current;
    if (!element) return undefined;
    const made = draw(element, lines, format);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
    // Another language, theme or set of lines makes a new picture; figures only change its data.
  }, [kinds, dark]);
  useEffect(() => {
    plot.current?.setData(inView(times, lines));
  }, [times, lines]);
  return (
    <figure>
      <div
        ref={target}
        role="img"
        aria-label={summary}
        style={{ height: `${HEIGHT}px`, overflow: "hidden", visibility: times.length > 1 ? "visible" : "hidden" }}
      />
      <figcaption class="row small muted" style={{ marginTop: "6px" }}>
        {lines.map((line) => (
          <span class="row tight">
            <span style={{ width: "14px", height: "3px", borderRadius: "2px", background: `var(${line.color})` }} />
            {line.label}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}
