/** How much of its time a certificate has behind it. */
import type { Certificate, CertificateState } from "../../api/schema";
import { formatNumber, formatTime } from "../../i18n";
import { Badge, type Tone } from "../../ui/parts";
import { elapsed } from "./data";
import { text } from "./text";

const TONES: Record<CertificateState, Tone> = { valid: "ok", expiring: "warn", expired: "error", missing: "error" };

export function StateBadge({ state }: { state: CertificateState }) {
  return (
    <Badge tone={TONES[state]} dot>
      {text.value.states[state]}
    </Badge>
  );
}

export function LifeBar({ certificate }: { certificate: Certificate }) {
  const t = text.value;
  const { not_before, not_after, days_left, state } = certificate;
  const part = elapsed(certificate);
  if (part === null || !not_before || !not_after) return <span class="muted">{t.noTime}</span>;
  const left = days_left ?? 0;
  const words = left < 0 ? t.expiredFor(-left) : t.daysLeft(left);
  return (
    <div class="life" title={`${formatTime(not_before)} – ${formatTime(not_after)}`}>
      <div class="life-track" aria-hidden="true">
        <div class={TONES[state]} style={{ width: `${part * 100}%` }} />
      </div>
      <div class="small clip">
        {words}
        <span class="muted"> · {t.over(formatNumber(part * 100))}</span>
      </div>
    </div>
  );
}
