/** One environment: what it serves, how far it lags behind, and what can be done with it. */
import { useState } from "preact/hooks";
import type { Environment, RevisionInfo } from "../../api/schema";
import type { Change } from "../../change/change";
import { apisLink, revisionLink, servicesLink } from "../../shell/links";
import { Ago, Badge, Card, Notice, Rich, SelectField, type Tone, WriteButton } from "../../ui/parts";
import { Author, revisionChoices } from "../history/revisions";
import { followChange, releaseChange, servedRevision, unreleaseChange } from "./changes";
import { revisionsBehind, useLastChange } from "./data";
import { ReleaseDiff } from "./diff";
import { text } from "./text";

const TONES: Record<Environment["state"], Tone> = { follows: "ok", pinned: "accent", unreleased: "plain", unavailable: "error" };

type Props = {
  environment: Environment;
  revisions: readonly RevisionInfo[];
  current: number | null;
  review: (change: Change) => void;
};

function Served({ environment, revisions }: Pick<Props, "environment" | "revisions">) {
  const t = text.value;
  const number = environment.revision ?? null;
  if (number === null) return <>{t.nothing}</>;
  const revision = revisions.find((one) => one.number === number);
  if (!revision) return <span title={t.notInHistory(number)}>{t.revision(number)}</span>;
  return (
    <>
      <a href={revisionLink(number)}>{t.revision(number)}</a>
      {revision.note && <div class="muted release-note">{revision.note}</div>}
      <div class="muted small">
        <Author author={revision.author} /> · <Ago time={revision.time} />
      </div>
    </>
  );
}

function Facts({ environment, revisions }: Pick<Props, "environment" | "revisions">) {
  const t = text.value;
  const last = useLastChange(environment);
  return (
    <dl class="facts">
      <dt>{t.serves}</dt>
      <dd>
        <Served environment={environment} revisions={revisions} />
      </dd>
      <dt>{t.apis}</dt>
      <dd>
        <a href={apisLink({ environment: environment.name })}>{environment.apis}</a>
      </dd>
      <dt>{t.domains}</dt>
      <dd>
        <a href={servicesLink()}>{environment.domains}</a>
      </dd>
      {last && (
        <>
          <dt>{t.since[environment.state]}</dt>
          <dd>
            <Author author={last.author} />
            <div class="muted small">
              <Ago time={last.time} />
            </div>
            {last.note && <div class="muted small release-note">{last.note}</div>}
          </dd>
        </>
      )}
    </dl>
  );
}

/** Chooses a revision and shows what releasing it would change. */
function Choose({ environment, revisions, current, review }: Props) {
  const t = text.value;
  const [chosen, setChosen] = useState<number | null>(null);
  const served = servedRevision(environment);
  const revision = chosen ?? current;
  const known = revisions.some((one) => one.number === revision);
  if (revision === null || !known) return null;
  const pinnedToIt = environment.state === "pinned" && served === revision;
  const isOlder = served !== null && revision < served;
  return (
    <div class="stack">
      <div class="release-choice">
        <SelectField
          label={t.choose}
          value={String(revision)}
          onValue={(value) => setChosen(Number(value))}
          choices={revisionChoices(revisions)}
        />
        <WriteButton
          kind="primary"
          icon="pin"
          disabled={pinnedToIt}
          title={pinnedToIt ? t.pinnedToIt : undefined}
          onClick={() => review(releaseChange(environment, revision))}
        >
          {isOlder ? t.pinTo(revision) : t.releaseNumber(revision)}
        </WriteButton>
      </div>
      {served === null ? <p class="muted small">{t.answersAgain}</p> : <ReleaseDiff from={served} to={revision} />}
    </div>
  );
}

function Actions({ environment, current, review }: Omit<Props, "revisions">) {
  const t = text.value;
  const { state } = environment;
  return (
    <div class="row">
      {state !== "follows" && (
        <WriteButton icon="link" onClick={() => review(followChange(environment, current))}>
          {t.follow}
        </WriteButton>
      )}
      {state !== "unreleased" && (
        <WriteButton kind="danger" icon="cross" onClick={() => review(unreleaseChange(environment))}>
          {t.unrelease}
        </WriteButton>
      )}
    </div>
  );
}

export function EnvironmentCard(props: Props) {
  const t = text.value;
  const { environment, revisions, current } = props;
  const behind = revisionsBehind(environment, revisions, current);
  return (
    <Card
      title={environment.name}
      class="release"
      actions={
        <>
          {behind > 0 && <Badge tone="warn">{t.behind(behind)}</Badge>}
          <Badge tone={TONES[environment.state]} dot>
            {t.states[environment.state]}
          </Badge>
        </>
      }
    >
      <div class="release-parts">
        <div class="stack">
          {environment.state === "unavailable" ? (
            <Notice tone="error">
              <div>
                <Rich>{t.unavailable(environment.name)}</Rich>
              </div>
            </Notice>
          ) : (
            <p class="muted">{t.meaning[environment.state]}</p>
          )}
          <Facts environment={environment} revisions={revisions} />
          <Actions {...props} />
        </div>
        {/* After a release, what the next one would change. */}
        <Choose key={`${environment.state} ${environment.revision}`} {...props} />
      </div>
    </Card>
  );
}
