/** A request that somebody can send to try an API. */
import { computed, signal } from "@preact/signals";
import { status } from "../../api/gateway";
import type { Route } from "../../api/schema";
import { quote } from "../../change/command";

const KEY = "fngate.address";
const remembered = signal(localStorage.getItem(KEY));

/** Where the gateway takes requests: its first listener, by the name under which this page was opened; or what the reader has set. */
export const gatewayAddress = computed(() => remembered.value ?? listenerAddress());

function listenerAddress(): string {
  const here = location.hostname || "127.0.0.1";
  const listeners = (status.value?.listeners ?? []).filter(({ address }) => !address.startsWith("unix:"));
  const found = listeners.find(({ tls }) => !tls) ?? listeners[0];
  if (!found) return `${here}:8080`;
  const isLocal = /^(localhost|127\.|\[::1\])/.test(here);
  return isLocal ? found.address : `${here}:${found.address.split(":").pop()}`;
}

export function setGatewayAddress(value: string): void {
  remembered.value = value || null;
  if (value) localStorage.setItem(KEY, value);
  else localStorage.removeItem(KEY);
}

/** A path that a rule matches, such as `/orders/1` for `/orders/{id}`. */
export function samplePath(rule: string): string {
  const path = rule.replace(/^=/, "").replace(/\{[^}]*\+\}/g, "a/b");
  return path.replace(/\{[^}]*\}/g, "1");
}

/** A host that a pattern covers; null for every host. */
function sampleHost(pattern: string): string | null {
  if (pattern === "*") return null;
  return pattern.replace(/^\*\./, "www.");
}

/** A base path as it stands before other paths. */
export function bare(basePath = ""): string {
  return basePath.replace(/\/$/, "");
}

type Domain = { host: string; base_path?: string };

/** An address that a domain covers; `path` is the one behind its base path. */
export function addressIn({ host, base_path }: Domain, path: string): string {
  return `http://${sampleHost(host) ?? gatewayAddress.value}${bare(base_path)}${path}`;
}

/** A method that a rule for it, or for `ANY`, matches. */
export const methodOf = (method: string) => (method === "ANY" ? "GET" : method);

/** A method and an address that lead to an API; null if no domain does. */
export function sampleRequest({ method, path, domains }: { method: string; path: string; domains: readonly Domain[] }) {
  return domains[0] ? { method: methodOf(method), url: addressIn(domains[0], samplePath(path)) } : null;
}

/** The first API that is tried most easily: with GET, and without anything to fill in. */
export function easiest(routes: readonly Route[]): Route | null {
  const effort = (route: Route) => (/^(GET|ANY)$/.test(route.method) ? 0 : 4) + (route.path.includes("{") ? 2 : 0);
  const reached = routes.filter((route) => route.enabled && route.domains.length > 0);
  return reached.sort((one, other) => effort(one) - effort(other))[0] ?? null;
}

type Sent = { method: string; url: string; headers?: { name: string; value: string }[]; body?: string };

/** A command that sends a request to the gateway, whatever the name of the host leads to. */
export function curl({ method, url, headers = [], body = "" }: Sent): string {
  const words = ["curl", "--include"];
  // Without it, curl removes dot segments.
  if (/\/\.{1,2}(\/|$)/.test(url)) words.push("--path-as-is");
  if (method === "HEAD") words.push("--head");
  else if (method !== "GET" || body) words.push("--request", quote(method));
  const { host, port } = target(url);
  if (gatewayAddress.value && gatewayAddress.value !== `${host}:${port}`) words.push("--connect-to", quote(`::${gatewayAddress.value}`));
  for (const { name, value } of headers) words.push("--header", quote(value ? `${name}: ${value}` : `${name};`));
  if (body) words.push("--data-raw", quote(body));
  return [...words, quote(url)].join(" ");
}

function target(url: string): { host: string; port: string } {
  try {
    const { protocol, hostname, port } = new URL(url);
    return { host: hostname, port: port || (protocol === "https:" ? "443" : "80") };
  } catch {
    return { host: "", port: "" };
  }
}
