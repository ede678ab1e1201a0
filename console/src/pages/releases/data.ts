/** Environments, the revisions that they can be released with, and who changed them last. */
import { useList, useQuery, type Loaded } from "../../api/query";
import { status } from "../../api/gateway";
import type { Environment, Line, PageEnvironment, PageLine, RevisionDiff, RevisionInfo, State } from "../../api/schema";

type Releases = {
  environments: readonly Environment[] | null;
  revisions: readonly RevisionInfo[];
  error: unknown;
  retry: () => void;
  /** The revision in use, which a release takes by itself. */
  current: number | null;
  /** Why nothing can be released; null if something can. */
  noHistory: string | null;
};

export function useReleases(): Releases {
  const environments = useQuery<PageEnvironment>("/v1/environments");
  const revisions = useList<RevisionInfo>("/v1/revisions");
  const history = status.value?.history;
  return {
    environments: environments.data?.items ?? null,
    revisions: revisions.items,
    error: environments.error ?? revisions.error,
    retry: environments.reload,
    current: status.value?.revision ?? null,
    noHistory: history && !history.directory ? (history.reason ?? "") : null,
  };
}

const ACTIONS: Partial<Record<State, string>> = { pinned: "release", unreleased: "unrelease", follows: "follow" };

/** The change that brought an environment into its state, if the audit log still has it. */
export function useLastChange(environment: Environment): Line | null {
  const action = ACTIONS[environment.state];
  // The filter finds what contains the name: a page is enough to find the environment itself.
  const path = action ? "/v1/audit" : null;
  const { data } = useQuery<PageLine>(path, { action, object: environment.name });
  const line = data?.items.find((one) => one.object === environment.name);
  return line?.action === action ? ((line as Line) ?? null) : null;
}

/** What differs from one revision to another; nothing is read where nothing can differ. */
export function useDiff(from: number | null, to: number | null): Loaded<RevisionDiff> {
  const read = from !== null && to !== null && from !== to;
  return useQuery<RevisionDiff>(read ? `/v1/revisions/${from}/diff` : null, { to });
}

/** How many revisions an environment lags behind the one in use. */
export function revisionsBehind(environment: Environment, revisions: readonly RevisionInfo[], current: number | null): number {
  const { state, revision } = environment;
  if (state !== "pinned" || typeof revision !== "number" || current === null) return 0;
  const between = revisions.filter(({ number }) => number > revision && number <= current).length;
  // A list that does not reach back to the release says too little.
  return (revisions.at(-1)?.number ?? Infinity) <= revision ? between : Math.max(0, current - revision);
}
