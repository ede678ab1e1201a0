/** Lines over time, drawn on a canvas. */
import { useEffect, useRef, useState } from "preact/hooks";
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
/** Room for the labels of the axes. */
const [LEFT, RIGHT, TOP, BOTTOM] = [58, 14, 10, 24];

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

type Picture = { times: number[]; lines: Line[]; format: (value: number) => string; whole: boolean; cursor: number | null };

/** Where seconds are from left to right. */
function across(times: readonly number[], width: number) {
  const end = times.at(-1) ?? 0;
  const begin = Math.min(times[0] ?? 0, end - SPAN);
  return { begin, end, x: (time: number) => LEFT + ((time - begin) / (end - begin)) * (width - LEFT - RIGHT) };
}

function draw(canvas: HTMLCanvasElement, { times, lines, format, whole, cursor }: Picture): void {
  const [width, scale] = [canvas.clientWidth, devicePixelRatio];
  const pen = canvas.getContext("2d");
  if (!pen || width === 0) return;
  const style = getComputedStyle(canvas);
  const color = (name: string) => style.getPropertyValue(name).trim();
  canvas.width = width * scale;
  canvas.height = HEIGHT * scale;
  pen.scale(scale, scale);
  pen.font = "11px system-ui, sans-serif";
  const { begin, end, x } = across(times, width);
  const grid = ticks(Math.max(0, ...lines.flatMap(({ values }) => values.map((value) => value ?? 0))), whole);
  const top = grid.at(-1) ?? 1;
  const y = (value: number) => HEIGHT - BOTTOM - (value / top) * (HEIGHT - BOTTOM - TOP);

  pen.fillStyle = color("--muted");
  pen.strokeStyle = color("--line");
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  for (const tick of grid) {
    const height = Math.round(y(tick)) + 0.5;
    pen.beginPath();
    pen.moveTo(LEFT, height);
    pen.lineTo(width - RIGHT, height);
    pen.stroke();
    pen.fillText(tick === 0 ? "0" : format(tick), LEFT - 8, height);
  }
  pen.textAlign = "center";
  const room = ((end - begin) * 90) / (width - LEFT - RIGHT);
  const step = [5, 10, 15, 30, 60].find((seconds) => seconds >= room) ?? 120;
  for (let tick = Math.ceil(begin / step) * step; tick <= end; tick += step) {
    if (x(tick) < width - 26) pen.fillText(clock(tick), x(tick), HEIGHT - 9);
  }

  for (const { values, color: name, fill } of lines) {
    // A line along zero would say that there is something.
    if (!values.some(Boolean)) continue;
    pen.strokeStyle = pen.fillStyle = color(name);
    pen.lineWidth = 1.75;
    pen.lineJoin = "round";
    for (const piece of pieces(times, values)) {
      const place = (index: number) => [x(times[index] ?? 0), y(values[index] ?? 0)] as const;
      const [first, last] = [place(piece[0] ?? 0), place(piece.at(-1) ?? 0)];
      pen.beginPath();
      if (piece.length === 1) {
        pen.arc(...first, 2, 0, 7);
        pen.fill();
        continue;
      }
      piece.forEach((index) => pen.lineTo(...place(index)));
      pen.stroke();
      if (!fill) continue;
      pen.lineTo(last[0], y(0));
      pen.lineTo(first[0], y(0));
      pen.globalAlpha = 0.13;
      pen.fill();
      pen.globalAlpha = 1;
    }
  }
  if (cursor === null) return;
  pen.fillStyle = color("--line-strong");
  pen.fillRect(Math.round(x(times[cursor] ?? 0)), TOP, 1, HEIGHT - BOTTOM - TOP);
}

type Props = Omit<Picture, "cursor" | "whole"> & {
  /** Of things that are counted: the axis has whole numbers. */
  whole?: boolean;
  /** Says in words what the picture shows. */
  summary: string;
};

/** `times` are seconds since the epoch. */
export function Chart({ times: all, lines: given, format, whole = false, summary }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  const from = all.findIndex((time) => time >= (all.at(-1) ?? 0) - LONGEST);
  const times = all.slice(Math.max(0, from));
  const lines = given.map((line) => ({ ...line, values: line.values.slice(-times.length) }));
  const cursor = pointed === null ? -1 : times.indexOf(pointed);
  const picture = { times, lines, format, whole, cursor: cursor < 0 ? null : cursor };
  const latest = useRef(picture);
  latest.current = picture;
  const dark = theme.value;
  const redraw = () => canvas.current && draw(canvas.current, latest.current);
  useEffect(() => void redraw(), [all, given, pointed, dark]);
  useEffect(() => {
    const observer = new ResizeObserver(redraw);
    if (canvas.current) observer.observe(canvas.current);
    return () => observer.disconnect();
  }, []);
  const point = (event: PointerEvent) => {
    const { left, width } = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const { x } = across(times, width);
    const distance = (time: number) => Math.abs(x(time) - (event.clientX - left));
    setPointed(times.length > 0 ? times.reduce((one, other) => (distance(other) < distance(one) ? other : one)) : null);
  };
  return (
    <figure>
      <canvas
        ref={canvas}
        class="chart"
        role="img"
        aria-label={summary}
        style={{ visibility: times.length > 1 ? "visible" : "hidden" }}
        onPointerMove={point}
        onPointerLeave={() => setPointed(null)}
      />
      <figcaption class="row small muted">
        {lines.map(({ label, color, values }) => (
          <span class="row tight num">
            <span class="chart-key" style={{ background: `var(${color})` }} />
            {label}
            {cursor >= 0 && <strong>{typeof values[cursor] === "number" ? format(values[cursor]) : "–"}</strong>}
          </span>
        ))}
        {cursor >= 0 && <span class="num">{clock(times[cursor] ?? 0)}</span>}
      </figcaption>
    </figure>
  );
}
