/** What a change did, in a few words. */
import { objectLabel } from "../../objects/named";
import { parseDiff } from "../../ui/diff";
import type { AuditLine } from "./data";
import { compareFields, isChanged } from "./fields";
import { text } from "./text";

const LONGEST = 40;
const MOST = 3;
const short = (value: string | null) => (value === null ? "–" : value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value);

/** `enabled: true → false` */
export function changedKeys({ before, after }: AuditLine): string {
  if (!before || !after) return "";
  const changed = compareFields(before, after).filter(isChanged);
  const words = changed.slice(0, MOST).map((field) => `${field.field}: ${short(field.before)} → ${short(field.after)}`);
  return words.join(", ") + (changed.length > MOST ? ", …" : "");
}

const baseName = (file: string) => file.slice(file.lastIndexOf("/") + 1);

/** What a line of the audit log did to the files; null if it changed none, or says less than their difference. */
export function whatOf(line: AuditLine): string | null {
  const t = text.value.what;
  const label = objectLabel(line.object);
  if (line.action === "create") return `+ ${label}`;
  if (line.action === "delete") return `− ${label}`;
  if (line.action === "change") return `~ ${label}: ${changedKeys(line)}`;
  if (line.action === "rollback") return t.rolledBack(line.object);
  if (line.action === "rewrite") return t.edited(line.object.split(" ").map(baseName).join(", "));
  return null;
}

/** `fngate.toml +2 −1` for each file of a difference; the first few of many. */
export function filesOf(diff: string): string {
  const all = parseDiff(diff);
  const files = all.slice(0, MOST).map(({ name, hunks }) => {
    const count = (sign: string, wanted: string) => {
      const found = hunks.flatMap(({ lines }) => lines).filter(({ kind }) => kind === wanted).length;
      return found > 0 ? ` ${sign}${found}` : "";
    };
    return baseName(name) + count("+", "add") + count("−", "del");
  });
  return files.join(", ") + (all.length > MOST ? text.value.what.more(all.length - MOST) : "");
}
