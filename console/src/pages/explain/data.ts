/** Look-ups, and requests that are sent to see what comes of them. */
import { useLocation } from "preact-iso";
import { useState } from "preact/hooks";
import { call } from "../../api/client";
import { useQuery, type Page } from "../../api/query";
import type { Explained, RequestEvent, Route, Service, Tried, TryBody } from "../../api/schema";
import { requests } from "../../api/tail";
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

/** How long the tail may take to have a request that was sent. */
const LATE_MS = 2_000;

async function inTail(id: string | null | undefined): Promise<RequestEvent | null> {
  for (let waited = 0; id && waited < LATE_MS; waited += 50) {
    const found = requests.value.find(({ request_id }) => request_id === id);
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return null;
}

type Trial = { answer: Tried | null; request: RequestEvent | null; error: unknown; busy: boolean };
const UNTRIED: Trial = { answer: null, request: null, error: null, busy: false };

/** Sends a request through the gateway. */
export function useTry(): Trial & { send: (request: TryBody) => Promise<void> } {
  const [tried, setTried] = useState(UNTRIED);
  const send = async (request: TryBody) => {
    setTried({ ...UNTRIED, busy: true });
    try {
      const { data: answer } = await call<Tried>("POST", "/v1/try", { body: request });
      setTried({ ...UNTRIED, answer });
      const event = await inTail(answer.request_id);
      if (event) setTried({ ...UNTRIED, answer, request: event });
    } catch (error) {
      setTried({ ...UNTRIED, error });
    }
  };
  return { ...tried, send };
}
