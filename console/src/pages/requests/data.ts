/** The tail of requests: what the tab has kept, with filters. */
import { useLocation } from "preact-iso";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { ApiError } from "../../api/client";
import { useQuery, type Page } from "../../api/query";
import type { Problem, RequestEvent, Route, Service } from "../../api/schema";
import { clear, FILTERS, narrow, passes, recording, requests as kept, type Filters } from "../../api/tail";
import { requestsLink } from "../../shell/links";

type Tail = {
  /** The newest first. */
  requests: readonly RequestEvent[];
  /** How many have come since the tail is held. */
  waiting: number;
  /** Why the gateway refused the filters. */
  error: unknown;
  clear: () => void;
};

function refusal(text: string): unknown {
  try {
    const problem = JSON.parse(text) as Problem;
    return new ApiError(problem.status, problem);
  } catch {
    return new TypeError(text);
  }
}

/** Where more requests come than a tab can read, the gateway filters them. */
function useNarrow(key: string): unknown {
  const [error, setError] = useState<unknown>(null);
  const isMissing = recording.value.lost > 0;
  useEffect(() => {
    setError(null);
    return isMissing && key !== "{}" ? narrow(JSON.parse(key) as Filters, (text) => setError(refusal(text))) : undefined;
  }, [isMissing, key]);
  return error;
}

/** Requests that match all filters. While `held`, new ones are counted and wait. */
export function useTail(filters: Filters, held = false): Tail {
  const key = JSON.stringify(filters);
  const all = kept.value;
  const matching = useMemo(() => all.filter(passes(filters)), [all, key]);
  const shown = useRef({ key, requests: matching });
  if (!held || shown.current.key !== key) shown.current = { key, requests: matching };
  const { requests } = shown.current;
  const known = matching.findIndex((request) => request === requests[0]);
  const error = useNarrow(key);
  const forget = useCallback(() => {
    clear();
    shown.current = { key: "", requests: [] };
  }, []);
  return { requests, waiting: known < 0 ? matching.length : known, error, clear: forget };
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
  const tail = useTail(filters, held);
  const services = useQuery<Page<Service>>("/v1/services", { limit: 1000 });
  const routes = useQuery<Page<Route>>("/v1/routes", { enabled: true, limit: 100 });
  const requests = useMemo(
    () => (search ? tail.requests.filter((request) => contains(request, search)) : tail.requests),
    [tail.requests, search],
  );
  return { filters, search, set, reset, tail, requests, services: services.data?.items ?? [], routes: routes.data };
}
