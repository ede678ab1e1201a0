/** A form that the gateway checks while somebody types. */
import { useEffect, useState } from "preact/hooks";
import { ApiError, call } from "../api/client";
import type { Finding, Outcome, Problem } from "../api/schema";
import type { Change } from "./change";

const PAUSE = 350;

export type Draft = {
  /** What the change would do; null while it is checked or refused. */
  outcome: Outcome | null;
  error: unknown;
  /** What is wrong with the key of the object at a JSON pointer, such as `/path`. */
  wrong: (pointer: string) => string | null;
};

function findings(error: unknown): Finding[] {
  return error instanceof ApiError ? ((error.problem as Problem).errors ?? []) : [];
}

/** Asks for a dry run of a change when it has stayed the same for a moment; null is not complete. */
export function useDraft(change: Change | null): Draft {
  const [state, setState] = useState<{ outcome: Outcome | null; error: unknown }>({ outcome: null, error: null });
  const key = change && JSON.stringify([change.method, change.path, change.query, change.body, change.etag]);
  useEffect(() => {
    if (!change) {
      setState({ outcome: null, error: null });
      return undefined;
    }
    const abort = new AbortController();
    const timer = setTimeout(() => {
      call<{ change: Outcome }>(change.method, change.path, {
        query: { ...change.query, dry_run: true },
        body: change.body,
        ifMatch: change.etag,
        onlyCreate: change.method === "PUT" && change.etag === null,
        abort: abort.signal,
      }).then(
        ({ data }) => setState({ outcome: data.change, error: null }),
        (error: unknown) => abort.signal.aborted || setState({ outcome: null, error }),
      );
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [key]);
  const wrong = (pointer: string) => {
    const own = findings(state.error).filter((finding) => finding.pointer === pointer || finding.pointer?.startsWith(`${pointer}/`));
    return own.length > 0 ? own.map((finding) => finding.message).join("; ") : null;
  };
  return { ...state, wrong };
}

/** What a form does not show beside one of its fields. */
export function withoutPointers(error: unknown, shown: readonly string[]): unknown {
  if (!(error instanceof ApiError)) return error;
  const all = findings(error);
  const rest = all.filter((finding) => !shown.some((pointer) => finding.pointer === pointer || finding.pointer?.startsWith(`${pointer}/`)));
  if (all.length > 0 && rest.length === 0) return null;
  return new ApiError(error.status, { ...error.problem, errors: rest });
}
