/** Sums of the figures since the page was opened. */
import type { ApiFigures, Figures } from "../../api/schema";
import { reasonStatus } from "../requests/reasons";

type Sum = { requests: number; errors: number; failed: number };
/** `reasons`: how often the gateway answered itself, by reason; what the function failed at has no reason. */
type ApiSum = Sum & { service: string; api: string; reasons: ReadonlyMap<string, number> };
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

function addReasons(before: ReadonlyMap<string, number> | undefined, { refusals }: ApiFigures): ReadonlyMap<string, number> {
  const reasons = new Map(before);
  for (const [reason, rate] of Object.entries(refusals)) reasons.set(reason, (reasons.get(reason) ?? 0) + count(rate));
  return reasons;
}

/** What an API fails at most; null: answers of its function. */
export function mainReason({ failed, reasons }: ApiSum): string | null {
  const [most] = [...reasons].sort(([, one], [, other]) => other - one);
  const own = [...reasons.values()].reduce((sum, times) => sum + times, 0);
  return most && most[1] >= failed - own ? most[0] : null;
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
      const key = `${service}\n${api}`;
      if (api) add(apis, key, { ...sum, service, api, reasons: addReasons(apis.get(key)?.reasons, figure) });
    }
  }
  return { until: last.time, requests, apis, services, refusals };
}

/** One that fails always hurts more than one that fails as often, but seldom. */
const harm = ({ requests, failed }: ApiSum) => (failed * failed) / Math.max(requests, failed);

/** The APIs that fail, the worst first. */
export function worst(seen: Seen, most: number): ApiSum[] {
  const failing = [...seen.apis.values()].filter(({ failed }) => failed > 0);
  return failing.sort((one, other) => harm(other) - harm(one)).slice(0, most);
}
