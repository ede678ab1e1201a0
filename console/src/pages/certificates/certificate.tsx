/** One certificate: all that is known of it, and what to do about it. */
import type { Certificate } from "../../api/schema";
import { formatTime } from "../../i18n";
import { Dialog, Notice, Rich } from "../../ui/parts";
import { fileOf } from "./data";
import { LifeBar, StateBadge } from "./life";
import { text } from "./text";

/** What is wrong with it. */
export function adviceTitle({ state, days_left, listener, names }: Certificate): string {
  const t = text.value;
  const name = names[0] ?? "";
  if (state === "expired") return listener ? t.expiredForClients(name) : t.expiredForFunctions(name);
  return state === "missing" ? t.missing(name) : t.expiresIn(name, days_left ?? 0);
}

/** What somebody has to do; nothing for a valid one. */
export function Advice({ certificate }: { certificate: Certificate }) {
  const t = text.value;
  const { state } = certificate;
  const file = fileOf(certificate);
  if (state === "valid") return null;
  const advice = file === null ? t.adviceOrdered[state] : state === "expired" ? t.renewNow : t.renew;
  return (
    <Notice tone={state === "expiring" ? "warn" : "error"} title={adviceTitle(certificate)}>
      <div>
        <Rich>{advice}</Rich>
      </div>
      {file !== null && (
        <div>
          <code class="wrap-any">{file}</code>
        </div>
      )}
    </Notice>
  );
}

function Time({ time }: { time?: string | null }) {
  return time ? <time dateTime={time}>{formatTime(time)}</time> : <span class="muted">–</span>;
}

export function CertificateDialog({ certificate, onClose }: { certificate: Certificate; onClose: () => void }) {
  const t = text.value;
  const { names, state, issuer, listener, not_before, not_after } = certificate;
  const file = fileOf(certificate);
  return (
    <Dialog title={names[0] ?? t.title} onClose={onClose}>
      <Advice certificate={certificate} />
      <dl class="facts">
        <dt>{t.state}</dt>
        <dd>
          <StateBadge state={state} />
        </dd>
        <dt>{t.names}</dt>
        <dd>
          <ul>
            {names.map((name) => (
              <li class="mono">{name}</li>
            ))}
          </ul>
        </dd>
        <dt>{t.life}</dt>
        <dd>
          <LifeBar certificate={certificate} />
        </dd>
        <dt>{t.from}</dt>
        <dd>
          <Time time={not_before} />
        </dd>
        <dt>{t.to}</dt>
        <dd>
          <Time time={not_after} />
        </dd>
        <dt>{t.issuer}</dt>
        <dd>{issuer ?? "–"}</dd>
        <dt>{t.source}</dt>
        <dd class={file === null ? "" : "mono"}>{file ?? t.ordered}</dd>
        <dt>{t.listener}</dt>
        <dd class={listener ? "mono" : ""}>{listener ?? t.toFunctions}</dd>
      </dl>
    </Dialog>
  );
}
