/** Pieces of TOML that get a colour. Not a parser: what is no TOML is left plain. */

type Kind = "comment" | "table" | "key" | "string" | "value" | "";
type Piece = { kind: Kind; text: string };

/** A string over several lines that a line ends in: its quotes. */
type Open = '"""' | "'''" | null;

const RULES: [Exclude<Kind, "">, RegExp][] = [
  ["comment", /#.*/y],
  ["string", /"(?:[^"\\]|\\.)*"?|'[^']*'?/y],
  ["key", /[\w-]+(?=[\w.\s-]*=)/y],
  ["value", /[\w+-][\w.:+-]*/y],
];

/** Adds to the last piece where the kind is the same. */
function add(pieces: Piece[], kind: Kind, text: string): void {
  const last = pieces.at(-1);
  if (text === "") return;
  if (last?.kind === kind) last.text += text;
  else pieces.push({ kind, text });
}

function line(text: string, open: Open): { pieces: Piece[]; open: Open } {
  const pieces: Piece[] = [];
  let place = 0;
  const table = open === null ? /^\s*\[\[?[^\]=,{]*\]\]?(?=\s*(?:#|$))/.exec(text) : null;
  if (table) {
    add(pieces, "table", table[0]);
    place = table[0].length;
  }
  while (place < text.length) {
    if (open !== null) {
      const end = text.indexOf(open, place);
      const next = end < 0 ? text.length : end + 3;
      add(pieces, "string", text.slice(place, next));
      place = next;
      if (end >= 0) open = null;
      continue;
    }
    const quotes = text.slice(place, place + 3);
    if (quotes === '"""' || quotes === "'''") {
      add(pieces, "string", quotes);
      place += 3;
      open = quotes;
      continue;
    }
    const found = RULES.map(([kind, rule]) => {
      rule.lastIndex = place;
      return { kind, text: rule.exec(text)?.[0] ?? "" };
    }).find((piece) => piece.text !== "");
    add(pieces, found?.kind ?? "", found?.text ?? (text[place] as string));
    place += found?.text.length ?? 1;
  }
  return { pieces, open };
}

export type Line = { pieces: Piece[]; text: string; /** A string that began before the line. */ within: Open };

/** The pieces of each line. */
export function highlight(text: string): Line[] {
  let within: Open = null;
  return text.split("\n").map((each) => {
    const read = line(each, within);
    const result = { pieces: read.pieces, text: each, within };
    within = read.open;
    return result;
  });
}
