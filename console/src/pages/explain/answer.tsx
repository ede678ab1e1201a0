/** What came back. */
import { useMemo, useState } from "preact/hooks";
import type { RequestEvent, Tried } from "../../api/schema";
import { formatBytes, formatMs } from "../../i18n";
import { requestsLink } from "../../shell/links";
import { Card, Code, Notice, Segments, StatusCode } from "../../ui/parts";
import { RequestDetail, Why } from "../requests/detail";
import { Phases } from "../requests/phases";
import { text } from "./text";

function field(answer: Tried, wanted: string): string {
  return answer.headers.find(({ name }) => name.toLowerCase() === wanted)?.value ?? "";
}

/** JSON with indents; null if it is none. */
function formatted(body: string): string | null {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return null;
  }
}

function TextBody({ body }: { body: string }) {
  const t = text.value;
  const [form, setForm] = useState<"pretty" | "raw">("pretty");
  const json = useMemo(() => formatted(body), [body]);
  return (
    <div class="stack tight">
      {json !== null && (
        <div>
          <Segments
            label={t.form}
            value={form}
            onValue={setForm}
            choices={[
              { value: "pretty", label: t.pretty },
              { value: "raw", label: t.raw },
            ]}
          />
        </div>
      )}
      <Code wrap>{(form === "pretty" && json) || body}</Code>
    </div>
  );
}

function AnswerBody({ answer }: { answer: Tried }) {
  const t = text.value;
  const { body, encoding } = answer;
  const type = field(answer, "content-type");
  if (body === "") return <p class="muted">{t.emptyBody}</p>;
  if (encoding === "text") return <TextBody body={body} />;
  if (type.startsWith("image/")) return <img class="answer-image" src={`data:${type};base64,${body}`} alt={t.image} />;
  return <p class="muted">{t.binary(formatBytes(atob(body).length))}</p>;
}

function AnswerHeaders({ answer: { headers } }: { answer: Tried }) {
  return (
    <details open={headers.length <= 6}>
      <summary>{text.value.answerHeaders(headers.length)}</summary>
      <dl class="facts answer-headers mono">
        {headers.map(({ name, value }) => (
          <>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </>
        ))}
      </dl>
    </details>
  );
}

/** What the gateway knows of the request, as soon as its tail has it. */
function Told({ request }: { request: RequestEvent }) {
  const t = text.value;
  const { service, api, host } = request;
  return (
    <>
      <div class="stack tight">
        <h3>{t.took}</h3>
        <Phases request={request} />
      </div>
      <details>
        <summary>{t.showDetail}</summary>
        <div class="answer-told">
          <RequestDetail request={request} alike={false} />
        </div>
      </details>
      <div>
        <a href={requestsLink(api ? { service, api } : { host: host ?? "" })}>{t.follow}</a>
      </div>
    </>
  );
}

export function AnswerCard({ answer, request, forwarded }: { answer: Tried; request: RequestEvent | null; forwarded?: string }) {
  const t = text.value;
  return (
    <Card
      title={
        <span class="row">
          {t.answer}
          <StatusCode status={answer.status} />
        </span>
      }
      actions={<span class="muted num">{formatMs(answer.duration_ms)}</span>}
    >
      <div class="stack">
        {request && <Why request={request} forwarded={forwarded} />}
        {answer.truncated && <Notice tone="warn">{t.truncated}</Notice>}
        <AnswerBody answer={answer} />
        <AnswerHeaders answer={answer} />
        {answer.request_id && (
          <div class="small wrap-any">
            <span class="muted">{t.requestId}</span> <code>{answer.request_id}</code>
          </div>
        )}
        {request && <Told request={request} />}
      </div>
    </Card>
  );
}
