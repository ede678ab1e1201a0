/** What several pages say of a revision. */
import type { RevisionInfo } from "../../api/schema";
import { formatAgo } from "../../i18n";
import { releasesLink } from "../../shell/links";
import { Badge, type Choice } from "../../ui/parts";
import { text } from "./text";

/** The author of a configuration that somebody saved by hand. */
export const BY_HAND = "file";

export function Author({ author }: { author: string }) {
  if (author !== BY_HAND) return <span class="clip">{author}</span>;
  return (
    <span class="muted" title={text.value.byHandWhy}>
      {text.value.byHand}
    </span>
  );
}

export function RevisionBadges({ revision }: { revision: RevisionInfo }) {
  const t = text.value;
  return (
    <span class="row tight">
      {revision.in_use && (
        <Badge tone="ok" dot>
          {t.inUse}
        </Badge>
      )}
      {revision.pinned.map((environment) => (
        <a class="badge accent above" href={releasesLink()} title={t.pinnedWhy(environment)}>
          {environment}
        </a>
      ))}
    </span>
  );
}

const LONGEST = 60;
const short = (note = "") => (note.length > LONGEST ? `${note.slice(0, LONGEST)}…` : note);

/** A revision in one line, for a choice: `5 · in use · ann · 3 minutes ago · faster`. */
export function revisionLabel(revision: RevisionInfo, now = Date.now()): string {
  const t = text.value;
  const author = revision.author === BY_HAND ? t.byHand : revision.author;
  const parts = [String(revision.number), revision.in_use ? t.inUse : "", ...revision.pinned.map((name) => `→ ${name}`)];
  return [...parts, author, formatAgo(revision.time, now), short(revision.note)].filter(Boolean).join(" · ");
}

export function revisionChoices(revisions: readonly RevisionInfo[]): Choice[] {
  const now = Date.now();
  return revisions.map((revision) => ({ value: String(revision.number), label: revisionLabel(revision, now) }));
}
