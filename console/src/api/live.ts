/** The figures of the last two minutes, one set a second, while some page shows them. */
import { effect, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { person } from "../session";
import type { Figures } from "./schema";
import { openStream } from "./stream";

const KEPT = 120;
/** A look at another page makes no gap. */
const GRACE = 60_000;
/** A gap would look like a quiet time. */
const GAP = 5_000;

export const figures = signal<readonly Figures[]>([]);

let users = 0;
let timer = 0;
let close: (() => void) | null = null;

function take(taken: Figures): void {
  const last = figures.value.at(-1);
  const follows = last && new Date(taken.time).getTime() - new Date(last.time).getTime() < GAP;
  figures.value = follows ? [...figures.value, taken].slice(-KEPT) : [taken];
}

function end(): void {
  close?.();
  close = null;
}

effect(() => {
  if (person.value) return;
  end();
  figures.value = [];
});

/** Keeps the figures coming while a page is shown. It does not draw the page again: the parts of it that read `figures` do. */
export function useLive(): void {
  useEffect(() => {
    users += 1;
    clearTimeout(timer);
    close ??= openStream("/v1/live", {}, { event: (_name, data) => take(data as Figures) });
    return () => {
      users -= 1;
      if (users === 0) timer = window.setTimeout(end, GRACE);
    };
  }, []);
}

/** Figures by second, the newest last; empty until the first second is over. */
export function useFigures(): readonly Figures[] {
  useLive();
  return figures.value;
}
