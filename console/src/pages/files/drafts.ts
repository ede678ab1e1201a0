/**
 * What was typed and not applied.
 *
 * It stays when the page is left, when a file changes on the disk, and when the session ends by itself. Logging out drops it.
 */
import { effect, signal } from "@preact/signals";
import type { Document } from "../../api/schema";
import { absence, person } from "../../session";

export type Draft = {
  file: string;
  text: string;
  /** The file that the text was made of. */
  base: { etag: string; text: string };
};

type Drafts = ReadonlyMap<string, Draft>;

export const drafts = signal<Drafts>(new Map());

effect(() => {
  if (!person.value && absence.value !== "ended") drafts.value = new Map();
});

/** With one draft more, or another one; a text that is the file's own is no draft. */
export function withText(old: Drafts, file: Document, text: string): Drafts {
  const next = new Map(old);
  const base = old.get(file.file)?.base ?? { etag: file.etag, text: file.text };
  if (text === base.text) next.delete(file.file);
  else next.set(file.file, { file: file.file, text, base });
  return next;
}

function without(old: Drafts, files: readonly string[]): Drafts {
  return new Map([...old].filter(([file]) => !files.includes(file)));
}

/** The same text, as a change of the file as it is now. */
export function rebased(old: Drafts, file: Document): Drafts {
  const draft = old.get(file.file);
  return draft ? withText(without(old, [file.file]), file, draft.text) : old;
}

/** Whether the file was changed by somebody else since the text was made of it. */
export function isOutdated(draft: Draft | undefined, file: Document): boolean {
  return draft !== undefined && draft.base.etag !== file.etag && draft.text !== file.text;
}

export function bodyOf(changed: readonly Draft[]): { files: { file: string; text: string; etag: string }[] } {
  return { files: changed.map(({ file, text, base }) => ({ file, text, etag: base.etag })) };
}

export const write = (file: Document, text: string) => (drafts.value = withText(drafts.value, file, text));
export const discard = (...files: string[]) => (drafts.value = without(drafts.value, files));
export const rebase = (file: Document) => (drafts.value = rebased(drafts.value, file));
export const restore = (...back: Draft[]) =>
  (drafts.value = new Map([...drafts.value, ...back.map((draft) => [draft.file, draft] as const)]));
