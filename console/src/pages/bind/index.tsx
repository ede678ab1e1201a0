/** The form that binds an API, new or known. */
import { useLocation, useRoute } from "preact-iso";
import { useState } from "preact/hooks";
import { isGone, type Loaded } from "../../api/query";
import type { Api } from "../../api/schema";
import { useChange, type Change } from "../../change/change";
import { useDraft } from "../../change/draft";
import { apiPath, ruleOf } from "../../objects/api";
import { readAgain } from "../../objects/body";
import { ChangedMeanwhile, FormEnd, FormFields, useFirst, useMeanwhile } from "../../objects/form";
import { Gone } from "../../objects/gone";
import { HeaderRows } from "../../objects/headers";
import { ENVIRONMENTS, API_METHODS, useFunctionNames, useServices } from "../../objects/lists";
import { apiLink, newFunctionLink } from "../../shell/links";
import { Check, Failure, Loading, Notice, Page, Rich, SelectField, TextField } from "../../ui/parts";
import { useApi } from "../api/data";
import { FirstService } from "../services/actions";
import { changeOf, EMPTY, formOf, isMoved, keep, keptForm, nameOf, type Existing, type Form } from "./data";
import { text } from "./text";

type Part = (part: Partial<Form>) => void;
type Wrong = (pointer: string) => string | null;
type Props = { form: Form; set: Part; wrong: Wrong };

/** Keys in the part of the form that is closed at first. */
const FURTHER = ["/max_body_bytes", "/headers"];
const versionKeys = (form: Form) => form.environments.map((name) => `/versions/${name}`);

/** Keys whose errors stand beside a field, as JSON pointers. */
function shownIn(form: Form, isNew: boolean): string[] {
  const main = ["/path", "/method", "/function", "/timeout", "/environments", ...FURTHER, ...versionKeys(form)];
  return isNew ? [...main, "/name"] : main;
}

function ServiceField({ form, set, disabled }: { form: Form; set: Part; disabled: boolean }) {
  const t = text.value;
  const services = useServices();
  if (!services) return null;
  if (services.length === 0) return <FirstService />;
  return (
    <SelectField
      label={t.service}
      hint={t.serviceHint}
      value={form.service}
      onValue={(service) => set({ service })}
      disabled={disabled}
      choices={services.map(({ name }) => ({ value: name, label: name }))}
    />
  );
}

function RuleFields({ form, set, wrong, focus }: Props & { focus: boolean }) {
  const t = text.value;
  return (
    <div class="fields">
      <SelectField
        label={t.method}
        value={form.method}
        onValue={(method) => set({ method })}
        error={wrong("/method")}
        choices={API_METHODS.map((value) => ({ value, label: value }))}
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
        autoFocus={focus}
      />
    </div>
  );
}

/** An API cannot be renamed: with another path it is either called by the old one, or a new API. */
function Moved({ rule, asNew, onAsNew }: { rule: string; asNew: boolean; onAsNew: (asNew: boolean) => void }) {
  const t = text.value;
  return (
    <Notice tone="warn">
      <div>
        <Rich>{asNew ? t.staysBound(rule) : t.keepsName(rule)}</Rich>
      </div>
      <Check label={t.asNew} checked={asNew} onValue={onAsNew} />
    </Notice>
  );
}

function FunctionField({ form, set, wrong }: Props) {
  const t = text.value;
  const functions = useFunctionNames();
  const none = (
    <>
      {t.noFunction} <a href={newFunctionLink()}>{t.addFunction}</a>
    </>
  );
  return (
    <>
      <TextField
        label={t.function}
        hint={functions?.length === 0 ? none : t.functionHint}
        value={form.function}
        onValue={(value) => set({ function: value })}
        error={wrong("/function")}
        mono
        required
        list="functions"
      />
      <datalist id="functions">
        {functions?.map((name) => (
          <option value={name} />
        ))}
      </datalist>
    </>
  );
}

function EnvironmentChecks({ form, set, wrong }: Props) {
  const t = text.value;
  const toggle = (name: string, on: boolean) =>
    set({ environments: ENVIRONMENTS.filter((one) => (one === name ? on : form.environments.includes(one))) });
  const error = form.environments.length === 0 ? t.noEnvironment : wrong("/environments");
  return (
    <fieldset class="plain field">
      <legend class="label">{t.environments}</legend>
      <div class="checks">
        {ENVIRONMENTS.map((name) => (
          <Check label={name} checked={form.environments.includes(name)} onValue={(on) => toggle(name, on)} />
        ))}
      </div>
      {error && (
        <div class="wrong" role="alert">
          <Rich>{error}</Rich>
        </div>
      )}
    </fieldset>
  );
}

function TimeoutAndName({ form, set, wrong, isNew }: Props & { isNew: boolean }) {
  const t = text.value;
  return (
    <div class="fields">
      <TextField
        label={t.timeout}
        hint={t.timeoutHint}
        value={form.timeout}
        onValue={(timeout) => set({ timeout })}
        error={wrong("/timeout")}
        mono
      />
      {isNew && (
        <TextField label={t.name} hint={t.nameHint} value={form.name} onValue={(name) => set({ name })} error={wrong("/name")} mono />
      )}
    </div>
  );
}

function Versions({ form, set, wrong }: Props) {
  const t = text.value;
  return (
    <div class="stack tight">
      <div class="label">{t.versions}</div>
      <div class="fields">
        {form.environments.map((name) => (
          <TextField
            label={name}
            value={form.versions[name] ?? ""}
            onValue={(version) => set({ versions: { ...form.versions, [name]: version } })}
            error={wrong(`/versions/${name}`)}
            mono
          />
        ))}
      </div>
      <div class="hint muted small">{t.versionsHint}</div>
    </div>
  );
}

function isSpecial(form: Form): boolean {
  return Boolean(form.maxBody || form.rawPath || !form.enabled || form.headers.length > 0 || Object.keys(form.versions).length > 0);
}

function MoreFields({ form, set, wrong, isNew }: Props & { isNew: boolean }) {
  const t = text.value;
  const [open, setOpen] = useState(isSpecial(form));
  // An error is not hidden, and what is open stays so.
  if (!open && [...FURTHER, ...versionKeys(form)].some(wrong)) setOpen(true);
  return (
    <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
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
        <HeaderRows rows={form.headers} onRows={(headers) => set({ headers })} error={wrong("/headers")} />
        <Versions form={form} set={set} wrong={wrong} />
        <Check label={<Rich>{t.rawPath}</Rich>} checked={form.rawPath} onValue={(rawPath) => set({ rawPath })} />
        {!isNew && <Check label={t.enabled} checked={form.enabled} onValue={(enabled) => set({ enabled })} />}
      </div>
    </details>
  );
}

/** The change under the words of this page. `old` is the rule of the API that another is made of. */
function worded(typed: Form, existing: Existing | null, old: string | null): Change | null {
  const t = text.value;
  const made = changeOf(typed, existing);
  if (!made) return null;
  if (existing) return { ...made, title: t.editTitle(ruleOf(existing.form)), verb: t.changeVerb };
  const done = t.bound(`${typed.method} ${typed.path.trim()}`, typed.function.trim());
  return { ...made, title: t.bindTitle, verb: t.bindVerb, done, remark: old && <Notice tone="warn">{t.staysBound(old)}</Notice> };
}

type FormProps = { initial: Form; existing: Existing | null; loaded?: Loaded<Api>; back: string; readOnly?: string | null };

function ApiForm({ initial, existing: known, loaded, back, readOnly = null }: FormProps) {
  const t = text.value;
  const { route } = useLocation();
  const [typed, setForm] = useState(initial);
  const [existing, setExisting] = useState(known);
  const [wantsNew, setWantsNew] = useState(false);
  const { review, dialog } = useChange();
  const services = useServices();
  const both = useMeanwhile(loaded, existing, typed, formOf, (merged, now) => {
    setForm(merged);
    setExisting(existing && { ...existing, ...now });
  });
  const form = { ...typed, service: typed.service || services?.[0]?.name || "" };
  const moved = existing !== null && isMoved(form, existing);
  const target = moved && wantsNew ? null : existing;
  const isNew = target === null;
  const change = worded(form, target, existing && ruleOf(existing.form));
  const draft = useDraft(readOnly === null ? change : null);
  const set: Part = (part) => {
    const next = { ...typed, ...part };
    setForm(next);
    if (!known) keep(next);
  };
  const forget = () => known || keep(null);
  const done = () => {
    forget();
    route(apiLink(form.service, target?.name ?? nameOf(form)));
  };
  const again = ({ name }: Existing, path: string) => readAgain<Api>(path, (now, etag) => setExisting({ name, etag, form: formOf(now) }));
  const fields: Props = { form, set, wrong: draft.wrong };
  return (
    <form
      class="stack loose form"
      onSubmit={(event) => {
        event.preventDefault();
        if (change && draft.outcome) review({ ...change, isOfForm: known !== null, onDone: done });
      }}
    >
      {both && existing && <ChangedMeanwhile path={apiPath(form.service, existing.name)} both={both} />}
      <FormFields locked={{ title: t.readOnly, reason: readOnly }}>
        <ServiceField form={form} set={set} disabled={known !== null} />
        <RuleFields {...fields} focus={known === null} />
        {moved && <Moved rule={ruleOf(existing.form)} asNew={wantsNew} onAsNew={setWantsNew} />}
        <FunctionField {...fields} />
        <EnvironmentChecks {...fields} />
        <TimeoutAndName {...fields} isNew={isNew} />
        <MoreFields {...fields} isNew={isNew} />
      </FormFields>
      <FormEnd
        change={change}
        draft={draft}
        shown={shownIn(form, isNew)}
        again={target && change ? () => again(target, change.path) : undefined}
        locked={readOnly !== null}
        back={back}
        onCancel={forget}
      />
      {dialog}
    </form>
  );
}

export function BindApi() {
  const t = text.value;
  const { query } = useLocation();
  const [initial] = useState(() => {
    const given = ["service", "function", "path", "method"].filter((key) => query[key]).map((key) => [key, query[key]]);
    return (given.length === 0 && keptForm()) || { ...EMPTY, ...Object.fromEntries(given) };
  });
  return (
    <Page title={t.bindTitle} lead={t.bindLead}>
      <ApiForm initial={initial} existing={null} back="/console/apis" />
    </Page>
  );
}

export function EditApi() {
  const { params } = useRoute();
  const [service, name] = [params.service ?? "", params.api ?? ""];
  const api = useApi(service, name);
  const first = useFirst(api, (data, etag) => ({ existing: { name, etag, form: formOf(data) }, readOnly: data.status.origin.read_only }));
  if (!first && isGone(api.error)) return <Gone kind="apis" name={name} />;
  return (
    <Page title={first ? text.value.editTitle(ruleOf(first.existing.form)) : name}>
      {!first && (api.error ? <Failure error={api.error} retry={api.reload} /> : <Loading />)}
      {first && (
        <ApiForm
          initial={first.existing.form}
          existing={first.existing}
          loaded={api}
          back={apiLink(service, name)}
          readOnly={first.readOnly}
        />
      )}
    </Page>
  );
}
