/** Names of objects, for choices in forms and filters. */
import { useQuery, type Page } from "../api/query";
import type { Function, Service } from "../api/schema";
import { shortId } from "./parts";

const MOST = { limit: 1000 };

/** The first thousand services by name. */
export function useServices(): Service[] {
  return useQuery<Page<Service>>("/v1/services", MOST).data?.items ?? [];
}

/** The first thousand function versions, as `name` or `namespace/name:version`. */
export function useFunctionNames(): string[] {
  const functions = useQuery<Page<Function>>("/v1/functions", MOST).data?.items ?? [];
  return functions.map((one) => shortId(one.status.id));
}

export function hostsOf(services: Service[]): string[] {
  return [...new Set(services.flatMap((service) => service.domains.map((domain) => domain.host)))].sort();
}

export const ENVIRONMENTS = ["release", "prepub", "test"] as const;
export const METHODS = ["ANY", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"] as const;
