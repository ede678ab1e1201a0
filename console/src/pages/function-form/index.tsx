/** The form of a function, new or known. */
import { useLocation, useRoute } from "preact-iso";
import { useState } from "preact/hooks";
import { isGone, type Loaded } from "../../api/query";
import type { Function } from "../../api/schema";
import { useChange } from "../../change/change";
import { useDraft } from "../../change/draft";
import { readAgain } from "../../objects/body";
import { ChangedMeanwhile, FormEnd, FormFields, useFirst, useMeanwhile } from "../../objects/form";
import { Gone } from "../../objects/gone";
import { HeaderRows } from "../../objects/headers";
import { shortId } from "../../objects/parts";
import { functionLink, functionsLink } from "../../shell/links";
import { Button, Failure, Field, Loading, Page, TextField } from "../../ui/parts";
import { useFunction } from "../function/data";
import { bareAddress, changeOf, DEFAULTS, EMPTY, formOf, FURTHER, isNumber, NUMBERS, withScheme, type Form } from "./data";
import { text } from "./text";

/** Keys in the part of the form that is closed at first. */
const CLOSED = ["/headers", ...FURTHER.map((key) => `/${key}`), "/memory", "/max_response_headers"];
const SHOWN = ["/instances", "/timeout", "/max_concurrency", "/queue", ...CLOSED];
const SHOWN_NEW = [...SHOWN, "/name", "/namespace", "/version"];

type Props = { form: Form; set: (part: Partial<Form>) => void; wrong: (pointer: string) => string | null };

function Names({ form, set, wrong }: Props) {
  const t = text.value;
  return (
    <div class="fields">
      <TextField
        label={t.name}
        value={form.name}
        onValue={(name) => set({ name })}
        error={wrong("/name")}
        mono
        required
        placeholder="orders"
        autoFocus
      />
      <TextField
        label={t.namespace}
        value={form.namespace}
        onValue={(namespace) => set({ namespace })}
        error={wrong("/namespace")}
        mono
        required
      />
      <TextField
        label={t.version}
        hint={t.versionHint}
        value={form.version}
        onValue={(version) => set({ version })}
        error={wrong("/version")}
        mono
      />
    </div>
  );
}

function NumberField({ name, label, hint, form, set, wrong }: Props & { name: (typeof NUMBERS)[number]; label: string; hint?: string }) {
  const error = isNumber(form[name]) ? wrong(`/${name}`) : text.value.numberOnly;
  return (
    <TextField
      label={label}
      hint={hint}
      placeholder={DEFAULTS[name]}
      value={form[name]}
      onValue={(value) => set({ [name]: value })}
      error={error}
      mono
    />
  );
}

function Instances({ form, set, wrong }: Props) {
  const t = text.value;
  const bare = bareAddress(form.instances);
  return (
    <div class="stack tight">
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
      {bare && (
        <div>
          <Button onClick={() => set({ instances: withScheme(form.instances, bare) })}>{t.use(`http://${bare}`)}</Button>
        </div>
      )}
    </div>
  );
}

function Limits(props: Props) {
  const t = text.value;
  const { form, set, wrong } = props;
  return (
    <div class="fields">
      <TextField
        label={t.timeout}
        hint={t.timeoutHint}
        value={form.timeout}
        onValue={(timeout) => set({ timeout })}
        error={wrong("/timeout")}
        mono
        placeholder={DEFAULTS.timeout}
      />
      <NumberField {...props} name="max_concurrency" label={t.concurrency} hint={t.concurrencyHint} />
      <NumberField {...props} name="queue" label={t.queue} hint={t.queueHint} />
    </div>
  );
}

function MoreFields(props: Props) {
  const { form, set, wrong } = props;
  const { hints } = text.value;
  const [open, setOpen] = useState(false);
  // An error is not hidden, and what is open stays so.
  if (!open && CLOSED.some(wrong)) setOpen(true);
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{text.value.more}</summary>
      <div class="stack" style={{ paddingTop: "12px" }}>
        <HeaderRows rows={form.headers} onRows={(headers) => set({ headers })} error={wrong("/headers")} />
        <div class="fields">
          {FURTHER.map((key) => (
            <TextField
              label={key}
              hint={hints[key]}
              placeholder={DEFAULTS[key]}
              value={form[key]}
              onValue={(value) => set({ [key]: value })}
              error={wrong(`/${key}`)}
              mono
            />
          ))}
          <NumberField {...props} name="memory" label="memory" hint={hints.memory} />
          <NumberField {...props} name="max_response_headers" label="max_response_headers" hint={hints.max_response_headers} />
        </div>
      </div>
    </details>
  );
}

type FormProps = {
  initial: Form;
  etag: string | null;
  loaded?: Loaded<Function>;
  title: string;
  back: string;
  readOnly?: string | null;
};

function FunctionForm({ initial, etag: first, loaded, title, back, readOnly = null }: FormProps) {
  const t = text.value;
  const { route } = useLocation();
  const [form, setForm] = useState(initial);
  const [known, setKnown] = useState(first === null ? null : { etag: first, form: initial });
  const etag = known?.etag ?? null;
  const { review, dialog } = useChange();
  const both = useMeanwhile(loaded, known, form, formOf, (merged, now) => {
    setForm(merged);
    setKnown(now);
  });
  const made = changeOf(form, etag);
  const isNew = first === null;
  const change = made && { ...made, title, verb: isNew ? t.verb.add : t.verb.change };
  const draft = useDraft(readOnly === null ? change : null);
  const props: Props = { form, set: (part) => setForm((old) => ({ ...old, ...part })), wrong: draft.wrong };
  const done = () => route(functionLink(form.namespace.trim(), form.name.trim(), form.version.trim() || undefined));
  return (
    <form
      class="stack loose form"
      onSubmit={(event) => {
        event.preventDefault();
        if (change && draft.outcome) review({ ...change, isOfForm: !isNew, onDone: done });
      }}
    >
      {both && made && <ChangedMeanwhile path={made.path} both={both} />}
      <FormFields locked={{ title: t.readOnly, reason: readOnly }}>
        {isNew && <Names {...props} />}
        <Instances {...props} />
        <Limits {...props} />
        <MoreFields {...props} />
      </FormFields>
      <FormEnd
        change={change}
        draft={draft}
        shown={isNew ? SHOWN_NEW : SHOWN}
        again={
          known && change ? () => readAgain<Function>(change.path, (now, tag) => setKnown({ etag: tag, form: formOf(now) })) : undefined
        }
        locked={readOnly !== null}
        back={back}
      />
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
  const { params } = useRoute();
  const [namespace, name] = [params.namespace ?? "", params.function ?? ""];
  const one = useFunction(namespace, name);
  const first = useFirst(one, (data, etag) => ({
    initial: formOf(data),
    etag,
    title: text.value.editTitle(shortId(data.status.id)),
    readOnly: data.status.origin.read_only,
  }));
  if (!first && isGone(one.error)) return <Gone kind="functions" name={name} />;
  return (
    <Page title={first?.title ?? name}>
      {!first && (one.error ? <Failure error={one.error} retry={one.reload} /> : <Loading />)}
      {first && <FunctionForm {...first} loaded={one} back={functionLink(namespace, name)} />}
    </Page>
  );
}
