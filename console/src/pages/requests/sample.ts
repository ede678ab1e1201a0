/** A request that somebody can send to try an API. */
import { signal } from "@preact/signals";
import { status } from "../../api/gateway";
import type { Certificate, Route } from "../../api/schema";
import { quote } from "../../change/command";

type Scheme = "http" | "https";
const keyOf = (scheme: Scheme) => (scheme === "http" ? "fngate.address" : "fngate.address.https");
const remembered = signal<Record<Scheme, string | null>>({
  http: localStorage.getItem(keyOf("http")),
  https: localStorage.getItem(keyOf("https")),
});

export const schemeOf = (url: string): Scheme => (/^https:/i.test(url) ? "https" : "http");

/** Whether a listener takes requests with or without TLS; before anything is known of them, one without. */
function listenerOf(scheme: Scheme): string | null {
  const here = location.hostname || "127.0.0.1";
  if (!status.value) return scheme === "http" ? `${here}:8080` : null;
  const listeners = status.value.listeners.filter(({ address }) => !address.startsWith("unix:"));
  const found = listeners.find(({ tls }) => tls === (scheme === "https"));
  if (!found) return null;
  const isLocal = /^(localhost|127\.|\[::1\])/.test(here);
  return isLocal ? found.address : `${here}:${found.address.split(":").pop()}`;
}

/**
 * Where the gateway takes requests of a scheme: its first listener for it, by the name under which this page was opened; or what the
 * reader has set. Null if there is none.
 */
export function gatewayAddress(scheme: Scheme): string | null {
  return remembered.value[scheme] ?? listenerOf(scheme);
}

export function setGatewayAddress(scheme: Scheme, value: string): void {
  remembered.value = { ...remembered.value, [scheme]: value || null };
  if (value) localStorage.setItem(keyOf(scheme), value);
  else localStorage.removeItem(keyOf(scheme));
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
  const scheme = gatewayAddress("http") === null && gatewayAddress("https") !== null ? "https" : "http";
  return `${scheme}://${sampleHost(host) ?? gatewayAddress(scheme) ?? "localhost"}${bare(base_path)}${path}`;
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

export type Sent = { method: string; url: string; headers?: { name: string; value: string }[]; body?: string };

/** A command that sends a request to the gateway, whatever the name of the host leads to. */
export function curl({ method, url, headers = [], body = "" }: Sent, isTrusted = false): string {
  const words = ["curl", "--include"];
  if (schemeOf(url) === "https" && !isTrusted) words.push("--insecure");
  // Without it, curl removes dot segments.
  if (/\/\.{1,2}(\/|$)/.test(url)) words.push("--path-as-is");
  if (method === "HEAD") words.push("--head");
  else if (method !== "GET" || body) words.push("--request", quote(method));
  const { host, port } = target(url);
  const address = gatewayAddress(schemeOf(url));
  if (address && address !== `${host}:${port}`) words.push("--connect-to", quote(`::${address}`));
  for (const { name, value } of headers) words.push("--header", quote(value ? `${name}: ${value}` : `${name};`));
  if (body) words.push("--data-raw", quote(body));
  return [...words, quote(url)].join(" ");
}

/** Whether a certificate that the gateway ordered covers the host of a URL: curl trusts its issuer. Of others nobody knows. */
export function isTrusted(url: string, certificates: readonly Certificate[]): boolean {
  const { host } = target(url);
  const covers = (name: string) => name === host || (name.startsWith("*.") && host.slice(host.indexOf(".")) === name.slice(1));
  return certificates.some(
    ({ source, state, names }) => source === "acme" && (state === "valid" || state === "expiring") && names.some(covers),
  );
}

function target(url: string): { host: string; port: string } {
  try {
    const { protocol, hostname, port } = new URL(url);
    return { host: hostname, port: port || (protocol === "https:" ? "443" : "80") };
  } catch {
    return { host: "", port: "" };
  }
}
