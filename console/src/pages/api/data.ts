import { status } from "../../api/gateway";
import { useQuery, type Loaded, type Page } from "../../api/query";
import type { Api, ApiEnvironment, Route } from "../../api/schema";
import { apiPath } from "../../objects/api";
import { ENVIRONMENTS } from "../../objects/lists";

export function useApi(service: string, name: string): Loaded<Api> {
  return useQuery<Api>(apiPath(service, name));
}

/** What an environment serves: where it is pinned, the API of that revision. */
export type Served = ApiEnvironment & { method: string; path: string };
/** An API that the pinned revision does not have, or that is not read yet. */
export type Missing = { environment: string; pinned: number; loading: boolean };

function pinnedTo(name: string): number | null {
  const found = status.value?.environments.find((one) => one.name === name);
  return found?.state === "pinned" ? (found.revision ?? null) : null;
}

function useServedIn(api: Api, environment: string): Served | Missing | null {
  const now = api.status.environments.find((one) => one.environment === environment);
  const pinned = pinnedTo(environment);
  const asked = { service: api.service, environment, q: api.name, limit: 1000 };
  const { data, loading } = useQuery<Page<Route>>(pinned === null ? null : "/v1/routes", asked);
  if (pinned === null) return now ? { ...now, method: api.method, path: api.path } : null;
  const route = loading ? undefined : data?.items.find((one) => one.api === api.name);
  if (!route) return now ? { environment, pinned, loading } : null;
  const { method, path, enabled, domains, function: name, version } = route;
  return { environment, pinned, enabled, method, path, domains, function: `${name}:${version}` };
}

export function useServed(api: Api): (Served | Missing)[] {
  return ENVIRONMENTS.map((environment) => useServedIn(api, environment)).filter((one) => one !== null);
}

export const isServed = (one: Served | Missing): one is Served => "path" in one;
