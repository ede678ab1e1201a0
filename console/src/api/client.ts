/** Requests to the admin API of the listener that this page came from, and to nothing else. */
import type { Problem } from "./schema";

export type Query = Record<string, string | number | boolean | null | undefined>;

type Answer<T> = { data: T; etag: string | null };

type Options = {
  query?: Query;
  body?: unknown;
  ifMatch?: string | null;
  /** `If-None-Match: *`: only create. */
  onlyCreate?: boolean;
  abort?: AbortSignal;
  /** Without the token of this tab. */
  anonymous?: boolean;
};

/** The gateway refused a request. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
  ) {
    super(problem.detail);
  }
}

/** A try may take a minute. */
const LONGEST = 75_000;

let token: string | null = null;
let unauthorized: () => void = () => undefined;

export function setToken(value: string | null): void {
  token = value;
}

/** Called when the gateway does not know the token of this tab any more. */
export function onUnauthorized(callback: () => void): void {
  unauthorized = callback;
}

export function address(path: string, query: Query = {}): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString();
  return text ? `${path}?${text}` : path;
}

/** Sends with the token of this tab; an answer of any status. */
export async function send(path: string, init: RequestInit & { anonymous?: boolean }): Promise<Response> {
  const headers = new Headers(init.headers);
  if (token && !init.anonymous) headers.set("Authorization", `Bearer ${token}`);
  const response = await fetch(path, { ...init, headers, cache: "no-store", credentials: "omit", redirect: "error" });
  if (response.status === 401 && !init.anonymous) unauthorized();
  return response;
}

async function problemFrom(response: Response): Promise<Problem> {
  const text = await response.text();
  try {
    return JSON.parse(text) as Problem;
  } catch {
    const detail = text.trim() || response.statusText;
    return { status: response.status, reason: "", detail, title: "", type: "" } as unknown as Problem;
  }
}

/**
 * Asks the admin API.
 *
 * Throws `ApiError` when the gateway refuses, and `TypeError` when it cannot be reached.
 */
export async function call<T>(method: string, path: string, options: Options = {}): Promise<Answer<T>> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") headers["Content-Type"] = "application/json";
  if (options.ifMatch) headers["If-Match"] = options.ifMatch;
  if (options.onlyCreate) headers["If-None-Match"] = "*";
  const body = options.body === undefined ? undefined : JSON.stringify(options.body);
  const limit = AbortSignal.timeout(LONGEST);
  const response = await send(address(path, options.query), {
    method,
    headers,
    body,
    signal: options.abort ? AbortSignal.any([options.abort, limit]) : limit,
    anonymous: options.anonymous,
  });
  if (!response.ok) throw new ApiError(response.status, await problemFrom(response));
  const text = await response.text();
  return { data: (text ? JSON.parse(text) : null) as T, etag: response.headers.get("ETag") };
}

/** A path of the API from its segments: each is percent-encoded. */
export function path(...segments: string[]): string {
  return `/v1/${segments.map(encodeURIComponent).join("/")}`;
}
