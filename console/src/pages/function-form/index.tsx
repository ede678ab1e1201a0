/** The form of a function, new or known. */
import { useLocation, useRoute } from "preact-iso";
import { useState } from "preact/hooks";
import { useChange, Refused } from "../../change/change";
import { useDraft, withoutPointers } from "../../change/draft";
import { HeaderRows } from "../../objects/headers";
import { shortId } from "../../objects/parts";
import { functionLink, functionsLink } from "../../shell/links";
import { Card, Code, Failure, Field, LinkButton, Loading, Notice, Page, TextField, WriteButton } from "../../ui/parts";
import { useFunction } from "../function/data";
import { changeOf, EMPTY, formOf, FURTHER, isNumber, NUMBERS, type Form } from "./data";
import { text } from "./text";

const SHOWN = ["/instances", "/headers", "/timeout", ...[...FURTHER, ...NUMBERS].map((key) => `/${key}`)];

type Props = { form: Form; set: (part: Partial<Form>) => void; wrong: (pointer: string) => string | null };

function Names({ form, set }: Props) {
  const t = text.value;
  return (
    <div class="fields">
      <TextField label={t.name} value={form.name} onValue={(name) => set({ name })} mono required placeholder="orders" autoFocus />
      <TextField label={t.namespace} value={form.namespace} onValue={(namespace) => set({ namespace })} mono required />
      <TextField label={t.version} hint={t.versionHint} value={form.version} onValue={(version) => set({ version })} mono />
    </div>
  );
}

function NumberField({ name, label, hint, form, set, wrong }: Props & { name: (typeof NUMBERS)[number]; label: string; hint?: string }) {
  const error = isNumber(form[name]) ? wrong(`/${name}`) : text.value.numberOnly;
  return <TextField label={label} hint={hint} value={form[name]} onValue={(value) => set({ [name]: value })} error={error} mono />;
}

function Keys(props: Props) {
  const t = text.value;
  const { form, set, wrong } = props;
  return (
    <>
      <Field
        label={t.instances}
        hint={t.instancesHint}
        error={wrong("/instances")}
        control={(ids) => (
          <textarea
            {...ids}
            class="input mono"
            rows={Math.max(2, form.instances.split("\n").length)}
            required
            spellcheck={false}
            placeholder="http://127.0.0.1:9000"
            value={form.instances}
            onInput={(event) => set({ instances: event.currentTarget.value })}
          />
        )}
      />
      <div class="fields">
        <TextField
          label={t.timeout}
          hint={t.timeoutHint}
          value={form.timeout}
          onValue={(timeout) => set({ timeout })}
          error={wrong("/timeout")}
          mono
          placeholder="15s"
        />
        <NumberField {...props} name="max_concurrency" label={t.concurrency} hint={t.concurrencyHint} />
        <NumberField {...props} name="queue" label={t.queue} hint={t.queueHint} />
      </div>
      <details>
        <summary>{t.more}</summary>
        <div class="stack" style={{ paddingTop: "12px" }}>
          <HeaderRows rows={form.headers} onRows={(headers) => set({ headers })} error={wrong("/headers")} t={t} />
          <div class="fields">
            {FURTHER.map((key) => (
              <TextField label={key} value={form[key]} onValue={(value) => set({ [key]: value })} error={wrong(`/${key}`)} mono />
            ))}
            <NumberField {...props} name="memory" label="memory" />
            <NumberField {...props} name="max_response_headers" label="max_response_headers" />
          </div>
        </div>
      </details>
    </>
  );
}

function FunctionForm({ initial, etag, title, back }: { initial: Form; etag: string | null; title: string; back: string }) {
  const t = text.value;
  const { route } = useLocation();
  const [form, setForm] = useState(initial);
  const { review, dialog } = useChange();
  const made = changeOf(form, etag);
  const change = made && { ...made, title, verb: etag === null ? t.verb.add : t.verb.change };
  const draft = useDraft(change);
  const rest = withoutPointers(draft.error, SHOWN);
  const props: Props = { form, set: (part) => setForm((old) => ({ ...old, ...part })), wrong: draft.wrong };
  const done = () => route(functionLink(form.namespace.trim(), form.name.trim(), form.version.trim() || undefined));
  return (
    <form
      class="stack loose form"
      onSubmit={(event) => {
        event.preventDefault();
        if (change) review({ ...change, onDone: done });
      }}
    >
      <Card>
        <div class="stack">
          {etag === null && <Names {...props} />}
          <Keys {...props} />
        </div>
      </Card>
      {rest !== null && <Refused error={rest} />}
      {draft.outcome?.toml && (
        <Card title={t.toml}>
          <Code>{draft.outcome.toml}</Code>
        </Card>
      )}
      <div class="row">
        <WriteButton kind="primary" type="submit" disabled={!change || !draft.outcome}>
          {t.review}
        </WriteButton>
        <LinkButton href={back}>{t.cancel}</LinkButton>
        {draft.outcome && <span class="small muted">{t.fine}</span>}
      </div>
      {dialog}
    </form>
  );
}

export function AddFunction() {
  const t = text.value;
  return (
    <Page title={t.addTitle} lead={t.addLead}>
      <FunctionForm initial={EMPTY} etag={null} title={t.addTitle} back={functionsLink()} />
    </Page>
  );
}

export function EditFunction() {
  const t = text.value;
  const { params } = useRoute();
  const [namespace, name] = [params.namespace ?? "", params.function ?? ""];
  const { data, etag, error, reload } = useFunction(namespace, name);
  const [first, setFirst] = useState<{ form: Form; etag: string; title: string; readOnly: string | null } | null>(null);
  if (data && etag && !first)
    setFirst({ form: formOf(data), etag, title: t.editTitle(shortId(data.status.id)), readOnly: data.status.origin.read_only ?? null });
  return (
    <Page title={first?.title ?? name}>
      {!first && (error ? <Failure error={error} retry={reload} /> : <Loading />)}
      {first?.readOnly && (
        <Notice tone="warn" title={t.readOnly}>
          {first.readOnly}
        </Notice>
      )}
      {first && <FunctionForm initial={first.form} etag={first.etag} title={first.title} back={functionLink(namespace, name)} />}
    </Page>
  );
}
