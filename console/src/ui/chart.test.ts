import { describe, expect, it, vi } from "vitest";

vi.mock("../shell/theme", () => ({ theme: { value: "light" } }));
const { pieces, ticks } = await import("./chart");

describe("the axis", () => {
  it("has whole numbers where things are counted", () => {
    expect(ticks(0, true)).toEqual([0, 1]);
    expect(ticks(2, true)).toEqual([0, 1, 2]);
    expect(ticks(17, true)).toEqual([0, 5, 10, 15, 20]);
    expect(ticks(1234, true)).toEqual([0, 500, 1000, 1500]);
  });
  it("has round numbers elsewhere", () => {
    expect(ticks(3, false)).toEqual([0, 1, 2, 3]);
    expect(ticks(0.8, false).map((tick) => tick.toFixed(1))).toEqual(["0.0", "0.2", "0.4", "0.6", "0.8"]);
  });
});

describe("a line", () => {
  it("has a gap where there is no value, and where nobody looked; a lone value is a piece", () => {
    expect(pieces([1, 2, 3, 4, 5], [1, 2, null, 4, null])).toEqual([[0, 1], [3]]);
    expect(pieces([1, 2, 20, 21], [1, 1, 0, 1])).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });
});
