import { describe, expect, it } from "vitest";
import { EventParser } from "./stream";

/** The events of a stream that arrives in these chunks. */
function parse(...chunks: string[]): [string, string][] {
  const events: [string, string][] = [];
  const parser = new EventParser((name, data) => events.push([name, data]));
  chunks.forEach((chunk) => parser.push(chunk));
  return events;
}

describe("a stream of events", () => {
  it("has events with a name and data", () => {
    expect(parse('event: change\ndata: {"a":1}\n\ndata:plain\n\n')).toEqual([
      ["change", '{"a":1}'],
      ["message", "plain"],
    ]);
  });
  it("may be cut anywhere", () => {
    for (const text of [
      "event: a\ndata: one: 1\n\nevent: b\ndata: two\n\n",
      "event: a\r\ndata: one: 1\r\n\r\nevent: b\r\ndata: two\r\n\r\n",
    ]) {
      const expected = [
        ["a", "one: 1"],
        ["b", "two"],
      ];
      expect(parse(...text)).toEqual(expected);
      for (let place = 0; place <= text.length; place += 1) expect(parse(text.slice(0, place), text.slice(place))).toEqual(expected);
    }
  });
  it("keeps an event back until it is complete", () => {
    expect(parse("event: a\ndata: one\n")).toEqual([]);
    expect(parse("event: a\ndata: one\n", "\n")).toEqual([["a", "one"]]);
  });
  it("has comments, which say nothing", () => {
    expect(parse(": hello\n\n", ":\n\n", ": again\ndata: one\n\n")).toEqual([["message", "one"]]);
  });
  it("has data of several lines", () => {
    expect(parse("data: one\ndata:\ndata: three\nid: 7\n\n")).toEqual([["message", "one\n\nthree"]]);
  });
});
