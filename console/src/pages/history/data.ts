/** Revisions, and lines of the audit log. */
import { useLocation } from "preact-iso";
import { useList, type List } from "../../api/query";
import type { Line, RevisionInfo } from "../../api/schema";
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
