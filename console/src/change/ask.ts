/** A change of the configuration, and how the gateway is asked for it. */
import type { ComponentChildren } from "preact";
import { call, type Query } from "../api/client";
import type { Outcome } from "../api/schema";

export type Change = {
  title: string;
  method: "PUT" | "POST" | "DELETE";
  /** Under `/v1`. */
  path: string;
  body?: unknown;
  /** The ETag of the object that is changed; null creates one. */
  etag?: string | null;
  /** The environments that the object is in; all, if it does not say. */
  environments?: readonly string[];
  /** What is said when it is done, such as `release serves revision 1`; otherwise the object by its address. */
  done?: string;
  /** Commands that do the same; without any, `curl` is shown. */
  commands?: string[];
  /** What to know before it is applied. */
  remark?: ComponentChildren;
  /** A name to type before the change can be applied: a guard for what cannot be undone by a second click. */
  confirm?: string;
  danger?: boolean;
  /** The word on the button. */
  verb?: string;
  /** Whether it comes from a form that takes over what somebody else has changed. */
  isOfForm?: boolean;
  onDone?: (outcome: Outcome) => void;
};

type Answered = { change: Outcome };

/** Makes a change, or says what it would do (`dry_run`). */
export async function ask(change: Change, etag: string | null | undefined, query: Query, abort?: AbortSignal): Promise<Outcome> {
  const { data } = await call<Answered>(change.method, change.path, {
    query,
    body: change.body ?? (change.method === "DELETE" ? undefined : {}),
    ifMatch: etag,
    onlyCreate: isCreation(change, etag),
    abort,
  });
  return data.change;
}

/** Whether a change makes an object, and changes none. */
export function isCreation(change: Change, etag: string | null | undefined): boolean {
  return change.method === "PUT" && etag === null;
}
