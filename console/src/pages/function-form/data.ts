/** What the form holds, and the change that it makes. */
import type { Function, FunctionBody } from "../../api/schema";
import type { Change } from "../../change/change";
import { functionPath } from "../../objects/function";
import { compact } from "../../objects/body";
import { areHeadersFine, headersOf, rowsOf, type HeaderRow } from "../../objects/headers";
import { LATEST } from "../../shell/links";

/** Keys with text that are only shown on request. */
export const FURTHER = [
  "connect_timeout",
  "start_wait",
  "queue_timeout",
  "keepalive",
  "stream_idle",
  "stream_max",
  "websocket_idle",
  "ping_interval",
  "max_response_header_bytes",
  "proxy_protocol",
] as const;
export const NUMBERS = ["max_concurrency", "queue", "memory", "max_response_headers"] as const;

type Texts = Record<(typeof FURTHER)[number] | (typeof NUMBERS)[number] | "timeout", string>;
export type Form = Texts & { namespace: string; name: string; version: string; instances: string; headers: HeaderRow[] };

/** As `docs/configuration.md` has them. */
export const DEFAULTS: Texts = {
  timeout: "15s",
  connect_timeout: "5s",
  start_wait: "1s",
  queue_timeout: "1s",
  keepalive: "auto",
  stream_idle: "60s",
  stream_max: "0s",
  websocket_idle: "10m",
  ping_interval: "5m",
  max_response_header_bytes: "64KiB",
  proxy_protocol: "off",
  max_concurrency: "0",
  queue: "0",
  memory: "0",
  max_response_headers: "100",
};

const KEYS = ["timeout", ...FURTHER, ...NUMBERS] as const;

export const EMPTY: Form = {
  namespace: "default",
  name: "",
  version: "",
  instances: "",
  headers: [],
  ...(Object.fromEntries(KEYS.map((key) => [key, ""])) as Texts),
};

export function formOf(one: Function): Form {
  return {
    ...(Object.fromEntries(KEYS.map((key) => [key, String(one[key])])) as Texts),
    namespace: one.namespace,
    name: one.name,
    version: one.version === LATEST ? "" : one.version,
    instances: one.instances.join("\n"),
    headers: rowsOf(one.headers ?? {}),
  };
}

export function isNumber(text: string): boolean {
  return /^\d*$/.test(text.trim());
}

/** The first line that lacks a scheme, such as `127.0.0.1:9000`. */
export function bareAddress(instances: string): string | null {
  return linesOf(instances).find((line) => /^(\[[\da-f:.]+\]|[\w.-]+):\d+\/?$/i.test(line) && !line.startsWith("builtin:")) ?? null;
}

/** With a scheme in the lines that are this address. */
export function withScheme(instances: string, address: string): string {
  return instances.replace(/[^\n,]+/g, (line) => (line.trim() === address ? line.replace(address, () => `http://${address}`) : line));
}

const linesOf = (instances: string) =>
  instances
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter(Boolean);

/** A key that is empty is left out, and gets its default. */
function bodyOf(form: Form): FunctionBody {
  const texts = Object.fromEntries(["timeout" as const, ...FURTHER].map((key) => [key, form[key].trim() || null]));
  const numbers = Object.fromEntries(NUMBERS.map((key) => [key, form[key].trim() ? Number(form[key]) : null]));
  return compact({ instances: linesOf(form.instances), headers: headersOf(form.headers), ...texts, ...numbers });
}

/** Null while the form lacks something. `etag` is null for a new function. */
export function changeOf(form: Form, etag: string | null): Omit<Change, "title" | "verb"> | null {
  const body = bodyOf(form);
  const isWhole = form.namespace.trim() && form.name.trim() && body.instances.length > 0;
  if (!isWhole || !NUMBERS.every((key) => isNumber(form[key])) || !areHeadersFine(form.headers)) return null;
  return { method: "PUT", path: functionPath(form.namespace.trim(), form.name.trim(), form.version.trim() || undefined), etag, body };
}
