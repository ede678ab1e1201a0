/** Sums of the figures since the page was opened. */
import type { ApiFigures, Figures } from "../../api/schema";
import { reasonStatus } from "../requests/reasons";

type Sum = { requests: number; errors: number; failed: number };
type ApiSum = Sum & { service: string; api: string };
export type ServiceSum = Sum & { service: string };

type Seen = {
  /** Of the last second that is in it. */
  until: string;
  requests: number;
  apis: ReadonlyMap<string, ApiSum>;
  services: ReadonlyMap<string, ServiceSum>;
  /** How often the gateway answered itself, by reason. */
  refusals: ReadonlyMap<string, number>;
};

export const NOTHING_SEEN: Seen = { until: "", requests: 0, apis: new Map(), services: new Map(), refusals: new Map() };

/** Rates are of one second, so they count what ended in it. */
const count = Math.round;

/** Answers with 5xx, and what the gateway refused with another status. */
function sumOf({ requests, classes, refusals }: ApiFigures): Sum {
  const errors = count(classes["5xx"]);
  const refused = Object.entries(refusals).filter(([reason]) => reasonStatus(reason) < 500);
  return { requests: count(requests), errors, failed: refused.reduce((sum, [, rate]) => sum + count(rate), errors) };
}

function add<T extends Sum>(sums: Map<string, T>, key: string, sum: T): void {
  const old = sums.get(key);
  if (!old) return void sums.set(key, sum);
  const { requests, errors, failed } = old;
  sums.set(key, { ...sum, requests: requests + sum.requests, errors: errors + sum.errors, failed: failed + sum.failed });
}

/** Adds those figures that are not in it yet. */
export function addFigures(seen: Seen, figures: readonly Figures[]): Seen {
  const added = figures.filter(({ time }) => time > seen.until);
  const last = added.at(-1);
  if (!last) return seen;
  const [apis, services, refusals] = [new Map(seen.apis), new Map(seen.services), new Map(seen.refusals)];
  let { requests } = seen;
  for (const second of added) {
    requests += count(second.total.requests);
    for (const [reason, rate] of Object.entries(second.total.refusals)) refusals.set(reason, (refusals.get(reason) ?? 0) + count(rate));
    for (const figure of second.apis) {
      const { service, api } = figure;
      const sum = sumOf(figure);
      add(services, service, { ...sum, service });
      if (api) add(apis, `${service}\n${api}`, { ...sum, service, api });
    }
  }
  return { until: last.time, requests, apis, services, refusals };
}

/** The APIs that failed most often, the worst first. */
export function worst(seen: Seen, most: number): ApiSum[] {
  const failing = [...seen.apis.values()].filter(({ failed }) => failed > 0);
  return failing.sort((one, other) => other.failed - one.failed).slice(0, most);
}
