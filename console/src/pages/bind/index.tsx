/** The form that binds an API, new or known. */
import { useLocation, useRoute } from "preact-iso";
import { useState } from "preact/hooks";
import { Refused, useChange } from "../../change/change";
import { useDraft, withoutPointers } from "../../change/draft";
import { ruleOf } from "../../objects/api";
import { HeaderRows } from "../../objects/headers";
import { ENVIRONMENTS, METHODS, useFunctionNames, useServices } from "../../objects/lists";
import { text as objects } from "../../objects/text";
import { apiLink, newFunctionLink, servicesLink } from "../../shell/links";
import { Card, Check, Code, Failure, LinkButton, Loading, Notice, Page, Rich, SelectField, TextField, WriteButton } from "../../ui/parts";
import { changeOf, EMPTY, formOf, useApi, type Form } from "./data";
import { text } from "./text";

/** Keys that have a field here, as JSON pointers. */
const SHOWN = ["/path", "/method", "/function", "/timeout", "/max_body_bytes", "/headers", "/environments", "/versions", "/name"];

type Existing = { name: string; etag: string | null; rule: string };
type Part = (part: Partial<Form>) => void;
type Wrong = (pointer: string) => string | null;

function MainFields({ form, set, wrong, existing }: { form: Form; set: Part; wrong: Wrong; existing: Existing | null }) {
  const t = text.value;
  const services = useServices();
  const functions = useFunctionNames();
  const choices = services.map(({ name }) => ({ value: name, label: name }));
  return (
    <>
      {services.length === 0 ? (
        <Notice>
          {t.noService} <a href={servicesLink()}>{t.addService}</a>
        </Notice>
      ) : (
        <SelectField
          label={t.service}
          hint={t.serviceHint}
          value={form.service}
          onValue={(service) => set({ service })}
          disabled={existing !== null}
          choices={choices}
        />
      )}
      <div class="fields">
        <SelectField
          label={t.method}
          value={form.method}
          onValue={(method) => set({ method })}
          error={wrong("/method")}
          choices={METHODS.map((value) => ({ value, label: value }))}
        />
        <TextField
          label={t.path}
          hint={t.pathHint}
          value={form.path}
          onValue={(path) => set({ path })}
          error={wrong("/path")}
          mono
          required
          placeholder="/orders/{id}"
          autoFocus={existing === null}
        />
      </div>
      <TextField
        label={t.function}
        hint={functions.length === 0 ? <NoFunction /> : t.functionHint}
        value={form.function}
        onValue={(value) => set({ function: value })}
        error={wrong("/function")}
        mono
        required
        list="functions"
      />
      <datalist id="functions">
        {functions.map((name) => (
          <option value={name} />
        ))}
      </datalist>
    </>
  );
}

function NoFunction() {
  const t = text.value;
  return (
    <>
      {t.noFunction} <a href={newFunctionLink()}>{t.addFunction}</a>
    </>
  );
}

function EnvironmentChecks({ form, set }: { form: Form; set: Part }) {
  const t = text.value;
  const toggle = (name: string, on: boolean) =>
    set({ environments: ENVIRONMENTS.filter((one) => (one === name ? on : form.environments.includes(one))) });
  return (
    <fieldset class="plain">
      <legend class="label">{t.environments}</legend>
      <div class="checks">
        {ENVIRONMENTS.map((name) => (
          <Check label={objects.value.environments[name]} checked={form.environments.includes(name)} onValue={(on) => toggle(name, on)} />
        ))}
      </div>
    </fieldset>
  );
}

function MoreFields({ form, set, wrong, existing }: { form: Form; set: Part; wrong: Wrong; existing: Existing | null }) {
  const t = text.value;
  const isSpecial = Boolean(
    form.maxBody || form.rawPath || !form.enabled || form.headers.length > 0 || Object.keys(form.versions).length > 0,
  );
  const [open] = useState(isSpecial);
  return (
    <details open={open}>
      <summary>{t.more}</summary>
      <div class="stack" style={{ paddingTop: "12px" }}>
        <TextField
          label={t.maxBody}
          hint={t.maxBodyHint}
          value={form.maxBody}
          onValue={(maxBody) => set({ maxBody })}
          error={wrong("/max_body_bytes")}
          mono
        />
        <HeaderRows rows={form.headers} onRows={(headers) => set({ headers })} error={wrong("/headers")} t={t} />
        <div class="stack tight">
          <div class="label">{t.versions}</div>
          <div class="fields">
            {form.environments.map((name) => (
              <TextField
                label={objects.value.environments[name] ?? name}
                value={form.versions[name] ?? ""}
                onValue={(version) => set({ versions: { ...form.versions, [name]: version } })}
                error={wrong(`/versions/${name}`)}
                mono
              />
            ))}
          </div>
          <div class="hint muted small">{t.versionsHint}</div>
        </div>
        <Check label={<Rich>{t.rawPath}</Rich>} checked={form.rawPath} onValue={(rawPath) => set({ rawPath })} />
        {existing && <Check label={t.enabled} checked={form.enabled} onValue={(enabled) => set({ enabled })} />}
      </div>
    </details>
  );
}

function ApiForm({ initial, existing, back }: { initial: Form; existing: Existing | null; back: string }) {
  const t = text.value;
  const { route } = useLocation();
  const [form, setForm] = useState(initial);
  const { review, dialog } = useChange();
  const services = useServices();
  const complete = { ...form, service: form.service || services[0]?.name || "" };
  const set: Part = (part) => setForm((old) => ({ ...old, ...part }));
  const made = changeOf(complete, existing);
  const title = existing ? t.editTitle(existing.rule) : t.bindTitle;
  const change = made && { ...made, title, verb: existing ? t.changeVerb : t.bindVerb };
  const draft = useDraft(change);
  const rest = withoutPointers(draft.error, SHOWN);
  const done = () => {
    const name = existing?.name ?? (complete.name.trim() || `${complete.method} ${complete.path.trim()}`);
    route(apiLink(complete.service, name));
  };
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
          <MainFields form={complete} set={set} wrong={draft.wrong} existing={existing} />
          <EnvironmentChecks form={complete} set={set} />
          <div class="fields">
            <TextField
              label={t.timeout}
              hint={t.timeoutHint}
              value={form.timeout}
              onValue={(timeout) => set({ timeout })}
              error={draft.wrong("/timeout")}
              mono
            />
            {!existing && (
              <TextField
                label={t.name}
                hint={t.nameHint}
                value={form.name}
                onValue={(name) => set({ name })}
                error={draft.wrong("/name")}
                mono
              />
            )}
          </div>
          <MoreFields form={complete} set={set} wrong={draft.wrong} existing={existing} />
        </div>
      </Card>
      {rest !== null && <Refused error={rest} />}
      {draft.outcome?.toml && (
        <Card title={t.goesTo}>
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

export function BindApi() {
  const t = text.value;
  const { query } = useLocation();
  const known = {
    ...EMPTY,
    ...Object.fromEntries(["service", "function", "path", "method"].filter((key) => query[key]).map((key) => [key, query[key]])),
  };
  return (
    <Page title={t.bindTitle} lead={t.bindLead}>
      <ApiForm initial={known} existing={null} back="/console/apis" />
    </Page>
  );
}

export function EditApi() {
  const t = text.value;
  const { params } = useRoute();
  const [service, name] = [params.service ?? "", params.api ?? ""];
  const { data, etag, error, reload } = useApi(service, name);
  // The form keeps what it was opened with: a change of somebody else is a conflict, not new text under the hands.
  const [first, setFirst] = useState<{ form: Form; existing: Existing; readOnly: string | null } | null>(null);
  if (data && etag && !first)
    setFirst({ form: formOf(data), existing: { name, etag, rule: ruleOf(data) }, readOnly: data.status.origin.read_only ?? null });
  return (
    <Page title={first ? t.editTitle(first.existing.rule) : name}>
      {!first && (error ? <Failure error={error} retry={reload} /> : <Loading />)}
      {first?.readOnly && (
        <Notice tone="warn" title={t.readOnly}>
          {first.readOnly}
        </Notice>
      )}
      {first && <ApiForm initial={first.form} existing={first.existing} back={apiLink(service, name)} />}
    </Page>
  );
}
