/** What failed since the page was opened, and why. */
import { formatNumber } from "../../i18n";
import { apiLink, requestsLink } from "../../shell/links";
import { Card } from "../../ui/parts";
import { reasonStatus, reasonWords } from "../requests/reasons";
import type { OverviewData } from "./data";
import { worst } from "./seen";
import { text } from "./text";

const MOST = 6;

export function Failing({ seen }: OverviewData) {
  const t = text.value;
  const apis = worst(seen, MOST);
  return (
    <Card title={t.failing} actions={<span class="muted small">{t.since}</span>} flush>
      {apis.length === 0 ? (
        <p class="body muted">{t.failingNone}</p>
      ) : (
        <div class="scroll-x">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t.columns.api}</th>
                <th scope="col" class="end">
                  {t.columns.requests}
                </th>
                <th scope="col" class="end">
                  {t.columns.count}
                </th>
                <th>
                  <span class="hidden-visually">{t.follow}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {apis.map(({ service, api, requests, errors, failed }) => (
                <tr>
                  <td>
                    <a class="wrap-any" href={apiLink(service, api)}>
                      {api}
                    </a>
                    <div class="muted small">{service}</div>
                  </td>
                  <td class="end num">{formatNumber(requests)}</td>
                  <td class="end num overview-failed">{formatNumber(failed)}</td>
                  <td class="end">
                    <a class="nowrap small" href={requestsLink({ service, api, status: errors > 0 ? "5xx" : "4xx" })}>
                      {t.follow}
                      <span class="hidden-visually">: {t.failuresOf(api)}</span>
                    </a>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

export function Refusals({ seen, latest }: OverviewData) {
  const t = text.value;
  const reasons = [...seen.refusals].sort(([, one], [, other]) => other - one);
  return (
    <Card title={t.reasons} actions={<span class="muted small">{t.since}</span>} flush>
      {reasons.length === 0 ? (
        <p class="body muted">{t.reasonsNone}</p>
      ) : (
        <div class="scroll-x">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t.columns.reason}</th>
                <th scope="col" class="end">
                  {t.columns.count}
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
                    <td class="end num muted nowrap">{t.perSecond(formatNumber(latest?.total.refusals[reason] ?? 0))}</td>
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
