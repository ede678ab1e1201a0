/** Sends the request, with headers and a body. */
import { useEffect, useRef } from "preact/hooks";
import type { Field as Header } from "../../api/schema";
import { mayWrite } from "../../session";
import { Button, Card, Code, Failure, Field, Method, Notice, Rich, WriteButton } from "../../ui/parts";
import { command } from "../../change/command";
import { Curl } from "../requests/curl";
import { AnswerCard } from "./answer";
import { useTry } from "./data";
import type { Asked } from "./lookup";
import { text } from "./text";

const KNOWN = ["Accept", "Authorization", "Content-Type", "Cookie", "If-None-Match", "Origin", "User-Agent"];
const BODILESS = ["GET", "HEAD", "OPTIONS", "TRACE"];

function HeaderRow({
  row,
  header,
  onChange,
  onRemove,
}: {
  row: number;
  header: Header;
  onChange: (header: Header) => void;
  onRemove: () => void;
}) {
  const t = text.value;
  return (
    <div class="try-header">
      <input
        class="input mono"
        aria-label={t.headerName(row)}
        placeholder={t.name}
        list="known-headers"
        value={header.name}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => onChange({ ...header, name: event.currentTarget.value })}
      />
      <input
        class="input mono"
        aria-label={t.headerValue(row)}
        placeholder={t.value}
        value={header.value}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => onChange({ ...header, value: event.currentTarget.value })}
      />
      <Button kind="quiet" icon="cross" label={t.removeHeader(row)} onClick={onRemove} />
    </div>
  );
}

function Headers({ headers, onChange }: { headers: Header[]; onChange: (headers: Header[]) => void }) {
  const t = text.value;
  return (
    <fieldset class="try-headers stack tight">
      <legend class="label">{t.headers}</legend>
      {headers.map((header, index) => (
        <HeaderRow
          key={index}
          row={index + 1}
          header={header}
          onChange={(next) => onChange(headers.map((one, place) => (place === index ? next : one)))}
          onRemove={() => onChange(headers.filter((_, place) => place !== index))}
        />
      ))}
      <datalist id="known-headers">
        {KNOWN.map((name) => (
          <option value={name} />
        ))}
      </datalist>
      <div>
        <Button icon="plus" onClick={() => onChange([...headers, { name: "", value: "" }])}>
          {t.addHeader}
        </Button>
      </div>
    </fieldset>
  );
}

function Body({ value, onValue }: { value: string; onValue: (value: string) => void }) {
  const t = text.value;
  return (
    <Field
      label={t.body}
      hint={<Rich>{t.bodyHint}</Rich>}
      control={(ids) => (
        <textarea
          {...ids}
          class="input mono"
          rows={5}
          value={value}
          spellcheck={false}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
      )}
    />
  );
}

export type Draft = { headers: Header[]; body: string };

/** What is sent: no header without a name, and no body with a method that has none. */
export function sentOf(asked: Asked, draft: Draft): Asked & Draft {
  const headers = draft.headers.filter(({ name }) => name.trim() !== "");
  return { ...asked, headers, body: BODILESS.includes(asked.method) ? "" : draft.body };
}

/** The same from a terminal. */
export function CommandLine({ sent }: { sent: Asked & Draft }) {
  const t = text.value;
  return (
    <Card title={t.commandLine}>
      <div class="stack">
        <div class="stack tight">
          <h3>{t.asCurl}</h3>
          <Curl sent={sent} />
        </div>
        <div class="stack tight">
          <h3>{t.asExplain}</h3>
          <Code wrap>{command("explain", sent.method, sent.url)}</Code>
        </div>
      </div>
    </Card>
  );
}

type TryProps = { sent: Asked & Draft; draft: Draft; onDraft: (draft: Draft) => void; forwarded?: string };

export function Try({ sent, draft, onDraft, forwarded }: TryProps) {
  const t = text.value;
  const tried = useTry();
  const answered = useRef<HTMLDivElement>(null);
  // It may be below what is in view.
  useEffect(() => answered.current?.lastElementChild?.scrollIntoView({ block: "nearest" }), [tried.answer, tried.request, tried.error]);
  return (
    <>
      <Card title={t.send}>
        <form
          class="stack"
          onSubmit={(event) => {
            event.preventDefault();
            void tried.send(sent);
          }}
        >
          <div class="row">
            <Method method={sent.method} />
            <span class="mono wrap-any grow">{sent.url}</span>
          </div>
          <Headers headers={draft.headers} onChange={(headers) => onDraft({ ...draft, headers })} />
          {!BODILESS.includes(sent.method) && <Body value={draft.body} onValue={(body) => onDraft({ ...draft, body })} />}
          {mayWrite.value ? (
            <p class="muted small">{t.sendLead}</p>
          ) : (
            <Notice>
              <span>
                <Rich>{t.readOnly}</Rich>
              </span>
            </Notice>
          )}
          <div>
            <WriteButton kind="primary" icon="send" type="submit" disabled={tried.busy}>
              {tried.busy ? t.sending : t.send}
            </WriteButton>
          </div>
        </form>
      </Card>
      <div aria-live="polite" class="explain-answer" ref={answered}>
        <Failure error={tried.error} />
        {tried.answer && <AnswerCard answer={tried.answer} request={tried.request} forwarded={forwarded} />}
      </div>
    </>
  );
}
