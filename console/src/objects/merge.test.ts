import { expect, it } from "vitest";
import { merge } from "./merge";

it("takes over what was not touched, and names what both changed", () => {
  const base = { path: "/a", timeout: "", environments: ["release"], headers: [{ name: "X", value: "1" }] };
  const mine = { ...base, path: "/b", timeout: "9s" };
  const theirs = { ...base, timeout: "7s", environments: ["release", "test"] };
  expect(merge(base, mine, theirs)).toEqual({ form: { ...theirs, path: "/b", timeout: "9s" }, both: ["timeout"] });
  expect(merge(base, base, theirs)).toEqual({ form: theirs, both: [] });
  expect(merge(base, theirs, theirs)).toEqual({ form: theirs, both: [] });
});
