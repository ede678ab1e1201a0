import { describe, expect, it, vi } from "vitest";
import type { Explained, Service } from "../../api/schema";

vi.stubGlobal("location", { hostname: "127.0.0.1" });
vi.stubGlobal("localStorage", { getItem: () => null });
const { fill, nearMisses, pathInService, requestIn, encoded, hasHost, withScheme } = await import("./lookup");

const domain = { host: "shop.example.com", base_path: "/v1", service: "shop", environment: "release", lost: null };
const explained = { method: "POST", host: "shop.example.com", path: "/v1/order/7", domains: [domain], near: [] } as unknown as Explained;

describe("a look-up", () => {
  it("takes an address without a scheme", () => {
    expect(withScheme("shop.example.com/a")).toBe("http://shop.example.com/a");
    expect(withScheme("https://shop.example.com/a")).toBe("https://shop.example.com/a");
  });
  it("escapes what a browser escapes, and nothing else", () => {
    expect(encoded("http://shop.example.com/a/../<b>%3C/é?q=<x>{y}#part")).toBe(
      "http://shop.example.com/a/../%3Cb%3E%3C/%C3%A9?q=%3Cx%3E{y}",
    );
    expect(encoded("http://bücher.example.com")).toBe("http://bücher.example.com");
  });
  it("needs a host", () => {
    expect(hasHost(withScheme("shop.example.com"))).toBe(true);
    expect(hasHost(withScheme("[::1]:80/a"))).toBe(true);
    expect(hasHost(withScheme("/orders/7"))).toBe(false);
    expect(hasHost("http://")).toBe(false);
  });
  it("fills a rule with what was asked for", () => {
    expect(fill("/orders/{id}/lines", "/order/7")).toBe("/orders/7/lines");
    expect(fill("=/files/{path+}", "/file")).toBe("/files/a/b");
  });
  it("leads to what was meant, behind the base path", () => {
    expect(pathInService(explained)).toBe("/order/7");
    expect(nearMisses({ ...explained, near: ["ANY /orders/{id}", "other.example.com", "*.example.com/test"] })).toEqual([
      { label: "ANY /orders/{id}", asked: { method: "POST", url: "http://shop.example.com/v1/orders/7" } },
      { label: "other.example.com", asked: { method: "POST", url: "http://other.example.com/v1/order/7" } },
      { label: "*.example.com/test", asked: { method: "POST", url: "http://www.example.com/test" } },
    ]);
  });
  it("finds the address in another environment", () => {
    const domains = [{ host: "shop.example.com" }, { host: "test.example.com", base_path: "/", environment: "test" }];
    const services = [{ name: "shop", domains }] as unknown as Service[];
    expect(requestIn("test", "/order/{id}", explained, services)?.url).toBe("http://test.example.com/order/7");
    expect(requestIn("prepub", "/order/{id}", explained, services)).toBeNull();
  });
});
