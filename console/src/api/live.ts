/** The figures of the last two minutes, one set a second. */
import { effect, signal } from "@preact/signals";
import { person } from "../session";
import type { Figures, Traffic } from "./schema";
import { openStream } from "./stream";

const KEPT = 120;
/** A gap would look like a quiet time. */
const GAP = 5_000;
/** Figures of one second jump: what is shown as a number is the average of this many. */
export const AVERAGED = 10;

/** By second, the newest last; empty until the first second is over. */
export const figures = signal<readonly Figures[]>([]);

function take(taken: Figures): void {
  const last = figures.value.at(-1);
  const follows = last && new Date(taken.time).getTime() - new Date(last.time).getTime() < GAP;
  figures.value = follows ? [...figures.value, taken].slice(-KEPT) : [taken];
}

effect(() => {
  if (person.value) return openStream("/v1/live", {}, { event: (_name, data) => take(data as Figures) });
  figures.value = [];
  return undefined;
});

export type Recent = { requests: number; errors: number; refused: number; p95: number | null; p99: number | null };

const total = (rates: Record<string, number>) => Object.values(rates).reduce((sum, rate) => sum + rate, 0);

/** Averages of the last seconds, of what `pick` takes of each; times count by their requests. Null before the first second. */
export function recent(all: readonly Figures[], pick: (figures: Figures) => readonly Traffic[]): Recent | null {
  const seconds = all.slice(-AVERAGED);
  if (seconds.length === 0) return null;
  const traffic = seconds.flatMap(pick);
  const mean = (of: (one: Traffic) => number) => traffic.reduce((sum, one) => sum + of(one), 0) / seconds.length;
  const time = (of: (one: Traffic) => number | null | undefined) => {
    const timed = traffic.filter((one) => typeof of(one) === "number" && one.requests > 0);
    const weight = timed.reduce((sum, one) => sum + one.requests, 0);
    return weight > 0 ? timed.reduce((sum, one) => sum + (of(one) ?? 0) * one.requests, 0) / weight : null;
  };
  return {
    requests: mean((one) => one.requests),
    errors: mean((one) => one.classes["5xx"]),
    refused: mean((one) => total(one.refusals)),
    p95: time((one) => one.p95_ms),
    p99: time((one) => one.p99_ms),
  };
}
