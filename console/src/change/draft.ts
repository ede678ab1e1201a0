/** A form that the gateway checks while somebody types. */
import { useEffect, useState } from "preact/hooks";
import { ApiError } from "../api/client";
import { connected } from "../api/gateway";
import type { Finding, Outcome } from "../api/schema";
import { mayWrite } from "../session";
import { ask, type Change } from "./ask";

const PAUSE = 350;

export type Draft = {
  /** What the change would do; null while it is checked, or refused. */
  outcome: Outcome | null;
  error: unknown;
  checking: boolean;
  /** What is wrong with the key of the object at a JSON pointer, such as `/path`. */
  wrong: (pointer: string) => string | null;
};

function findings(error: unknown): Finding[] {
  return error instanceof ApiError ? (error.problem.errors ?? []) : [];
}

type Checked = { key: string | null; outcome: Outcome | null; error: unknown };

/**
 * Asks for a dry run of a change when it has stayed the same for a moment, and again when the gateway is back; null is not complete.
 *
 * Nothing is asked with a read-only token: it may not even ask for a dry run.
 */
export function useDraft(change: Change | null): Draft {
  const [checked, setChecked] = useState<Checked>({ key: null, outcome: null, error: null });
  const key = change && mayWrite.value ? JSON.stringify([change.method, change.path, change.body, change.etag]) : null;
  const isConnected = connected.value;
  useEffect(() => {
    if (!change || key === null || !isConnected) return undefined;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      ask(change, change.etag, { dry_run: true }, abort.signal).then(
        (outcome) => setChecked({ key, outcome, error: null }),
        (error: unknown) => abort.signal.aborted || setChecked({ key, outcome: null, error }),
      );
    }, PAUSE);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [key, isConnected]);
  const isCurrent = key !== null && checked.key === key;
  const { outcome, error } = isCurrent ? checked : { outcome: null, error: null };
  // What was wrong stays beside its field while the next letters are checked.
  const wrong = (pointer: string) => {
    const own = findings(key === null ? null : checked.error).filter((finding) => isAt(finding, pointer));
    return own.length > 0 ? own.map(({ message, advice }) => (advice ? `${message}: ${advice}` : message)).join("; ") : null;
  };
  return { outcome, error, wrong, checking: key !== null && !isCurrent };
}

function isAt({ pointer: own }: Finding, pointer: string): boolean {
  return own === pointer || Boolean(own?.startsWith(`${pointer}/`));
}

/** What a form does not show beside one of its fields. */
export function withoutPointers(error: unknown, shown: readonly string[]): unknown {
  if (!(error instanceof ApiError)) return error;
  const all = findings(error);
  const rest = all.filter((finding) => !shown.some((pointer) => isAt(finding, pointer)));
  if (all.length > 0 && rest.length === 0) return null;
  return new ApiError(error.status, { ...error.problem, errors: rest });
}
