import { useList, type List } from "../../api/query";
import type { Api } from "../../api/schema";

export const FILTERS = ["q", "service", "function", "environment", "host", "enabled"] as const;
export type Filters = Record<(typeof FILTERS)[number], string>;

export function useApis(filters: Filters): List<Api> {
  return useList<Api>("/v1/apis", filters);
}
