/** From the answer of a look-up to requests that may have been meant. */
import type { Explained, Service } from "../../api/schema";
import { addressIn, bare, samplePath } from "../requests/sample";

export type Asked = { method: string; url: string };

/** `shop.example.com/orders/7` is short for `http://…`. */
export function withScheme(url: string): string {
  return /^[a-z][a-z\d+.-]*:\/\//i.test(url) ? url : `http://${url}`;
}

const percent = (character: string) =>
  [...new TextEncoder().encode(character)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");

/** As a browser sends it: with escapes for what no address has, and without its fragment. Dot segments stay: they decide what it selects. */
export function encoded(url: string): string {
  const [, host = "", path = "", query = ""] = /^([^/]*\/\/[^/?#]*)([^?#]*)(\?[^#]*)?/.exec(url) ?? [];
  return host + path.replace(/[^\x21-\x7e]|["<>^`{}]/gu, percent) + query.replace(/[^\x21-\x7e]|["<>]/gu, percent);
}

/** Whether an address with a scheme says which host it is for. */
export const hasHost = (url: string) => /^[^/]*\/\/[^/?#:]/.test(url);

/** A path that a rule matches, with as much of what was asked for as fits. */
export function fill(rule: string, path: string): string {
  const asked = path.split("/");
  const segments = rule.replace(/^=/, "").split("/");
  return segments.map((segment, index) => (/^\{.*\}$/.test(segment) && asked[index]) || samplePath(segment)).join("/");
}

export function selectedDomain({ domains }: Explained) {
  return domains.find((domain) => !domain.lost);
}

/** The path behind the base path: what rules are compared with. */
export function pathInService(explained: Explained): string {
  const base = bare(selectedDomain(explained)?.base_path);
  return explained.path.slice(base.length) || "/";
}

/** What was meant, perhaps: each with the request that leads there. */
export function nearMisses(explained: Explained): { label: string; asked: Asked }[] {
  const base = bare(selectedDomain(explained)?.base_path);
  return explained.near.map((label) => {
    const [, method, rule] = /^([A-Z]+) (=?\/.*)$/.exec(label) ?? [];
    if (method && rule) {
      const path = base + fill(rule, pathInService(explained));
      return { label, asked: { method: method === "ANY" ? explained.method : method, url: `http://${explained.host}${path}` } };
    }
    const slash = label.indexOf("/");
    const [host, path] = slash < 0 ? [label, explained.path] : [label.slice(0, slash), label.slice(slash)];
    return { label, asked: { method: explained.method, url: addressIn({ host }, path) } };
  });
}

/** The request that reaches an API in another environment; null if no domain leads there. */
export function requestIn(environment: string, rule: string, explained: Explained, services: readonly Service[]): Asked | null {
  const service = services.find(({ name }) => name === selectedDomain(explained)?.service);
  const domain = service?.domains.find((one) => (one.environment ?? "release") === environment);
  if (!domain) return null;
  return { method: explained.method, url: addressIn(domain, fill(rule, pathInService(explained))) };
}
