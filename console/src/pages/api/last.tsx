/** The last requests of one API. */
import type { Api } from "../../api/schema";
import { formatClock, formatMs } from "../../i18n";
import { requestsLink } from "../../shell/links";
import { Card, Code, StatusCode } from "../../ui/parts";
import { useTail } from "../requests/data";
import { reasonWords } from "../requests/reasons";
import { curl } from "../requests/sample";
import { text } from "./text";

const SHOWN = 8;

export function LastRequests({ api, example }: { api: Api; example: { method: string; url: string } }) {
  const t = text.value;
  const requests = useTail({ service: api.service, api: api.name }).requests.slice(0, SHOWN);
  const all = <a href={requestsLink({ service: api.service, api: api.name })}>{t.all}</a>;
  return (
    <Card title={t.last} actions={all} flush>
      {requests.length === 0 ? (
        <div class="empty">
          <strong>{t.noRequests}</strong>
          <p class="small">{t.lastHint}</p>
          {example.url && (
            <>
              <p class="small">{t.noRequestsText}</p>
              <Code wrap>{curl(example)}</Code>
            </>
          )}
        </div>
      ) : (
        <div class="scroll-x">
          <table class="table">
            <tbody>
              {requests.map((event) => (
                <tr key={event.request_id}>
                  <td class="num small muted">{formatClock(event.time)}</td>
                  <td>
                    <StatusCode status={event.status} />
                  </td>
                  <td class="wrap-any">
                    <code>
                      {event.method} {event.path}
                    </code>
                    {event.reason && <div class="small muted">{reasonWords(event.reason).title}</div>}
                  </td>
                  <td class="end num small nowrap">{formatMs(event.duration_ms)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}
