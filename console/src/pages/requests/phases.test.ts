import { describe, expect, it, vi } from "vitest";
import type { RequestEvent } from "../../api/schema";

vi.mock("../../i18n", () => ({ dictionary: (texts: { en: unknown }) => ({ value: texts.en }) }));
const { phases } = await import("./phases");

const request = (times: Partial<RequestEvent>) =>
  phases({ duration_ms: 10, queue_ms: null, connect_ms: null, function_ms: null, ...times } as RequestEvent);

describe("phases", () => {
  it("are in their order, and add up to the duration", () => {
    expect(request({ queue_ms: 1, connect_ms: 2, function_ms: 3 })).toEqual([
      { name: "queue", ms: 1 },
      { name: "connect", ms: 2 },
      { name: "function", ms: 3 },
      { name: "rest", ms: 4 },
    ]);
  });
  it("leave out what did not happen", () => {
    expect(request({ function_ms: 10 })).toEqual([{ name: "function", ms: 10 }]);
  });
  it("have no body without the head of a response", () => {
    expect(request({ connect_ms: 4 })).toEqual([
      { name: "connect", ms: 4 },
      { name: "own", ms: 6 },
    ]);
  });
  it("are never negative: times are rounded", () => {
    expect(request({ function_ms: 10.001 })).toEqual([{ name: "function", ms: 10.001 }]);
  });
});
