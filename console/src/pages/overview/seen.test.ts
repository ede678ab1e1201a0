import { describe, expect, it, vi } from "vitest";
import type { ApiFigures, Figures } from "../../api/schema";

vi.mock("../../i18n", () => ({ dictionary: (texts: { en: unknown }) => ({ value: texts.en }) }));
const { addFigures, mainReason, NOTHING_SEEN, worst } = await import("./seen");

const api = (name: string, requests: number, errors: number, refusals: Record<string, number> = {}) =>
  ({ service: "shop", api: name, requests, classes: { "5xx": errors }, refusals }) as unknown as ApiFigures;

const second = (time: string, apis: ApiFigures[]) => {
  const refusals = Object.assign({}, ...apis.map((one) => one.refusals)) as Record<string, number>;
  const requests = apis.reduce((sum, one) => sum + one.requests, 0);
  return { time, apis, total: { requests, refusals } } as unknown as Figures;
};

describe("figures since the page was opened", () => {
  const first = second("2026-11-30T10:00:01.000Z", [api("a", 9.98, 0.99, { function_closed: 0.99 }), api("", 2, 0, { no_api: 2 })]);
  const next = second("2026-11-30T10:00:02.001Z", [api("a", 1, 0), api("b", 3, 0, { concurrency_limited: 3 })]);

  it("count each second once", () => {
    const seen = addFigures(addFigures(NOTHING_SEEN, [first]), [first, next]);
    expect(seen.requests).toBe(16);
    expect(seen.services.get("shop")).toMatchObject({ requests: 16, errors: 1 });
    expect(addFigures(seen, [first, next])).toBe(seen);
  });
  it("know what failed most: answers with 5xx, and refusals with another status", () => {
    const seen = addFigures(NOTHING_SEEN, [first, next]);
    expect(worst(seen, 5).map(({ api, failed }) => [api, failed])).toEqual([
      ["b", 3],
      ["a", 1],
    ]);
    expect([...seen.refusals]).toEqual([
      ["function_closed", 1],
      ["no_api", 2],
      ["concurrency_limited", 3],
    ]);
  });
  it("puts first what always fails, and knows why it fails mostly", () => {
    const busy = second("2026-11-30T10:00:01.000Z", [
      api("orders", 4064, 348, { function_closed: 3 }),
      api("legacy", 346, 346, { function_unreachable: 346 }),
    ]);
    const [first, next] = worst(addFigures(NOTHING_SEEN, [busy]), 5);
    expect([first?.api, first && mainReason(first)]).toEqual(["legacy", "function_unreachable"]);
    expect([next?.api, next && mainReason(next)]).toEqual(["orders", null]);
  });
});
