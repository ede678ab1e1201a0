import { describe, expect, it } from "vitest";
import { highlight } from "./highlight";

const kinds = (text: string) => highlight(text).map((line) => line.pieces.map(({ kind, text: piece }) => `${kind}:${piece}`));

describe("highlight", () => {
  it("tells keys, strings, values, tables and comments apart", () => {
    expect(kinds("[[function]] # one\nname = \"a # b\"\nmax = 12\ntls.key = 'x'")).toEqual([
      ["table:[[function]]", ": ", "comment:# one"],
      ["key:name", ": = ", 'string:"a # b"'],
      ["key:max", ": = ", "value:12"],
      ["key:tls", ":.", "key:key", ": = ", "string:'x'"],
    ]);
  });
  it("does not take a list for a table", () => {
    expect(kinds("a = [1]")).toEqual([["key:a", ": = [", "value:1", ":]"]]);
  });
  it("follows a string over lines", () => {
    expect(kinds('a = """x\n[b]\ny""" # end')).toEqual([
      ["key:a", ": = ", 'string:"""x'],
      ["string:[b]"],
      ['string:y"""', ": ", "comment:# end"],
    ]);
  });
  it("loses nothing", () => {
    const text = "odd ~ \"open\n'''\n  é = {a=\"b\", }\n";
    expect(
      highlight(text)
        .map((line) => line.pieces.map((piece) => piece.text).join(""))
        .join("\n"),
    ).toBe(text);
  });
});
