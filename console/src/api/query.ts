/** Reading objects and lists, again after each change. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { address, ApiError, call, type Query } from "./client";
import { changes } from "./gateway";

/** An object that is not there any more is not shown as if it were. */
export function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

export type Loaded<T> = {
  data: T | null;
  etag: string | null;
  error: unknown;
  loading: boolean;
  reload: () => void;
};

/** Reads a path of the API; null reads nothing. What was read stays while it is read again. */
export function useQuery<T>(path: string | null, query: Query = {}): Loaded<T> {
  const url = path === null ? null : address(path, query);
  const [state, setState] = useState<{ url: string | null; data: T | null; etag: string | null; error: unknown }>({
    url: null,
    data: null,
    etag: null,
    error: null,
  });
  const [again, setAgain] = useState(0);
  const version = changes.value;
  useEffect(() => {
    if (url === null) return undefined;
    const abort = new AbortController();
    call<T>("GET", url, { abort: abort.signal }).then(
      ({ data, etag }) => setState({ url, data, etag, error: null }),
      (error: unknown) =>
        abort.signal.aborted || setState((old) => ({ ...old, url, error, data: old.url === url && !isGone(error) ? old.data : null })),
    );
    return () => abort.abort();
  }, [url, version, again]);
  const current = state.url === url;
  return {
    data: state.data,
    etag: current ? state.etag : null,
    error: current ? state.error : null,
    loading: url !== null && !current,
    reload: useCallback(() => setAgain((count) => count + 1), []),
  };
}

export type Page<T> = { items: T[]; total: number; next?: string | null };

export type List<T> = {
  /** What was loaded, from the beginning. */
  items: readonly T[];
  total: number;
  error: unknown;
  /** Whether this list is still to be loaded. */
  loading: boolean;
  /** Whether it was loaded at least once: before, nobody knows that it is empty. */
  known: boolean;
  /** Loads up to this index. */
  need: (index: number) => void;
};

const PAGE = 500;
const NOTHING: readonly never[] = [];

type Loading<T> = { url: string; items: readonly T[]; total: number; next: string | null; error: unknown };

/** Reads a list page by page, as far as it is looked at. */
export function useList<T>(path: string, query: Query = {}): List<T> {
  const url = address(path, { ...query, limit: PAGE });
  const [state, setState] = useState<Loading<T> | null>(null);
  const latest = useRef<Loading<T> | null>(null);
  const busy = useRef<AbortController | null>(null);
  const wanted = useRef(0);
  const version = changes.value;

  const load = useCallback(
    async (first: boolean, goal: number, abort: AbortController) => {
      busy.current = abort;
      let list: Loading<T> = first || !latest.current ? { url, items: [], total: 0, next: "", error: null } : latest.current;
      try {
        while (list.next !== null && (list.next === "" || list.items.length <= Math.max(goal, wanted.current))) {
          const { data } = await call<Page<T>>("GET", list.next ? address(url, {}) + `&cursor=${encodeURIComponent(list.next)}` : url, {
            abort: abort.signal,
          });
          list = { url, items: list.items.concat(data.items), total: data.total, next: data.next ?? null, error: null };
        }
      } catch (error) {
        if (abort.signal.aborted) return;
        // What was loaded before is better than nothing.
        list = { ...(first && latest.current?.url === url ? latest.current : list), error };
      }
      busy.current = null;
      latest.current = list;
      setState(list);
    },
    [url],
  );

  useEffect(() => {
    const abort = new AbortController();
    // After a change, as much as was looked at before.
    const goal = latest.current?.url === url ? latest.current.items.length - 1 : 0;
    wanted.current = 0;
    void load(true, goal, abort);
    return () => {
      abort.abort();
      busy.current?.abort();
    };
  }, [url, version, load]);

  const need = useCallback(
    (index: number) => {
      wanted.current = Math.max(wanted.current, index);
      const list = latest.current;
      if (busy.current || !list || list.url !== url || list.next === null || index < list.items.length) return;
      void load(false, index, new AbortController());
    },
    [url, load],
  );

  const shown = state ?? { items: NOTHING, total: 0, error: null, url: "" };
  const known = shown.url === url && state?.next !== "";
  return { items: shown.items, total: shown.total, error: shown.error, loading: shown.url !== url, known, need };
}
