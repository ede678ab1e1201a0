/** Unified diffs, as they are and side by side. */
import { useMemo, useState } from "preact/hooks";
import { Segments } from "./parts";
import { text } from "./text";

type DiffLine = { kind: "same" | "add" | "del"; text: string; before: number | null; after: number | null };
type DiffHunk = { title: string; lines: DiffLine[] };
type DiffFile = { name: string; hunks: DiffHunk[] };

/** Reads a unified diff of any number of files. */
export function parseDiff(diff: string): DiffFile[] {
  const files: DiffFile[] = [];
  let [before, after] = [0, 0];
  // How many lines of each side the hunk still has: a removed line may look like a header.
  let [oldLeft, newLeft] = [0, 0];
  for (const line of diff.split("\n")) {
    const hunk = files.at(-1)?.hunks.at(-1);
    if (hunk && (oldLeft > 0 || newLeft > 0) && !line.startsWith("\\")) {
      const kind = line.startsWith("+") ? "add" : line.startsWith("-") ? "del" : "same";
      hunk.lines.push({ kind, text: line.slice(1), before: kind === "add" ? null : before, after: kind === "del" ? null : after });
      if (kind !== "add") {
        before += 1;
        oldLeft -= 1;
      }
      if (kind !== "del") {
        after += 1;
        newLeft -= 1;
      }
      continue;
    }
    const header = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/.exec(line);
    if (header) {
      [before, after] = [Number(header[1]), Number(header[3])];
      [oldLeft, newLeft] = [Number(header[2] ?? 1), Number(header[4] ?? 1)];
      files.at(-1)?.hunks.push({ title: line, lines: [] });
    } else if (line.startsWith("--- ")) files.push({ name: line.slice(4), hunks: [] });
    else if (line.startsWith("+++ ")) {
      const file = files.at(-1);
      // The name of a file that is new stands on the second line.
      if (file) file.name = (line.slice(4) === "/dev/null" ? file.name : line.slice(4)).replace(/^[ab]\/(\.\/)*/, "");
    }
  }
  return files;
}

/** The name of a file as it is known elsewhere; of an object, its address in plain characters. */
export function fullName(name: string, files: readonly string[]): string {
  if (name.startsWith("v1/")) return decodeURIComponent(name.slice(3)).replace(/:\$LATEST$/, "");
  return files.find((file) => file.replace(/^\/+|^(\.\/)+/, "") === name) ?? name;
}

/** Puts removed lines beside those that replace them. */
export function pair(lines: DiffLine[]): [DiffLine | null, DiffLine | null][] {
  const rows: [DiffLine | null, DiffLine | null][] = [];
  for (let index = 0; index < lines.length;) {
    const line = lines[index] as DiffLine;
    if (line.kind === "same") {
      rows.push([line, line]);
      index += 1;
      continue;
    }
    let end = index;
    while (end < lines.length && lines[end]?.kind !== "same") end += 1;
    const changed = lines.slice(index, end);
    const [removed, added] = [changed.filter((one) => one.kind === "del"), changed.filter((one) => one.kind === "add")];
    for (let row = 0; row < Math.max(removed.length, added.length); row += 1) rows.push([removed[row] ?? null, added[row] ?? null]);
    index = end;
  }
  return rows;
}

const SIGNS = { add: "+", del: "-", same: " " };

function Unified({ hunk }: { hunk: DiffHunk }) {
  return (
    <>
      {hunk.lines.map((line) => (
        <tr class={line.kind}>
          <td class="n">{line.before ?? ""}</td>
          <td class="n">{line.after ?? ""}</td>
          <td>{SIGNS[line.kind] + line.text}</td>
        </tr>
      ))}
    </>
  );
}

function SideBySide({ hunk }: { hunk: DiffHunk }) {
  return (
    <>
      {pair(hunk.lines).map(([before, after]) => (
        <tr class="side">
          <td class={`n ${before?.kind === "del" ? "del" : ""}`}>{before?.before ?? ""}</td>
          <td class={before?.kind === "del" ? "del" : ""}>{before?.text ?? ""}</td>
          <td class={`n ${after?.kind === "add" ? "add" : ""}`}>{after?.after ?? ""}</td>
          <td class={after?.kind === "add" ? "add" : ""}>{after?.text ?? ""}</td>
        </tr>
      ))}
    </>
  );
}

type Props = {
  diff: string;
  /** Names of files in full: a diff has them without a slash in front. */
  files?: readonly string[];
  side?: boolean;
  choose?: boolean;
};

export function Diff({ diff, files: names = [], side = false, choose = false }: Props) {
  const t = text.value;
  const [chosen, setChosen] = useState<"unified" | "side">(side ? "side" : "unified");
  const files = useMemo(() => parseDiff(diff), [diff]);
  if (files.length === 0) return <p class="muted">{t.noDifference}</p>;
  return (
    <div class="stack tight">
      {choose && (
        <div>
          <Segments
            label={t.sideBySide}
            value={chosen}
            onValue={setChosen}
            choices={[
              { value: "unified", label: t.unified },
              { value: "side", label: t.sideBySide },
            ]}
          />
        </div>
      )}
      {files.map((file) => (
        <div class="diff" tabIndex={0} role="region" aria-label={fullName(file.name, names)}>
          <div class="file">{fullName(file.name, names)}</div>
          <table class={chosen}>
            <tbody>
              {file.hunks.map((hunk) => (
                <>
                  <tr class="hunk">
                    <td colSpan={4}>{hunk.title}</td>
                  </tr>
                  {chosen === "side" ? <SideBySide hunk={hunk} /> : <Unified hunk={hunk} />}
                </>
              ))}
            </tbody>
          </table>
        </div>
      ))}
    </div>
  );
}
