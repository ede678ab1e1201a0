/** How the gateway is: its configuration, and what an operator should look at. */
import type { Environment, Status } from "../../api/schema";
import { formatNumber } from "../../i18n";
import {
  apisLink,
  certificatesLink,
  filesLink,
  functionsLink,
  historyLink,
  releasesLink,
  revisionLink,
  servicesLink,
} from "../../shell/links";
import { Ago, Card, FindingNotice, LinkButton, Notice, Rich, Stat } from "../../ui/parts";
import { adviceTitle } from "../certificates/certificate";
import type { OverviewData } from "./data";
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

/** More would push the figures out of sight. */
const MOST = 3;
const MOST_WARNINGS = 20;

/** Instances and certificates that need somebody. */
export function Alarms({ status, silent, certificates }: OverviewData) {
  const t = text.value;
  const others = othersOf(status?.environments ?? []);
  if (silent.total + certificates.length === 0 && !others) return null;
  return (
    <Notice tone={certificates.some(({ state }) => state !== "expiring") ? "error" : "warn"}>
      {others && (
        <div>
          {t.notInForce} <a href={releasesLink()}>{others}</a>
        </div>
      )}
      {silent.total > 0 && (
        <div>
          <a href={functionsLink({ state: "silent" })}>{t.silent(silent.total)}</a>{" "}
          <span class="mono small">
            {silent.items
              .slice(0, MOST)
              .map(({ address }) => address)
              .join(", ")}
          </span>
        </div>
      )}
      {certificates.slice(0, MOST).map((certificate) => (
        <div>
          <a href={certificatesLink()}>{adviceTitle(certificate)}</a>
        </div>
      ))}
      {certificates.length > MOST && <div class="small">{t.more(certificates.length - MOST)}</div>}
    </Notice>
  );
}

export function Warnings({ status: { warnings } }: { status: Status }) {
  const t = text.value;
  if (warnings.length === 0) return null;
  return (
    <details class="card overview-warnings">
      <summary>{`${t.warnings} (${formatNumber(warnings.length)})`}</summary>
      <div class="stack tight">
        {t.inEnglish && <p class="muted small">{t.inEnglish}</p>}
        {warnings.slice(0, MOST_WARNINGS).map((finding) => (
          <FindingNotice finding={finding} />
        ))}
        {warnings.length > MOST_WARNINGS && <p class="muted small">{t.more(warnings.length - MOST_WARNINGS)}</p>}
      </div>
    </details>
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

/** Environments that do not serve the configuration in use. */
function othersOf(environments: readonly Environment[]): string {
  return environments
    .map(environmentWords)
    .filter((one) => one !== null)
    .join(" · ");
}

function Environments({ environments }: { environments: Environment[] }) {
  const words = othersOf(environments);
  return <a href={releasesLink()}>{words || text.value.follows}</a>;
}

export function InUse({ status }: { status: Status }) {
  const t = text.value;
  const { revision, applied, started, version, history, edit_dir, environments, refused } = status;
  return (
    <Card title={t.configuration}>
      <dl class="facts">
        <dt>{t.facts.revision}</dt>
        <dd>
          {formatNumber(revision)} {history.directory && <a href={revisionLink(revision)}>{t.showDiff}</a>}
        </dd>
        <dt>{t.facts.reload}</dt>
        <dd>{refused ? <span class="failing">{t.reloads.refused}</span> : t.reloads.accepted}</dd>
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
              {history.reason && (
                <div class="muted small">
                  <Rich>{history.reason}</Rich>
                </div>
              )}
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
