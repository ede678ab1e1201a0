import { useList, type List } from "../../api/query";
import { path } from "../../api/client";
import type { Domain, Service } from "../../api/schema";

export function useServiceList(q: string): List<Service> {
  return useList<Service>("/v1/services", { q });
}

export function servicePath(name: string): string {
  return path("services", name);
}

export const NEW_DOMAIN: Domain = { host: "", base_path: "/", environment: "release" };

const isGiven = (row: Domain) => row.host.trim() !== "";

/** Domains as a change sends them: rows without a host are not there. */
export function domainsOf(rows: readonly Domain[]): Domain[] {
  return rows.filter(isGiven).map((row) => ({ ...row, host: hostOf(row.host), base_path: row.base_path?.trim() || "/" }));
}

/** The place of a row among those that are sent. */
export function placeOf(rows: readonly Domain[], index: number): number {
  return rows.slice(0, index).filter(isGiven).length;
}

/** A host without what an address has around it. */
export function hostOf(typed: string): string {
  return typed
    .trim()
    .replace(/^https?:\/\//i, "")
    .replace(/\/+$/, "");
}
