import { describe, expect, it } from "vitest";
import type { Certificate } from "../../api/schema";
import { elapsed, fileOf, issuerName } from "./data";

const certificate: Certificate = {
  names: ["shop.example.com"],
  source: "file:/etc/fngate/shop.pem",
  listener: "0.0.0.0:443",
  issuer: "CN=R11, O=Let's Encrypt, C=US",
  not_before: "2026-01-01T00:00:00Z",
  not_after: "2026-01-11T00:00:00Z",
  days_left: 5,
  state: "expiring",
};

describe("certificates", () => {
  it("know which part of their time is over", () => {
    expect(elapsed(certificate, Date.parse("2026-01-06T00:00:00Z"))).toBe(0.5);
    expect(elapsed(certificate, Date.parse("2027-01-01T00:00:00Z"))).toBe(1);
    expect(elapsed({ ...certificate, not_after: null })).toBe(null);
  });
  it("come from a file or were ordered", () => {
    expect(fileOf(certificate)).toBe("/etc/fngate/shop.pem");
    expect(fileOf({ ...certificate, source: "acme" })).toBe(null);
  });
  it("have the common name of their issuer, or all of it", () => {
    expect(issuerName("CN=R11, O=Let's Encrypt, C=US")).toBe("R11");
    expect(issuerName("O=Example, CN=Root 1")).toBe("Root 1");
    expect(issuerName("O=Example")).toBe("O=Example");
  });
});
