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

/** Domains as a change sends them: rows without a host are not there. */
export function domainsOf(rows: readonly Domain[]): Domain[] {
  return rows
    .filter((row) => row.host.trim() !== "")
    .map((row) => ({ ...row, host: row.host.trim(), base_path: row.base_path?.trim() || "/" }));
}
