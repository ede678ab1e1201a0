/** What differs between two objects, field by field. */
import type { Fields } from "./data";

export type FieldChange = { field: string; before: string | null; after: string | null };

/** What the gateway adds by itself: no part of a change. */
const DERIVED = "status";

function written(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Objects field by field, lists and values as they are: `headers.X-Team`. */
function flatten(object: Fields | null | undefined, prefix = "", found = new Map<string, string>()): Map<string, string> {
  for (const [name, value] of Object.entries(object ?? {})) {
    if (prefix === "" && name === DERIVED) continue;
    if (value !== null && typeof value === "object" && !Array.isArray(value)) flatten(value as Fields, `${prefix}${name}.`, found);
    else if (value !== null && value !== undefined) found.set(prefix + name, written(value));
  }
  return found;
}

export function compareFields(before: Fields | null | undefined, after: Fields | null | undefined): FieldChange[] {
  const [old, now] = [flatten(before), flatten(after)];
  return [...new Set([...old.keys(), ...now.keys()])].map((field) => ({
    field,
    before: old.get(field) ?? null,
    after: now.get(field) ?? null,
  }));
}

export const isChanged = ({ before, after }: FieldChange): boolean => before !== after;
