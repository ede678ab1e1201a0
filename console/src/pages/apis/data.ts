import { computed } from "@preact/signals";
import { status } from "../../api/gateway";
import { useList, type List } from "../../api/query";
import type { Api } from "../../api/schema";
import { useKept } from "../../objects/lists";
import { isReached } from "../../objects/parts";

/** Warnings of the gateway by the place that they are about. */
const warnings = computed(() => new Map(status.value?.warnings.map(({ file, line, message }) => [`${file}:${line}`, message])));

export function warningOf({ status: { origin } }: Api): string | undefined {
  return warnings.value.get(`${origin.file}:${origin.line}`);
}

/** States that the gateway does not filter by. */
const KEEP: Record<string, (api: Api) => boolean> = {
  unreachable: (api) => api.enabled && !isReached(api),
  warned: (api) => warningOf(api) !== undefined,
};

export const FILTERS = ["q", "service", "function", "environment", "host", "enabled"] as const;
export type Filters = Record<(typeof FILTERS)[number], string>;

export function useApis(filters: Filters): List<Api> {
  const keep = KEEP[filters.enabled];
  return useKept(useList<Api>("/v1/apis", keep ? { ...filters, enabled: "" } : filters), keep);
}
