import { useList, useQuery, type List, type Loaded } from "../../api/query";
import type { Function, Trigger } from "../../api/schema";
import { functionPath } from "../../objects/function";

/** `name` may have a version: `name:version`. */
export function useFunction(namespace: string, name: string): Loaded<Function> {
  return useQuery<Function>(functionPath(namespace, name));
}

export function useTriggers(namespace: string, name: string): List<Trigger> {
  return useList<Trigger>(`${functionPath(namespace, name)}/triggers`);
}
