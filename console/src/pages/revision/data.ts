/** One revision, its files, and what differs from another one. */
import { useLocation, useRoute } from "preact-iso";
import { useList, useQuery, type Loaded } from "../../api/query";
import type { Environment, PageEnvironment, RevisionDiff, RevisionFiles, RevisionInfo } from "../../api/schema";
import { revisionLink } from "../../shell/links";

export type RevisionView = {
  number: number;
  revision: RevisionFiles | null;
  error: unknown;
  retry: () => void;
  revisions: readonly RevisionInfo[];
  environments: readonly Environment[];
  /** What it is compared with; null: the one before it. */
  base: number | null;
  setBase: (number: number | null) => void;
  diff: Loaded<RevisionDiff>;
};

export function useRevision(): RevisionView {
  const number = Number(useRoute().params["revision"]);
  const { query, route } = useLocation();
  const base = /^\d+$/.test(query["from"] ?? "") ? Number(query["from"]) : null;
  const loaded = useQuery<RevisionFiles>(`/v1/revisions/${number}`);
  const environments = useQuery<PageEnvironment>("/v1/environments");
  const diff = useQuery<RevisionDiff>(`/v1/revisions/${base ?? number}/diff`, { to: base === null ? null : number });
  // While the next revision is read, the last one is still there.
  const revision = loaded.data?.revision.number === number ? loaded.data : null;
  return {
    number,
    revision,
    error: loaded.error,
    retry: loaded.reload,
    revisions: useList<RevisionInfo>("/v1/revisions").items,
    environments: environments.data?.items ?? [],
    base,
    setBase: (next) => route(revisionLink(number) + (next === null ? "" : `?from=${next}`), true),
    diff,
  };
}
