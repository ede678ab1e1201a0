import { describe, expect, it } from "vitest";
import { compareFields, isChanged } from "./fields";

describe("compareFields", () => {
  it("goes into objects, and takes lists as a whole", () => {
    const before = { path: "/a", headers: { a: "1", b: "2" }, environments: ["test"] };
    const after = { path: "/a", headers: { a: "1", b: "3" }, environments: ["test", "release"] };
    expect(compareFields(before, after).filter(isChanged)).toEqual([
      { field: "headers.b", before: "2", after: "3" },
      { field: "environments", before: '["test"]', after: '["test","release"]' },
    ]);
  });
  it("leaves out what the gateway derives, and what is not set", () => {
    expect(compareFields(null, { name: "a", timeout: null, status: { apis: 1 } })).toEqual([{ field: "name", before: null, after: "a" }]);
  });
});
