import { useList, type List } from "../../api/query";
import type { Function } from "../../api/schema";

export function useFunctions(q: string): List<Function> {
  return useList<Function>("/v1/functions", { q });
}
