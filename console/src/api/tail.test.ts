import { describe, expect, it, vi } from "vitest";
import type { RequestEvent } from "./schema";

vi.mock("../session", () => ({ person: { value: null } }));
const { passes, prune } = await import("./tail");

const request = (more: Partial<RequestEvent>) =>
  ({
    status: 200,
    method: "GET",
    service: "shop",
    api: "all",
    function: "default/orders",
    version: "2",
    environment: "release",
    host: "Shop.example.com:8080",
    duration_ms: 120,
    ...more,
  }) as RequestEvent;

describe("the requests that are kept", () => {
  it("have more of those that failed", () => {
    const all = [200, 200, 200, 404, 200, 502, 500].map((status) => request({ status }));
    expect(prune(all, 2).map(({ status }) => status)).toEqual([200, 200, 404, 502]);
  });
});

describe("a filter of the tail", () => {
  it.each([
    [{}, true],
    [{ status: "200" }, true],
    [{ status: "2xx", method: "get" }, true],
    [{ status: "5xx" }, false],
    [{ slower_than: "100ms" }, true],
    [{ slower_than: "0.1s" }, true],
    [{ slower_than: "3s" }, false],
    [{ slower_than: "fast" }, false],
    [{ function: "orders" }, true],
    [{ function: "default/orders:2" }, true],
    [{ function: "orders:1" }, false],
    [{ host: "shop.example.com" }, true],
    [{ host: "SHOP.example.com:8080" }, true],
    [{ host: "shop.example.com:80" }, false],
    [{ service: "shop", api: "none" }, false],
    [{ environment: "test" }, false],
  ])("%j: %s", (filters, expected) => {
    expect(passes(filters)(request({}))).toBe(expected);
  });
});
