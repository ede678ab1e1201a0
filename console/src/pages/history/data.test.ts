import { describe, expect, it } from "vitest";
import { addressPart } from "./data";

describe("addressPart", () => {
  it("writes a method and a path as addresses have them", () => {
    expect(addressPart(" GET /orders/{id} ")).toBe("GET%20%2Forders%2F%7Bid%7D");
    expect(addressPart("/orders")).toBe("%2Forders");
  });
  it("leaves names and addresses alone", () => {
    expect(addressPart("default/orders")).toBe("default/orders");
    expect(addressPart("/v1/services/shop")).toBe("/v1/services/shop");
    expect(addressPart("GET%20%2F")).toBe("GET%20%2F");
  });
});
