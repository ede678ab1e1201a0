/** The cards of one revision. */
import type { RevisionFiles } from "../../api/schema";
import type { Change } from "../../change/change";
import { formatTime } from "../../i18n";
import { Diff } from "../../ui/diff";
import { Ago, Badge, Card, Code, Failure, Loading, Rich, Select, WriteButton } from "../../ui/parts";
import { Author, RevisionBadges, revisionLabel } from "../history/revisions";
import { releaseChange, servedRevision } from "../releases/changes";
import { text as releaseText } from "../releases/text";
import type { RevisionView } from "./data";
import { text } from "./text";

export function Facts({ revision: { revision, files } }: { revision: RevisionFiles }) {
  const t = text.value;
  const used = revision.in_use || revision.pinned.length > 0;
  return (
    <Card title={t.facts}>
      <dl class="facts">
        <dt>{t.applied}</dt>
        <dd>
          <time dateTime={revision.time}>{formatTime(revision.time)}</time>
          <span class="muted">
            {" · "}
            <Ago time={revision.time} />
          </span>
        </dd>
        <dt>{t.author}</dt>
        <dd>
          <Author author={revision.author} />
        </dd>
        <dt>{t.note}</dt>
        <dd>{revision.note || <span class="muted">–</span>}</dd>
        <dt>{t.use}</dt>
        <dd>{used ? <RevisionBadges revision={revision} /> : <span class="muted">{t.unused}</span>}</dd>
        <dt>{t.files}</dt>
        <dd>{files.length}</dd>
        <dt>{t.hash}</dt>
        <dd>
          <code class="muted small">{revision.hash}</code>
        </dd>
      </dl>
    </Card>
  );
}

/** What each environment serves, and a release of this revision to it. */
export function ReleaseTo({ view, review }: { view: RevisionView; review: (change: Change) => void }) {
  const t = text.value;
  const { number, environments } = view;
  const release = releaseText.value.releaseNumber(number);
  return (
    <Card title={t.release}>
      <ul class="stack">
        {environments.map((environment) => {
          const pinned = environment.state === "pinned" && environment.revision === number;
          const served = servedRevision(environment);
          return (
            <li class="row between">
              <span class="row">
                <strong>{environment.name}</strong>
                <Badge tone={pinned ? "accent" : "plain"}>
                  {releaseText.value.states[environment.state]}
                  {served !== null && ` · ${served}`}
                </Badge>
              </span>
              {pinned ? (
                <span class="muted small">{t.pinnedToIt}</span>
              ) : (
                <WriteButton
                  icon="pin"
                  aria-label={`${release}: ${environment.name}`}
                  onClick={() => review(releaseChange(environment, number))}
                >
                  {release}
                </WriteButton>
              )}
            </li>
          );
        })}
      </ul>
      <p class="muted small release-hint">{t.releaseHint}</p>
    </Card>
  );
}

export function Compare({ view }: { view: RevisionView }) {
  const t = text.value;
  const { number, base, setBase, diff, revisions } = view;
  const others = revisions.filter((revision) => revision.number !== number);
  const choices = others.map((revision) => ({ value: String(revision.number), label: revisionLabel(revision) }));
  const before = diff.data?.from;
  return (
    <Card
      title={base === null ? t.changed : t.changedSince(base)}
      actions={
        <label class="row tight compare-with">
          <span class="muted small">{t.compareWith}</span>
          <Select
            value={base === null ? "" : String(base)}
            onValue={(value) => setBase(value ? Number(value) : null)}
            choices={[{ value: "", label: t.theOneBefore(base === null ? (before ?? null) : null) }, ...choices]}
          />
        </label>
      }
    >
      {diff.error ? (
        <Failure error={diff.error} />
      ) : diff.loading || !diff.data ? (
        <Loading />
      ) : diff.data.diff === "" ? (
        <p class="muted">{t.noDifference}</p>
      ) : (
        <Diff diff={diff.data.diff} files={view.revision?.files.map(({ file }) => file)} choose side={wide()} />
      )}
    </Card>
  );
}

/** Whether two columns of TOML have room. */
const wide = () => matchMedia("(min-width: 1100px)").matches;

export function FileTexts({ revision: { files } }: { revision: RevisionFiles }) {
  const t = text.value;
  return (
    <Card title={t.filesOf(files.length)}>
      <div class="stack">
        <p class="muted small">
          <Rich>{t.masked}</Rich>
        </p>
        {files.map((file) => (
          <details>
            <summary class="mono wrap-any">{file.file}</summary>
            <Code>{file.text}</Code>
          </details>
        ))}
      </div>
    </Card>
  );
}
