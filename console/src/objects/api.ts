/** What is said and done about an API in more than one place. */
import type { Api, ApiBody } from "../api/schema";
import { path } from "../api/client";

/** `GET /orders/{id}` */
export function ruleOf(api: { method: string; path: string }): string {
  return `${api.method} ${api.path}`;
}

/** A host with its base path, unless that is all of it. */
export function domainName({ host, base_path }: { host: string; base_path?: string }): string {
  return base_path && base_path !== "/" ? host + base_path : host;
}

export function apiPath(service: string, api: string): string {
  return path("services", service, "apis", api);
}

/** The keys that a change sends: all of them, since one that is left out gets its default. */
export function bodyOf(api: Api): ApiBody {
  return {
    path: api.path,
    method: api.method,
    function: api.function,
    environments: api.environments,
    versions: api.versions,
    timeout: api.timeout,
    max_body_bytes: api.max_body_bytes,
    headers: api.headers,
    raw_path: api.raw_path,
    enabled: api.enabled,
  };
}
