/** Lines over time, drawn by uPlot. */
import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";
import { theme } from "../shell/theme";

type Color = "--accent" | "--ok" | "--warn" | "--error" | "--info" | "--violet" | "--muted";
export type Line = { label: string; color: Color; values: (number | null)[]; fill?: boolean };

const HEIGHT = 180;
/** Seconds that are in view at least: a curve of few points says nothing. */
const SPAN = 30;
/** Seconds that are in view at most. */
const LONGEST = 120;
/** Seconds without a figure that are a hole: nobody looked. */
const HOLE = 5;

/** Heights of the lines of the grid, from zero to at least `most`, at round numbers. */
export function ticks(most: number, whole: boolean): number[] {
  const rough = (most || 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const round = [1, 2, 5, 10].find((factor) => factor * power >= rough * 0.999) ?? 10;
  const step = Math.max(round * power, whole ? 1 : 0);
  const count = Math.ceil((most || 1) / step - 1e-9);
  return Array.from({ length: count + 1 }, (_, index) => index * step);
}

/** The points of a line in pieces: a second without a value, and a time without figures, make a gap. */
export function pieces(times: readonly number[], values: readonly (number | null)[]): number[][] {
  const found: number[][] = [];
  times.forEach((time, index) => {
    if (typeof values[index] !== "number") return;
    const last = found.at(-1);
    const follows = last && last.at(-1) === index - 1 && time - (times[index - 1] ?? time) <= HOLE;
    if (follows) last.push(index);
    else found.push([index]);
  });
  return found;
}

const clock = (time: number) => new Date(time * 1000).toTimeString().slice(0, 8);

type Picture = { times: number[]; lines: Line[]; format: (value: number) => string; whole: boolean };

/** uPlot in `target`, of what `now` has when it draws. `point` is told where the pointer is. */
function plot(target: HTMLElement, now: { current: Picture }, point: (index: number | null) => void): uPlot {
  const color = (name: string) => getComputedStyle(target).getPropertyValue(name).trim();
  const grid = () => ticks(Math.max(0, ...now.current.lines.flatMap(({ values }) => values.map((value) => value ?? 0))), now.current.whole);
  const parts = (line: number) => pieces(now.current.times, now.current.lines[line - 1]?.values ?? []);
  const axis = { stroke: () => color("--muted"), font: "11px system-ui, sans-serif", ticks: { show: false } };
  return new uPlot(
    {
      width: target.clientWidth,
      height: HEIGHT,
      padding: [10, 14, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        points: { show: false },
        // To the nearest second.
        move: (self, left) => [left < 0 ? left : self.valToPos(self.data[0][self.posToIdx(left)] ?? 0, "x"), 0],
      },
      hooks: { setCursor: [({ cursor }) => point(cursor.idx ?? null)] },
      scales: {
        x: { time: false, range: (_self, low, high) => [Math.min(low ?? 0, (high ?? 0) - SPAN), high ?? 0] },
        y: { range: () => [0, grid().at(-1) ?? 1] },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 24,
          space: 90,
          incrs: [5, 10, 15, 30, 60, 120],
          // A label at the right edge would be cut off.
          values: (self, times) => times.map((time) => (self.valToPos(time, "x") < self.over.clientWidth - 12 ? clock(time) : null)),
        },
        {
          ...axis,
          grid: { stroke: () => color("--line"), width: 1 },
          size: 58,
          gap: 8,
          splits: grid,
          values: (_self, all) => all.map((tick) => (tick === 0 ? "0" : now.current.format(tick))),
        },
      ],
      series: [
        {},
        ...now.current.lines.map(({ color: name, fill }): uPlot.Series => ({
          stroke: () => color(name),
          fill: () => (fill ? `${color(name)}22` : "transparent"),
          width: 1.75,
          points: { size: 4, width: 0, filter: (_self, line) => parts(line).flatMap((piece) => (piece.length === 1 ? piece : [])) },
          // From the end of each piece to the begin of the next, in pixels.
          gaps: (self, line) => {
            const at = (index = 0) => Math.round(self.valToPos(self.data[0][index] ?? 0, "x", true));
            return parts(line).flatMap((piece, index, all) => (index > 0 ? [[at(all[index - 1]?.at(-1)), at(piece[0])]] : []));
          },
        })),
      ],
    },
    undefined,
    target,
  );
}

type Props = Omit<Picture, "whole"> & {
  /** Of things that are counted: the axis has whole numbers. */
  whole?: boolean;
  /** Says in words what the picture shows. */
  summary: string;
};

/** `times` are seconds since the epoch. */
export function Chart({ times: all, lines: given, format, whole = false, summary }: Props) {
  const target = useRef<HTMLDivElement>(null);
  const drawn = useRef<uPlot>();
  const [pointed, setPointed] = useState<number | null>(null);
  const from = all.findIndex((time) => time >= (all.at(-1) ?? 0) - LONGEST);
  const times = all.slice(Math.max(0, from));
  const lines = given.map((line) => ({ ...line, values: line.values.slice(-times.length) }));
  const picture = { times, lines, format, whole };
  const now = useRef(picture);
  now.current = picture;
  // Other lines make another picture; figures, languages and themes change what one shows.
  useEffect(() => {
    const element = target.current;
    if (!element) return undefined;
    const made = plot(element, now, setPointed);
    drawn.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [lines.map(({ color }) => color).join()]);
  useEffect(() => {
    // A line along zero would say that there is something.
    const shown = lines.map(({ values }) => (values.some(Boolean) ? values : values.map(() => null)));
    drawn.current?.setData([times, ...shown]);
  }, [all, given, theme.value]);
  const move = (left: number) => drawn.current?.setCursor({ left, top: 0 });
  const point = ({ clientX }: PointerEvent) => {
    const { left, width } = drawn.current?.over.getBoundingClientRect() ?? { left: 0, width: 0 };
    move(Math.min(Math.max(clientX - left, 0), width));
  };
  const time = times[pointed ?? -1];
  return (
    <figure>
      <div
        ref={target}
        class="chart"
        role="img"
        aria-label={summary}
        style={{ visibility: times.length > 1 ? "visible" : "hidden" }}
        onPointerMove={point}
        onPointerLeave={() => move(-1)}
      />
      <figcaption class="row small muted">
        {lines.map(({ label, color, values }) => {
          const value = values[pointed ?? -1];
          return (
            <span class="row tight num">
              <span class="chart-key" style={{ background: `var(${color})` }} />
              {label}
              {time && <strong>{typeof value === "number" ? format(value) : "–"}</strong>}
            </span>
          );
        })}
        {time && <span class="num">{clock(time)}</span>}
      </figcaption>
    </figure>
  );
}
