import { useList, type List } from "../../api/query";
import type { Function } from "../../api/schema";
import { isSilent } from "../../objects/instances";
import { useKept } from "../../objects/lists";

/** A state that the gateway does not filter by. */
const KEEP: Record<string, (one: Function) => boolean> = {
  silent: ({ status }) => status.instances.some(isSilent),
};

export function useFunctions(q: string, state: string): List<Function> {
  return useKept(useList<Function>("/v1/functions", { q }), KEEP[state]);
}
