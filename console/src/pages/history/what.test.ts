import { describe, expect, it, vi } from "vitest";
import type { AuditLine } from "./data";

vi.stubGlobal("localStorage", { getItem: () => "en" });
vi.stubGlobal("document", { documentElement: {}, addEventListener: () => undefined });
const { changedKeys, filesOf, whatOf } = await import("./what");

const line = (action: string, object: string, more: Partial<AuditLine> = {}) => ({ action, object, ...more }) as AuditLine;
const API = "/v1/services/shop/apis/GET%20%2Flegacy";

describe("what a change did", () => {
  it("is told by the audit log", () => {
    const change = line("change", API, { before: { enabled: true, path: "/legacy" }, after: { enabled: false, path: "/legacy" } });
    expect(whatOf(change)).toBe("~ API GET /legacy · shop: enabled: true → false");
    expect(whatOf(line("create", "/v1/functions/default/files"))).toBe("+ Function files");
    expect(whatOf(line("delete", API))).toBe("− API GET /legacy · shop");
    expect(whatOf(line("rollback", "2"))).toBe("Rolled back to 2");
    expect(whatOf(line("rewrite", "/etc/fngate/fngate.toml /etc/fngate/shop.toml"))).toBe("Edited fngate.toml, shop.toml");
    expect(whatOf(line("reload", ""))).toBeNull();
  });
  it("has a few keys, and values that are not too long", () => {
    const keys = { a: 1, b: 2, c: 3, d: 4 };
    expect(changedKeys(line("change", API, { before: keys, after: { a: 2, b: 3, c: 4, d: 5 } }))).toBe("a: 1 → 2, b: 2 → 3, c: 3 → 4, …");
    expect(changedKeys(line("change", API, { before: {}, after: { timeout: "x".repeat(50) } }))).toHaveLength(54);
  });
  it("is told by the difference where the log does not know it", () => {
    const diff = ["--- a/etc/x.toml", "+++ b/etc/x.toml", "@@ -1,2 +1,3 @@", " a", "-b", "+c", "+d", ""].join("\n");
    expect(filesOf(diff)).toBe("x.toml +2 −1");
  });
});
