/** All that is known of one request. */
import type { ComponentChildren } from "preact";
import type { RequestEvent } from "../../api/schema";
import { formatBytes, formatInstant, formatNumber, formatTime } from "../../i18n";
import { shortId } from "../../objects/parts";
import { apiLink, explainLink, functionIdLink, requestsLink, revisionLink, serviceLink } from "../../shell/links";
import { LinkButton, Method, Notice, Rich, StatusCode } from "../../ui/parts";
import { Phases } from "./phases";
import { abortedWords, reasonWords, type Words } from "./reasons";
import { text } from "./text";
import "./page.css";

function urlOf(request: RequestEvent): string {
  return `http://${request.host ?? ""}${request.path}`;
}

export function functionOf(request: RequestEvent): string {
  return shortId(`${request.function}:${request.version}`);
}

function InWords({ title, word, words, tone }: { title: (why: string) => string; word: string; words: Words; tone: "warn" | "error" }) {
  return (
    <Notice tone={tone} title={title(words.title)}>
      <div>
        <Rich>{words.what}</Rich>
      </div>
      <div class="small">
        <Rich>{words.todo}</Rich>
      </div>
      <div class="small muted">
        <code>{word}</code>
      </div>
    </Notice>
  );
}

/** Why the request ended as it did. */
export function Why({ request, forwarded }: { request: RequestEvent; forwarded?: string }) {
  const t = text.value.detail;
  const { reason, aborted, detail, status } = request;
  return (
    <>
      {reason && <InWords title={t.ownAnswer} word={reason} words={reasonWords(reason)} tone={status >= 500 ? "error" : "warn"} />}
      {aborted && <InWords title={t.brokeOff} word={aborted} words={abortedWords(aborted)} tone="warn" />}
      {!reason && !aborted && status >= 400 && request.function && (
        <Notice tone="warn" title={t.functionError(status)}>
          <div>
            <Rich>{t.asked(request.method, forwarded ?? request.path)}</Rich>
          </div>
          <div class="small">
            <Rich>{status >= 500 ? t.functionErrorText : t.wholePath}</Rich>
          </div>
        </Notice>
      )}
      {detail && (
        <div class="stack tight">
          <h3>{t.told}</h3>
          <p class="wrap-any">{detail}</p>
        </div>
      )}
    </>
  );
}

function Fact({ name, children, mono }: { name: string; children: ComponentChildren; mono?: boolean }) {
  return (
    <>
      <dt>{name}</dt>
      <dd class={mono ? "mono" : ""}>{children}</dd>
    </>
  );
}

function Facts({ request }: { request: RequestEvent }) {
  const { detail: t } = text.value;
  const names = t.facts;
  const none = <span class="muted">{t.none}</span>;
  return (
    <dl class="facts">
      <Fact name={names.time}>
        <time dateTime={request.time} title={formatTime(request.time)} class="num">
          {formatInstant(request.time)}
        </time>
      </Fact>
      <Fact name={names.host} mono>
        {request.host ?? none}
      </Fact>
      <Fact name={names.path} mono>
        {request.path || none}
      </Fact>
      <Fact name={names.service}>{request.service ? <a href={serviceLink(request.service)}>{request.service}</a> : none}</Fact>
      <Fact name={names.api}>{request.api ? <a href={apiLink(request.service, request.api)}>{request.api}</a> : none}</Fact>
      <Fact name={names.environment}>{request.environment ?? none}</Fact>
      <Fact name={names.function}>
        {request.function ? <a href={functionIdLink(`${request.function}:${request.version}`)}>{functionOf(request)}</a> : none}
      </Fact>
      <Fact name={names.instance} mono>
        {request.instance ?? none}
      </Fact>
      <Fact name={names.client} mono>
        {request.client}
      </Fact>
      <Fact name={names.protocol}>{request.protocol}</Fact>
      <Fact name={names.bytes}>{t.bytes(formatBytes(request.bytes_in), formatBytes(request.bytes_out))}</Fact>
      <Fact name={names.revision}>
        <a href={revisionLink(request.revision)}>{formatNumber(request.revision)}</a>
      </Fact>
      <Fact name={names.id} mono>
        {request.request_id}
      </Fact>
    </dl>
  );
}

/** Links to the tail of requests that have something in common with this one. */
function Alike({ request }: { request: RequestEvent }) {
  const t = text.value.detail;
  const { service, api, host, status, method, duration_ms } = request;
  return (
    <div class="stack tight" role="group" aria-label={t.same}>
      <h3>{t.same}</h3>
      <div class="row detail-links">
        {api && <a href={requestsLink({ service, api })}>{t.sameApi}</a>}
        {request.function && <a href={requestsLink({ function: `${request.function}:${request.version}` })}>{t.sameFunction}</a>}
        {host && <a href={requestsLink({ host })}>{t.sameHost}</a>}
        <a href={requestsLink({ status: String(status) })}>{t.sameStatus}</a>
        {method && <a href={requestsLink({ method })}>{t.sameMethod}</a>}
        {duration_ms >= 1 && <a href={requestsLink({ service, api, slower_than: `${Math.floor(duration_ms)}ms` })}>{t.slower}</a>}
      </div>
    </div>
  );
}

/** What a request was, where its time went, and why it failed. */
export function RequestDetail({ request, alike = true }: { request: RequestEvent; alike?: boolean }) {
  const t = text.value.detail;
  return (
    <div class="stack">
      <div class="row">
        <Method method={request.method} />
        <StatusCode status={request.status} />
        <span class="mono wrap-any grow">
          {request.host}
          <strong>{request.path}</strong>
        </span>
      </div>
      <Why request={request} />
      <div class="stack tight">
        <h3>{t.took}</h3>
        <Phases request={request} />
      </div>
      <Facts request={request} />
      {alike && (
        <>
          <Alike request={request} />
          {request.host && request.method && (
            <div>
              <LinkButton icon="explain" href={explainLink({ method: request.method, url: urlOf(request) })}>
                {t.explain}
              </LinkButton>
            </div>
          )}
        </>
      )}
    </div>
  );
}
