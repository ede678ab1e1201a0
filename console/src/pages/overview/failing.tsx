/** What failed since the page was opened, and why. */
import { AVERAGED, figures as live } from "../../api/live";
import { formatNumber } from "../../i18n";
import { formatRate, formatShare } from "../../objects/parts";
import { apiLink, requestsLink } from "../../shell/links";
import { Card } from "../../ui/parts";
import { reasonStatus, reasonWords } from "../requests/reasons";
import type { OverviewData } from "./data";
import { mainReason, worst } from "./seen";
import { text } from "./text";

const MOST = 6;

export function Failing({ seen }: OverviewData) {
  const t = text.value;
  const apis = worst(seen, MOST);
  return (
    <Card title={t.failing} actions={<span class="muted small">{t.since}</span>} flush>
      {apis.length === 0 ? (
        <p class="body muted">{seen.until && t.failingNone}</p>
      ) : (
        <div class="scroll-x">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t.columns.api}</th>
                <th scope="col" class="wide-only">
                  {t.columns.mostly}
                </th>
                <th scope="col" class="end">
                  {t.columns.failed}
                </th>
                <th scope="col" class="end">
                  {t.columns.share}
                </th>
                <th>
                  <span class="hidden-visually">{t.follow}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {apis.map((sum) => {
                const { service, api, requests, errors, failed } = sum;
                const reason = mainReason(sum);
                const why = reason ? `${reasonStatus(reason)} ${reasonWords(reason).title}` : t.ofFunction;
                return (
                  <tr>
                    <td>
                      <a class="wrap-any" href={apiLink(service, api)}>
                        {api}
                      </a>
                      <div class="muted small">
                        {service}
                        <span class="narrow-only"> · {why}</span>
                      </div>
                    </td>
                    <td class="small wide-only">{why}</td>
                    <td class="end num nowrap">{t.of(formatNumber(failed), formatNumber(requests))}</td>
                    <td class="end num failing nowrap">{formatShare(failed, Math.max(failed, requests))}</td>
                    <td class="end">
                      <a class="nowrap small" href={requestsLink({ service, api, status: errors > 0 ? "5xx" : "4xx" })}>
                        {t.follow}
                        <span class="hidden-visually">: {t.failuresOf(api)}</span>
                      </a>
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

function Now({ reason }: { reason: string }) {
  const seconds = live.value.slice(-AVERAGED);
  const sum = seconds.reduce((all, { total }) => all + (total.refusals[reason] ?? 0), 0);
  return <>{text.value.perSecond(formatRate(sum / Math.max(1, seconds.length)))}</>;
}

export function Refusals({ seen }: OverviewData) {
  const t = text.value;
  const reasons = [...seen.refusals].sort(([, one], [, other]) => other - one);
  return (
    <Card title={t.reasons} actions={<span class="muted small">{t.since}</span>} flush>
      {reasons.length === 0 ? (
        <p class="body muted">{seen.until && t.reasonsNone}</p>
      ) : (
        <div class="scroll-x">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t.columns.reason}</th>
                <th scope="col" class="end">
                  {t.columns.requests}
                </th>
                <th scope="col" class="end">
                  {t.columns.now}
                </th>
              </tr>
            </thead>
            <tbody>
              {reasons.map(([reason, count]) => {
                const status = reasonStatus(reason);
                return (
                  <tr>
                    <td>
                      <a href={requestsLink({ status: String(status) })} title={t.showReason(status)}>
                        {reasonWords(reason).title}
                      </a>
                      <div class="muted small">
                        <span class="num">{status}</span> <span class="mono">{reason}</span>
                      </div>
                    </td>
                    <td class="end num">{formatNumber(count)}</td>
                    <td class="end num muted nowrap">
                      <Now reason={reason} />
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}
