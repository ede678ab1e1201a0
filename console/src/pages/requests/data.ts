/** The live tail of requests. */
import { useLocation } from "preact-iso";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ApiError } from "../../api/client";
import { useQuery, type Page } from "../../api/query";
import type { Problem, RequestEvent, Route, Service } from "../../api/schema";
import { openStream, type StreamState } from "../../api/stream";
import { requestsLink } from "../../shell/links";

const FILTERS = ["status", "slower_than", "method", "service", "api", "function", "environment", "host"] as const;
export type FilterName = (typeof FILTERS)[number];
/** As `GET /v1/requests` takes them. */
export type Filters = Partial<Record<FilterName, string>>;

export const KEPT = 1000;
/** Requests may come by thousands a second; they are shown a few times a second. */
const REDRAW = 250;

export type Tail = {
  /** The newest first. */
  requests: readonly RequestEvent[];
  /** How many have come since the tail is held. */
  waiting: number;
  /** How many were missed because they came too fast. */
  lost: number;
  state: StreamState;
  /** Why the gateway refused the filters. */
  error: unknown;
  /** Shows those that wait. */
  show: () => void;
  clear: () => void;
};

type Shown = Pick<Tail, "requests" | "waiting" | "lost" | "state" | "error">;
const NOTHING: Shown = { requests: [], waiting: 0, lost: 0, state: "opening", error: null };

function refusal(text: string): unknown {
  try {
    const problem = JSON.parse(text) as Problem;
    return new ApiError(problem.status, problem);
  } catch {
    return new TypeError(text);
  }
}

/** Requests that are not shown yet, the newest last. */
class Buffer {
  private requests: RequestEvent[] = [];
  count = 0;

  constructor(private readonly limit: number) {}

  push(request: RequestEvent): void {
    this.count += 1;
    this.requests.push(request);
    if (this.requests.length > 2 * this.limit) this.requests.splice(0, this.limit);
  }

  /** Puts them before those that are shown. */
  take(shown: readonly RequestEvent[]): readonly RequestEvent[] {
    if (this.count === 0) return shown;
    const taken = this.requests.reverse().concat(shown).slice(0, this.limit);
    this.requests = [];
    this.count = 0;
    return taken;
  }
}

/**
 * Follows requests that match all filters, and keeps the last `limit`.
 *
 * While `held`, new ones are counted and wait. Other filters begin with an empty list.
 */
export function useTail(filters: Filters, limit = KEPT, held = false): Tail {
  const [shown, setShown] = useState(NOTHING);
  const key = JSON.stringify(filters);
  const buffer = useRef(new Buffer(limit));
  const isHeld = useRef(held);
  isHeld.current = held;

  const show = useCallback(() => setShown((old) => ({ ...old, requests: buffer.current.take(old.requests), waiting: 0 })), []);
  useEffect(() => {
    if (!held) show();
  }, [held, show]);

  useEffect(() => {
    const arrived = new Buffer(limit);
    buffer.current = arrived;
    setShown(NOTHING);
    let timer = 0;
    const redraw = () => {
      timer = 0;
      if (isHeld.current) setShown((old) => ({ ...old, waiting: arrived.count }));
      else show();
    };
    const close = openStream("/v1/requests", JSON.parse(key) as Filters, {
      event: (name, data) => {
        if (name === "lost") setShown((old) => ({ ...old, lost: old.lost + (data as { lost: number }).lost }));
        if (name !== "request") return;
        arrived.push(data as RequestEvent);
        timer ||= window.setTimeout(redraw, REDRAW);
      },
      state: (state, text) => setShown((old) => ({ ...old, state, error: text === undefined ? null : refusal(text) })),
    });
    return () => {
      clearTimeout(timer);
      close();
    };
  }, [key, limit, show]);

  const clear = useCallback(() => {
    buffer.current.take([]);
    setShown((old) => ({ ...old, requests: [], waiting: 0, lost: 0 }));
  }, []);
  return { ...shown, show, clear };
}

/** Filters and text of the address, and how to change them. */
function useFilters(): { filters: Filters; search: string; set: (changed: Filters & { q?: string }) => void; reset: () => void } {
  const { query, route } = useLocation();
  const filters: Filters = {};
  for (const name of FILTERS) if (query[name]) filters[name] = query[name];
  const search = query.q ?? "";
  return {
    filters,
    search,
    set: (changed) => route(requestsLink({ ...filters, q: search, ...changed } as Record<string, string>), true),
    reset: () => route(requestsLink(), true),
  };
}

/** Whether a request has the text somewhere in what is shown of it. */
function contains(request: RequestEvent, text: string): boolean {
  const { host, path, request_id, client, api, service, function: name, reason, aborted, instance } = request;
  const wanted = text.trim().toLowerCase();
  return [`${host ?? ""}${path}`, request_id, client, api, service, name, reason, aborted, instance].some((part) =>
    part?.toLowerCase().includes(wanted),
  );
}

/** All that the page shows. */
export function useRequests(held: boolean) {
  const { filters, search, set, reset } = useFilters();
  const tail = useTail(filters, KEPT, held);
  const services = useQuery<Page<Service>>("/v1/services", { limit: 1000 });
  const routes = useQuery<Page<Route>>("/v1/routes", { enabled: true, limit: 100 });
  const requests = useMemo(
    () => (search ? tail.requests.filter((request) => contains(request, search)) : tail.requests),
    [tail.requests, search],
  );
  return { filters, search, set, reset, tail, requests, services: services.data?.items ?? [], routes: routes.data };
}
