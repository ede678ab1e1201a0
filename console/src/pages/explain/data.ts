/** Look-ups, and requests that are sent to see what comes of them. */
import { useLocation } from "preact-iso";
import { useState } from "preact/hooks";
import { call } from "../../api/client";
import { useQuery, type Page } from "../../api/query";
import type { Explained, RequestEvent, Route, Service, Tried, TryBody } from "../../api/schema";
import { openStream } from "../../api/stream";
import { explainLink } from "../../shell/links";
import { addressIn, easiest, sampleRequest } from "../requests/sample";
import { encoded, withScheme, type Asked } from "./lookup";

/** The look-up of the address, and what may be looked up. */
export function useExplain() {
  const { query, route } = useLocation();
  const url = query.url ? encoded(withScheme(query.url)) : "";
  const asked: Asked | null = url ? { method: query.method || "GET", url } : null;
  const explained = useQuery<Explained>(asked && "/v1/explain", asked ?? {});
  const services = useQuery<Page<Service>>("/v1/services", { limit: 1000 }).data?.items ?? [];
  const routes = useQuery<Page<Route>>("/v1/routes", { enabled: true, limit: 100 }).data?.items ?? [];
  const first = easiest(routes);
  const samples = [first, ...routes.filter((one) => one !== first)].map((one) => one && sampleRequest(one));
  const domains = services.flatMap((service) => service.domains);
  return {
    asked,
    ask: (next: Asked) => route(explainLink({ method: next.method.trim() || "GET", url: encoded(withScheme(next.url.trim())) })),
    explained,
    services,
    samples: samples.filter((one) => one !== null).slice(0, 4),
    addresses: [...new Set(domains.map((domain) => addressIn(domain, "/")))],
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
  const find = async (id: string | null | undefined) => {
    for (let waited = 0; id && waited < LATE_MS && !seen.has(id); waited += 50) await pause(50);
    return (id && seen.get(id)) || null;
  };
  return { find, close };
}

type Trial = { answer: Tried | null; request: RequestEvent | null; error: unknown; busy: boolean };
const UNTRIED: Trial = { answer: null, request: null, error: null, busy: false };

/** Sends a request through the gateway. */
export function useTry(host: string): Trial & { send: (request: TryBody) => Promise<void> } {
  const [tried, setTried] = useState(UNTRIED);
  const send = async (request: TryBody) => {
    setTried({ ...UNTRIED, busy: true });
    const followed = await follow(host);
    try {
      const { data: answer } = await call<Tried>("POST", "/v1/try", { body: request });
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
