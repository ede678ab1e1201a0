/** Revisions, and lines of the audit log. */
import { useLocation } from "preact-iso";
import { useEffect, useState } from "preact/hooks";
import { call } from "../../api/client";
import { useList, useQuery, type List, type Page } from "../../api/query";
import type { Line, RevisionDiff, RevisionInfo } from "../../api/schema";
import { historyLink } from "../../shell/links";

export const useRevisions = (): List<RevisionInfo> => useList<RevisionInfo>("/v1/revisions");

/** `before` and `after` are objects of any kind. */
export type AuditLine = Omit<Line, "before" | "after"> & { before?: Fields | null; after?: Fields | null };
export type Fields = Record<string, unknown>;

export const ACTIONS = [
  "create",
  "change",
  "delete",
  "apply",
  "rewrite",
  "rollback",
  "release",
  "unrelease",
  "follow",
  "reload",
  "try",
] as const;
export type Action = (typeof ACTIONS)[number];

type AuditFilters = { author: string; object: string; action: string };

/** The tab and the filters, which are in the address, so that they can be sent to somebody. */
export function useView(): { tab: "revisions" | "audit"; filters: AuditFilters; setFilter: (change: Partial<AuditFilters>) => void } {
  const { query, route } = useLocation();
  const { tab, author = "", object = "", action = "" } = query;
  const filters = { author, object, action };
  return {
    tab: tab === "audit" ? "audit" : "revisions",
    filters,
    setFilter: (change) => route(auditLink({ ...filters, ...change }), true),
  };
}

export function auditLink(filters: Partial<AuditFilters> = {}): string {
  const given = Object.entries(filters).filter(([, value]) => value !== "");
  return `${historyLink()}?${new URLSearchParams([["tab", "audit"], ...given])}`;
}

/**
 * Objects are named by their address, in which names are percent-encoded.
 *
 * What somebody looks for is a part of such an address, or of a name such as `GET /orders/{id}`.
 */
export function addressPart(typed: string): string {
  const text = typed.trim();
  const isAddress = text.startsWith("/v1") || text.includes("%") || text.endsWith(".toml");
  return isAddress || !/[\s{}]|^\//.test(text) ? text : encodeURIComponent(text);
}

export function useAudit({ author, object, action }: AuditFilters): List<AuditLine> {
  return useList<AuditLine>("/v1/audit", { author: author.trim(), object: addressPart(object), action });
}

/** The last lines of the audit log by the revision that they made; null until they are read. */
export function useLinesByRevision(): ReadonlyMap<number, AuditLine[]> | null {
  const lines = useQuery<Page<AuditLine>>("/v1/audit", { limit: 1000 }).data?.items;
  if (!lines) return null;
  const found = new Map<number, AuditLine[]>();
  lines.forEach((line) => found.set(line.revision, [...(found.get(line.revision) ?? []), line]));
  return found;
}

/** What revisions changed: it stays. */
const differences = new Map<string, RevisionDiff>();

/** What a revision changed in its files; null reads nothing. */
export function useDifference(revision: RevisionInfo | null): RevisionDiff | null {
  const key = revision && `${revision.number} ${revision.hash}`;
  const [, setRead] = useState<string | null>(null);
  useEffect(() => {
    if (!revision || !key || differences.has(key)) return undefined;
    const abort = new AbortController();
    call<RevisionDiff>("GET", `/v1/revisions/${revision.number}/diff`, { abort: abort.signal }).then(
      ({ data }) => {
        differences.set(key, data);
        setRead(key);
      },
      () => undefined,
    );
    return () => abort.abort();
  }, [key]);
  return (key && differences.get(key)) || null;
}
