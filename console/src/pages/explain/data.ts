/** Look-ups, and requests that are sent to see what comes of them. */
import { useLocation } from "preact-iso";
import { useState } from "preact/hooks";
import { call } from "../../api/client";
import { useQuery, type Page } from "../../api/query";
import type { Explained, RequestEvent, Route, Service } from "../../api/schema";
import { openStream } from "../../api/stream";
import { explainLink } from "../../shell/links";
import { easiest, gatewayAddress, sampleHost, samplePath, sampleRequest } from "../requests/sample";

export type Asked = { method: string; url: string };
export type Header = { name: string; value: string };

export type Answer = {
  status: number;
  headers: Header[];
  body: string;
  encoding: "text" | "base64";
  truncated: boolean;
  duration_ms: number;
  request_id: string | null;
};

/** `shop.example.com/orders/7` is short for `http://…`. */
export function withScheme(url: string): string {
  return /^[a-z][a-z\d+.-]*:\/\//i.test(url) ? url : `http://${url}`;
}

/** The address of a host and path as this gateway knows them. */
function address(host: string, path: string): string {
  return `http://${sampleHost(host) ?? gatewayAddress.value}${path}`;
}

function bare(basePath: string | undefined): string {
  return (basePath ?? "").replace(/\/$/, "");
}

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
    return { label, asked: { method: explained.method, url: address(host, path) } };
  });
}

/** The request that reaches an API in another environment; null if no domain leads there. */
export function requestIn(environment: string, rule: string, explained: Explained, services: readonly Service[]): Asked | null {
  const service = services.find(({ name }) => name === selectedDomain(explained)?.service);
  const domain = service?.domains.find((one) => (one.environment ?? "release") === environment);
  if (!domain) return null;
  return { method: explained.method, url: address(domain.host, bare(domain.base_path) + fill(rule, pathInService(explained))) };
}

/** The look-up of the address, and what may be looked up. */
export function useExplain() {
  const { query, route } = useLocation();
  const url = query.url ? withScheme(query.url) : "";
  const asked: Asked | null = url ? { method: query.method || "GET", url } : null;
  const explained = useQuery<Explained>(asked && "/v1/explain", asked ?? {});
  const services = useQuery<Page<Service>>("/v1/services", { limit: 1000 }).data?.items ?? [];
  const routes = useQuery<Page<Route>>("/v1/routes", { enabled: true, limit: 100 }).data?.items ?? [];
  const first = easiest(routes);
  const samples = [first, ...routes.filter((one) => one !== first)].map((one) => one && sampleRequest(one));
  const domains = services.flatMap((service) => service.domains);
  return {
    asked,
    ask: (next: Asked) => route(explainLink({ method: next.method.trim() || "GET", url: withScheme(next.url.trim()) })),
    explained,
    services,
    samples: samples.filter((one) => one !== null).slice(0, 4),
    addresses: [...new Set(domains.map(({ host, base_path }) => address(host, `${bare(base_path)}/`)))],
  };
}

const OPENING_MS = 1_500;
const LATE_MS = 2_000;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Follows the requests of a host while one is sent: the tail shows only what ends while somebody looks. */
async function follow(host: string) {
  const seen = new Map<string, RequestEvent>();
  let close: () => void = () => undefined;
  const open = new Promise<void>((resolve) => {
    close = openStream(
      "/v1/requests",
      { host },
      {
        event: (name, data) => name === "request" && seen.set((data as RequestEvent).request_id, data as RequestEvent),
        state: (state) => state !== "opening" && resolve(),
      },
    );
  });
  await Promise.race([open, pause(OPENING_MS)]);
  const find = async (id: string | null) => {
    for (let waited = 0; id && waited < LATE_MS && !seen.has(id); waited += 50) await pause(50);
    return (id && seen.get(id)) || null;
  };
  return { find, close };
}

export type Tried = { answer: Answer | null; request: RequestEvent | null; error: unknown; busy: boolean };
const UNTRIED: Tried = { answer: null, request: null, error: null, busy: false };

/** Sends a request through the gateway. */
export function useTry(host: string): Tried & { send: (request: Asked & { headers: Header[]; body: string }) => Promise<void> } {
  const [tried, setTried] = useState(UNTRIED);
  const send = async (request: Asked & { headers: Header[]; body: string }) => {
    setTried({ ...UNTRIED, busy: true });
    const followed = await follow(host);
    try {
      const { data: answer } = await call<Answer>("POST", "/v1/try", { body: request });
      setTried({ ...UNTRIED, answer });
      const event = await followed.find(answer.request_id);
      if (event) setTried({ ...UNTRIED, answer, request: event });
    } catch (error) {
      setTried({ ...UNTRIED, error });
    } finally {
      followed.close();
    }
  };
  return { ...tried, send };
}
