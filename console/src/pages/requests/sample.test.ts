import { describe, expect, it, vi } from "vitest";
import type { Certificate, Route, Status } from "../../api/schema";

vi.stubGlobal("location", { hostname: "127.0.0.1" });
vi.stubGlobal("localStorage", { getItem: () => null });
vi.mock("../../api/gateway", async () => ({ status: (await import("@preact/signals")).signal(null) }));
const { status } = await import("../../api/gateway");
const { addressIn, curl, gatewayAddress, isTrusted, easiest, samplePath, sampleRequest } = await import("./sample");

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
  it("connects an https address to a listener with TLS, and says when there is none", () => {
    const https = { method: "GET", url: "https://shop.example.com/a" };
    const listeners = [
      { address: "127.0.0.1:80", tls: false },
      { address: "127.0.0.1:8443", tls: true },
    ];
    status.value = { listeners } as Status;
    expect(curl(https)).toBe("curl --include --insecure --connect-to ::127.0.0.1:8443 https://shop.example.com/a");
    const ordered = { source: "acme", state: "valid", names: ["*.example.com"] } as Certificate;
    expect(isTrusted(https.url, [ordered])).toBe(true);
    expect(isTrusted(https.url, [{ ...ordered, source: "file:/etc/shop.pem" }])).toBe(false);
    expect(curl(https, true)).not.toContain("--insecure");
    status.value = { listeners: listeners.slice(0, 1) } as Status;
    expect(gatewayAddress("https")).toBeNull();
    status.value = { listeners: listeners.slice(1) } as Status;
    expect(addressIn({ host: "shop.example.com" }, "/a")).toBe("https://shop.example.com/a");
    status.value = null;
  });
});
