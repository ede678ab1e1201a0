import { expect, it } from "vitest";
import type { Environment } from "../api/schema";
import { untouched } from "./force";

const all = [
  { name: "release", state: "pinned", revision: 1 },
  { name: "prepub", state: "follows", revision: 2 },
  { name: "test", state: "unreleased" },
] as Environment[];

it.each([
  ["/v1/services/shop/apis/all", undefined, ["release", "test"]],
  ["/v1/services/shop/apis/all", ["prepub", "release"], ["release"]],
  ["/v1/services/shop/apis/all", ["prepub"], []],
  ["/v1/functions/default/users/triggers", undefined, ["release", "test"]],
  ["/v1/revisions/2/rollback", undefined, ["release", "test"]],
  ["/v1/files", undefined, ["release", "test"]],
  ["/v1/functions/default/users", undefined, []],
  ["/v1/environments/release/release", undefined, []],
])("%s of %j is not in force in %j", (path, environments, expected) => {
  expect(untouched({ path, environments }, all).map(({ name }) => name)).toEqual(expected);
});
