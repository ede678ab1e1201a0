/** One certificate: all that is known of it, and what to do about it. */
import { formatTime } from "../../i18n";
import { Dialog, Notice, Rich } from "../../ui/parts";
import { fileOf, type Certificate } from "./data";
import { LifeBar, StateBadge } from "./life";
import { text } from "./text";

/** What somebody has to do; nothing for a valid one. */
export function Advice({ certificate }: { certificate: Certificate }) {
  const t = text.value;
  const { state, days_left, listener } = certificate;
  const name = certificate.names[0] ?? "";
  const file = fileOf(certificate);
  if (state === "valid") return null;
  const title = {
    expiring: t.expiresIn(name, days_left ?? 0),
    expired: listener ? t.expiredForClients(name) : t.expiredForFunctions(name),
    missing: t.missing(name),
  }[state];
  const advice = file === null ? t.adviceOrdered[state] : state === "expired" ? t.renewNow : t.renew;
  return (
    <Notice tone={state === "expiring" ? "warn" : "error"} title={title}>
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

function Time({ time }: { time: string | null }) {
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
