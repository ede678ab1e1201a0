import { useQuery, type Loaded, type Page } from "../../api/query";
import type { Api, Instance } from "../../api/schema";
import { apiPath } from "../../objects/api";

export function useApi(service: string, name: string): Loaded<Api> {
  return useQuery<Api>(apiPath(service, name));
}

/** The instances of one function version, by `namespace/name:version`. */
export function useInstances(id: string): Instance[] {
  return useQuery<Page<Instance>>("/v1/instances", { function: id, limit: 1000 }).data?.items ?? [];
}
