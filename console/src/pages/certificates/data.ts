/** Certificates of the listeners, those that need somebody first. */
import { useQuery } from "../../api/query";
import type { Certificate, CertificateState, PageCertificate } from "../../api/schema";

const URGENCY: Record<CertificateState, number> = { missing: 0, expired: 1, expiring: 2, valid: 3 };

/** The path of its file; null if the gateway ordered it. */
export const fileOf = ({ source }: Certificate): string | null => (source.startsWith("file:") ? source.slice(5) : null);

/** The common name of an issuer, or all of it. */
export function issuerName(issuer: string): string {
  return /(?:^|[,+] ?)CN=([^,+]+)/.exec(issuer)?.[1]?.trim() ?? issuer;
}

export const keyOf = ({ source, listener, names }: Certificate): string => [listener, source, ...names].join(" ");

/** Which part of its time is over, from 0 to 1; null while it is missing. */
export function elapsed({ not_before, not_after }: Certificate, now = Date.now()): number | null {
  if (!not_before || !not_after) return null;
  const [from, to] = [Date.parse(not_before), Date.parse(not_after)];
  return to > from ? Math.min(1, Math.max(0, (now - from) / (to - from))) : 1;
}

export function useCertificates() {
  const { data, error, reload } = useQuery<PageCertificate>("/v1/certificates", { limit: 1000 });
  const items = [...(data?.items ?? [])].sort(
    (one, other) => URGENCY[one.state] - URGENCY[other.state] || (one.days_left ?? 0) - (other.days_left ?? 0),
  );
  return { items: data ? items : null, error, retry: reload };
}
