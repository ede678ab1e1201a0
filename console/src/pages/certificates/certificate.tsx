/** One certificate: all that is known of it, and what to do about it. */
import { formatTime } from "../../i18n";
import { Dialog, Notice } from "../../ui/parts";
import { prose } from "../history/prose";
import { isOrdered, type Certificate } from "./data";
import { LifeBar, StateBadge } from "./life";
import { text } from "./text";

/** What somebody has to do; nothing for a valid one. */
export function Advice({ certificate }: { certificate: Certificate }) {
  const t = text.value;
  const { state, names, days_left } = certificate;
  if (state === "valid") return null;
  const advice = (isOrdered(certificate) ? t.adviceOrdered : t.adviceFile)[state];
  const title = state === "expiring" ? t.expiresIn(names[0] ?? "", days_left ?? 0) : t.titles[state](names[0] ?? "");
  return (
    <Notice tone={state === "expiring" ? "warn" : "error"} title={title}>
      <div>{prose(advice)}</div>
      {!isOrdered(certificate) && (
        <div>
          <code class="wrap-any">{certificate.source}</code>
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
  const { names, state, issuer, source, listener, not_before, not_after } = certificate;
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
        <dd class={isOrdered(certificate) ? "" : "mono"}>{isOrdered(certificate) ? t.ordered : source}</dd>
        <dt>{t.listener}</dt>
        <dd class={listener ? "mono" : ""}>{listener ?? t.admin}</dd>
      </dl>
    </Dialog>
  );
}
