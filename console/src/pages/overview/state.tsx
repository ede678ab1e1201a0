/** How the gateway is: its configuration, and what an operator should look at. */
import { useState } from "preact/hooks";
import type { Environment, Status } from "../../api/schema";
import { formatNumber } from "../../i18n";
import { apisLink, filesLink, functionsLink, historyLink, releasesLink, revisionLink, servicesLink } from "../../shell/links";
import { Ago, Button, Card, FindingNotice, LinkButton, Notice, Stat } from "../../ui/parts";
import { text } from "./text";

/** What needs somebody now. */
export function Problems({ status }: { status: Status }) {
  const t = text.value;
  const { refused, pending, revision } = status;
  return (
    <>
      {refused && (
        <section class="card overview-refused" aria-label={t.refusedTitle}>
          <div class="body stack">
            <Notice
              tone="error"
              title={
                <>
                  {t.refusedTitle} · <Ago time={refused.time} />
                </>
              }
            >
              <div>{t.refusedText(revision)}</div>
            </Notice>
            {refused.errors.map((finding) => (
              <FindingNotice finding={finding} />
            ))}
            <div>
              <LinkButton icon="files" href={filesLink(refused.errors[0]?.file ?? undefined, refused.errors[0]?.line ?? undefined)}>
                {t.toFiles}
              </LinkButton>
            </div>
          </div>
        </section>
      )}
      {pending.length > 0 && (
        <Notice tone="warn" title={t.pendingTitle}>
          <div>{t.pendingText}</div>
          <div class="row">
            {pending.map((key) => (
              <code>{key}</code>
            ))}
          </div>
        </Notice>
      )}
    </>
  );
}

const FIRST = 4;

export function Warnings({ status: { warnings } }: { status: Status }) {
  const t = text.value;
  const [all, setAll] = useState(false);
  if (warnings.length === 0) return null;
  return (
    <Card
      title={`${t.warnings} (${formatNumber(warnings.length)})`}
      actions={
        warnings.length > FIRST && (
          <Button kind="quiet" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? t.fewer : t.all}
          </Button>
        )
      }
    >
      <div class="stack tight">
        {(all ? warnings : warnings.slice(0, FIRST)).map((finding) => (
          <FindingNotice finding={finding} />
        ))}
      </div>
    </Card>
  );
}

export function Counts({ status: { counts }, silent }: { status: Status; silent: number }) {
  const t = text.value;
  return (
    <div class="grid stats">
      <Stat label={t.counts.apis} value={formatNumber(counts.apis)} href={apisLink()} />
      <Stat label={t.counts.functions} value={formatNumber(counts.functions)} href={functionsLink()} />
      <Stat label={t.counts.services} value={formatNumber(counts.services)} href={servicesLink()} />
      <Stat
        label={t.counts.instances}
        value={formatNumber(counts.instances)}
        note={t.instancesDown(silent)}
        tone={silent > 0 ? "warn" : "plain"}
        href={functionsLink()}
      />
    </div>
  );
}

function environmentWords({ name, state, revision }: Environment): string | null {
  const t = text.value;
  if (state === "pinned") return t.pinned(name, formatNumber(revision ?? 0));
  if (state === "unreleased") return t.unreleased(name);
  return state === "unavailable" ? t.unavailable(name) : null;
}

function Environments({ environments }: { environments: Environment[] }) {
  const words = environments.map(environmentWords).filter((one) => one !== null);
  return <a href={releasesLink()}>{words.length > 0 ? words.join(" · ") : text.value.follows}</a>;
}

export function InUse({ status }: { status: Status }) {
  const t = text.value;
  const { revision, applied, started, version, history, edit_dir, environments } = status;
  return (
    <Card title={t.configuration}>
      <dl class="facts">
        <dt>{t.facts.revision}</dt>
        <dd>
          <a href={revisionLink(revision)}>
            {formatNumber(revision)} ({t.showDiff})
          </a>
        </dd>
        <dt>{t.facts.applied}</dt>
        <dd>
          <Ago time={applied} />
        </dd>
        <dt>{t.facts.environments}</dt>
        <dd>
          <Environments environments={environments} />
        </dd>
        <dt>{t.facts.history}</dt>
        <dd>
          {history.directory ? (
            <a class="mono" href={historyLink()}>
              {history.directory}
            </a>
          ) : (
            <>
              {t.historyOff}
              {history.reason && <div class="muted small">{history.reason}</div>}
            </>
          )}
        </dd>
        {edit_dir && (
          <>
            <dt>{t.facts.newObjects}</dt>
            <dd class="mono">{edit_dir}</dd>
          </>
        )}
        <dt>{t.facts.started}</dt>
        <dd>
          <Ago time={started} />
        </dd>
        <dt>{t.facts.version}</dt>
        <dd>{version}</dd>
      </dl>
    </Card>
  );
}
