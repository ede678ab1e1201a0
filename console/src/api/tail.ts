/** The requests that ended since somebody logged in at this tab. What failed is kept longer than the rest. */
import { effect, signal } from "@preact/signals";
import { person } from "../session";
import type { RequestEvent } from "./schema";
import { openStream, type StreamState } from "./stream";

export const FILTERS = ["status", "slower_than", "method", "service", "api", "function", "environment", "host"] as const;
export type FilterName = (typeof FILTERS)[number];
/** As `GET /v1/requests` takes them. */
export type Filters = Partial<Record<FilterName, string>>;

/** How many are kept, of those that failed and of the others. */
export const KEPT = 1000;
/** Requests may come by thousands a second; they are shown a few times a second. */
const REDRAW = 250;

type Recording = {
  state: StreamState;
  /** When it began; null before. */
  since: number | null;
  /** Whether requests are missing: the connection was lost, the tab was hidden, or only some were asked for. */
  gaps: boolean;
  /** How many were missed because they came too fast. */
  lost: number;
};
const NOT_BEGUN: Recording = { state: "opening", since: null, gaps: false, lost: 0 };

/** The newest first. */
export const requests = signal<readonly RequestEvent[]>([]);
export const recording = signal<Recording>(NOT_BEGUN);

let arrived: RequestEvent[] = [];
let timer = 0;

const isFailed = ({ status, aborted }: RequestEvent) => status >= 400 || Boolean(aborted);

/** The last `limit` that failed, and the last `limit` others; `all` has the newest first. */
export function prune(all: readonly RequestEvent[], limit = KEPT): RequestEvent[] {
  const room = { failed: limit, others: limit };
  return all.filter((request) => room[isFailed(request) ? "failed" : "others"]-- > 0);
}

function show(): void {
  timer = 0;
  requests.value = prune(arrived.reverse().concat(requests.value));
  arrived = [];
}

function take(request: RequestEvent): void {
  arrived.push(request);
  timer ||= window.setTimeout(show, REDRAW);
}

/** Forgets what is kept. */
export function clear(): void {
  arrived = [];
  requests.value = [];
  recording.value = { ...recording.value, since: Date.now(), gaps: false, lost: 0 };
}

/** Asks the gateway for some of the requests alone, until the returned function is called. */
export function narrow(filters: Filters, refused: (text: string) => void): () => void {
  recording.value = { ...recording.value, gaps: true };
  return openStream("/v1/requests", filters, { event: () => undefined, state: (_state, text) => text !== undefined && refused(text) });
}

effect(() => {
  if (!person.value) {
    arrived = [];
    requests.value = [];
    recording.value = NOT_BEGUN;
    return undefined;
  }
  return openStream(
    "/v1/requests",
    {},
    {
      event: (name, data) => {
        const now = recording.peek();
        if (name === "request") take(data as RequestEvent);
        else if (name === "lost") recording.value = { ...now, lost: now.lost + (data as { lost: number }).lost };
      },
      state: (state) => {
        const now = recording.peek();
        const begins = state === "open" && now.since === null;
        recording.value = { ...now, state, since: begins ? Date.now() : now.since, gaps: now.gaps || (state === "open" && !begins) };
      },
    },
  );
});

const UNITS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000 };

/** The test that a filter makes, as the gateway does it. One that says nothing lets nothing pass. */
const TESTS: Record<FilterName, (wanted: string) => (request: RequestEvent) => boolean> = {
  status: (wanted) => (wanted.endsWith("xx") ? ({ status }) => String(status)[0] === wanted[0] : ({ status }) => String(status) === wanted),
  slower_than: (wanted) => {
    const [, number, unit = ""] = /^([\d.]+)(ms|s|m)$/.exec(wanted) ?? [];
    const limit = Number(number) * (UNITS[unit] ?? NaN);
    return ({ duration_ms }) => duration_ms > limit;
  },
  method:
    (wanted) =>
    ({ method }) =>
      method === wanted.toUpperCase(),
  service:
    (wanted) =>
    ({ service }) =>
      service === wanted,
  api:
    (wanted) =>
    ({ api }) =>
      api === wanted,
  environment:
    (wanted) =>
    ({ environment }) =>
      environment === wanted,
  function: (wanted) => {
    const id = wanted.includes("/") ? wanted : `default/${wanted}`;
    return (request) => id === request.function || id === `${request.function}:${request.version}`;
  },
  host: (wanted) => {
    const name = wanted.toLowerCase();
    return ({ host }) => host?.toLowerCase() === name || host?.toLowerCase().replace(/:\d+$/, "") === name;
  },
};

/** Whether a request passes all filters. */
export function passes(filters: Filters): (request: RequestEvent) => boolean {
  const tests = FILTERS.flatMap((name) => (filters[name] ? [TESTS[name](filters[name])] : []));
  return (request) => tests.every((test) => test(request));
}
