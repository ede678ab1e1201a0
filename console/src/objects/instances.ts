/** Instances, and whether they answer. */
import { useEffect } from "preact/hooks";
import { useQuery, type Page } from "../api/query";
import type { Instance } from "../api/schema";

/** Whether an instance answers is no change of the configuration: it has to be asked for. */
const ASK_AGAIN = 5_000;

/** Whether an instance was asked and did not answer. */
export const isSilent = ({ state }: Instance) => state === "down" || state === "never_answered";

/** Asks again and again while somebody can see the page. */
export function useAgain(reload: () => void): void {
  useEffect(() => {
    const timer = setInterval(() => document.visibilityState === "visible" && reload(), ASK_AGAIN);
    return () => clearInterval(timer);
  }, [reload]);
}

/** The instances of a function by `namespace/name:version`; null until they are read. */
export function useInstances(functionId: string | null): Instance[] | null {
  const { data, loading, reload } = useQuery<Page<Instance>>(functionId && "/v1/instances", { function: functionId, limit: 1000 });
  useAgain(reload);
  return loading ? null : (data?.items ?? null);
}
