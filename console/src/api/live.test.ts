import { expect, it, vi } from "vitest";
import type { Figures } from "./schema";

vi.mock("../session", () => ({ person: { value: null } }));
const { recent } = await import("./live");

const second = (requests: number, errors: number, p95_ms: number | null) =>
  ({ total: { requests, classes: { "5xx": errors }, refusals: { no_api: 1 }, p95_ms, p99_ms: null } }) as unknown as Figures;

it("averages ten seconds, and times by their requests", () => {
  const quiet = Array.from({ length: 8 }, () => second(0, 0, null));
  const all = [second(500, 500, 9000), ...quiet, second(30, 3, 10), second(10, 1, 50)];
  expect(recent(all, ({ total }) => [total])).toEqual({ requests: 4, errors: 0.4, refused: 1, p95: 20, p99: null });
  expect(recent([], ({ total }) => [total])).toBeNull();
});
