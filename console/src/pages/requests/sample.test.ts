import { describe, expect, it, vi } from "vitest";
import type { Route } from "../../api/schema";

vi.stubGlobal("location", { hostname: "127.0.0.1" });
vi.stubGlobal("localStorage", { getItem: () => null });
const { addressIn, curl, easiest, samplePath, sampleRequest } = await import("./sample");

const route = (method: string, path: string, host = "shop.example.com", base_path = "/") =>
  ({ method, path, enabled: true, domains: [{ host, base_path }] }) as Route;

describe("a sample", () => {
  it("has a path that the rule matches", () => {
    expect(samplePath("=/orders")).toBe("/orders");
    expect(samplePath("/orders/{id}/files/{path+}")).toBe("/orders/1/files/a/b");
  });
  it("is of the API that is called most easily", () => {
    const hello = route("ANY", "/hello");
    expect(easiest([route("POST", "/orders"), route("GET", "/orders/{id}"), hello])).toBe(hello);
    expect(easiest([{ ...hello, domains: [] }])).toBeNull();
  });
  it("goes to a host that the domain covers", () => {
    expect(sampleRequest(route("ANY", "/a", "*.example.com", "/test"))).toEqual({ method: "GET", url: "http://www.example.com/test/a" });
    expect(sampleRequest(route("POST", "/a", "*"))).toEqual({ method: "POST", url: "http://127.0.0.1:8080/a" });
    expect(sampleRequest({ ...route("GET", "/a"), domains: [] })).toBeNull();
    expect(addressIn({ host: "shop.example.com" }, "/a")).toBe("http://shop.example.com/a");
  });
});

describe("curl", () => {
  it("connects to the gateway, and leaves the host as it is", () => {
    expect(curl({ method: "GET", url: "http://shop.example.com/a" })).toBe(
      "curl --include --connect-to ::127.0.0.1:8080 http://shop.example.com/a",
    );
    expect(curl({ method: "GET", url: "http://127.0.0.1:8080/a" })).toBe("curl --include http://127.0.0.1:8080/a");
  });
  it("sends what is sent here", () => {
    const headers = [
      { name: "Accept", value: "text/html" },
      { name: "X-Empty", value: "" },
    ];
    expect(curl({ method: "PUT", url: "http://127.0.0.1:8080/a/../b", headers, body: "it's" })).toBe(
      "curl --include --path-as-is --request PUT --header 'Accept: text/html' --header 'X-Empty;' --data-raw 'it'\\''s' http://127.0.0.1:8080/a/../b",
    );
  });
});
