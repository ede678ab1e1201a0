/** Names of objects, for choices in forms and filters. */
import { useEffect } from "preact/hooks";
import { useQuery, type List, type Page } from "../api/query";
import type { Function, Service } from "../api/schema";
import { shortId } from "./parts";

const MOST = { limit: 1000 };

/** The first thousand services by name; null until they are read. */
export function useServices(): Service[] | null {
  return useQuery<Page<Service>>("/v1/services", MOST).data?.items ?? null;
}

/** The first thousand function versions, as `name` or `namespace/name:version`; null until they are read. */
export function useFunctionNames(): string[] | null {
  return useQuery<Page<Function>>("/v1/functions", MOST).data?.items.map((one) => shortId(one.status.id)) ?? null;
}

/** What of a list is kept by a filter that the gateway does not have: all of it is loaded. Without a filter, the list as it is. */
export function useKept<T>(list: List<T>, keep: ((one: T) => boolean) | undefined): List<T> {
  const { items, total, need } = list;
  const rest = keep !== undefined && items.length < total;
  useEffect(() => {
    if (rest) need(total - 1);
  }, [rest, items.length, total, need]);
  if (!keep) return list;
  const kept = items.filter(keep);
  return {
    ...list,
    items: kept,
    total: kept.length,
    need: () => undefined,
    known: list.known && !rest,
    loading: list.loading || (rest && list.error === null),
  };
}

export function hostsOf(services: readonly Service[]): string[] {
  return [...new Set(services.flatMap((service) => service.domains.map((domain) => domain.host)))].sort();
}

export const ENVIRONMENTS = ["release", "prepub", "test"] as const;
/** Methods of requests; an API may also have another one. */
export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] as const;
export const API_METHODS = ["ANY", ...METHODS] as const;
