/** The requests as a table, the newest first. */
import type { ComponentChildren } from "preact";
import type { RequestEvent } from "../../api/schema";
import { formatClock, formatInstant, formatMs } from "../../i18n";
import { apiLink, functionIdLink } from "../../shell/links";
import { Method, StatusCode } from "../../ui/parts";
import { VirtualTable, type Column } from "../../ui/virtual";
import { functionOf } from "./detail";
import { PhaseBar } from "./phases";
import { abortedWords, reasonWords } from "./reasons";
import { text } from "./text";

function Target({ request, selected }: { request: RequestEvent; selected: boolean }) {
  const t = text.value;
  const { host, method, path } = request;
  return (
    <button
      type="button"
      class="tail-open clip mono"
      aria-label={t.open(`${method} ${host ?? ""}${path}`)}
      aria-expanded={selected}
      data-request={request.request_id}
    >
      {path ? (
        <>
          <span class="muted tail-host">{host ?? t.noHost}</span>
          {path}
        </>
      ) : (
        <span class="muted">{t.noHead}</span>
      )}
    </button>
  );
}

function Duration({ request }: { request: RequestEvent }) {
  return (
    <span class="tail-duration num nowrap">
      {formatMs(request.duration_ms)}
      <PhaseBar request={request} />
    </span>
  );
}

/** Why the gateway answered itself, or the answer broke off. */
function whyOf({ reason, aborted }: RequestEvent): string {
  return reason ? reasonWords(reason).title : aborted ? abortedWords(aborted).title : "";
}

function columns(selected: string | null): Column<RequestEvent>[] {
  const t = text.value.columns;
  const none = <span class="muted">–</span>;
  return [
    { title: t.time, width: "96px", cell: (request) => <span class="num muted small">{formatInstant(request.time)}</span> },
    { title: t.method, width: "66px", cell: (request) => <Method method={request.method} /> },
    {
      title: t.path,
      width: "minmax(140px, 3fr)",
      narrow: "keep",
      cell: (request) => (
        <div class="two-lines">
          <Target request={request} selected={request.request_id === selected} />
          {whyOf(request) && <div class="small muted clip wide-only">{whyOf(request)}</div>}
        </div>
      ),
    },
    { title: t.status, width: "56px", narrow: "keep", cell: (request) => <StatusCode status={request.status} /> },
    {
      title: t.api,
      width: "minmax(90px, 1.4fr)",
      cell: ({ service, api }) =>
        api ? (
          <a class="above clip tail-link" href={apiLink(service, api)} title={`${service}: ${api}`}>
            {api}
          </a>
        ) : (
          none
        ),
    },
    {
      title: t.function,
      width: "minmax(90px, 1.2fr)",
      cell: (request) =>
        request.function ? (
          <a class="above clip tail-link" href={functionIdLink(`${request.function}:${request.version}`)}>
            {functionOf(request)}
          </a>
        ) : (
          none
        ),
    },
    { title: t.duration, width: "82px", narrow: "keep", end: true, cell: (request) => <Duration request={request} /> },
  ];
}

export function RequestTable({
  requests,
  selected,
  onSelect,
  empty,
}: {
  requests: readonly RequestEvent[];
  selected: string | null;
  onSelect: (request: RequestEvent) => void;
  empty: ComponentChildren;
}) {
  const t = text.value;
  return (
    <VirtualTable
      label={t.title}
      columns={columns(selected)}
      rows={requests}
      rowKey={(request) => request.request_id}
      rowHeight={42}
      selected={selected}
      onSelect={onSelect}
      below={(request) =>
        `${formatClock(request.time)} ${request.method} ${whyOf(request) || (request.function ? functionOf(request) : (request.host ?? ""))}`
      }
      empty={empty}
    />
  );
}
