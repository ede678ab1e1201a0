/** What the form holds, and the change that it makes. */
import type { Api, ApiBody } from "../../api/schema";
import type { Change } from "../../change/change";
import { bindCommand } from "../../change/command";
import { apiPath, ruleOf } from "../../objects/api";
import { compact } from "../../objects/body";
import { areHeadersFine, headersOf, rowsOf, type HeaderRow } from "../../objects/headers";
import { person } from "../../session";

export type Form = {
  service: string;
  name: string;
  method: string;
  path: string;
  function: string;
  environments: string[];
  timeout: string;
  maxBody: string;
  rawPath: boolean;
  enabled: boolean;
  headers: HeaderRow[];
  versions: Record<string, string>;
};

export const EMPTY: Form = {
  service: "",
  name: "",
  method: "GET",
  path: "",
  function: "",
  environments: ["release"],
  timeout: "",
  maxBody: "",
  rawPath: false,
  enabled: true,
  headers: [],
  versions: {},
};

/** The API that is changed, as the form was opened with it. */
export type Existing = { name: string; etag: string; form: Form };

/** What was typed for a new API, until it is bound or cancelled: the form leads to pages for what it lacks. */
let kept: { by: string | undefined; form: Form } | null = null;

export function keep(form: Form | null): void {
  kept = form && { by: person.value?.name, form };
}

export function keptForm(): Form | null {
  return kept && kept.by === person.value?.name ? kept.form : null;
}

export function formOf(api: Api): Form {
  return {
    service: api.service,
    // Its method and path stand for a name that it does not have.
    name: api.name === ruleOf(api) ? "" : api.name,
    method: api.method,
    path: api.path,
    function: api.function,
    environments: api.environments,
    timeout: api.timeout ?? "",
    maxBody: api.max_body_bytes ?? "",
    rawPath: api.raw_path,
    enabled: api.enabled,
    headers: rowsOf(api.headers ?? {}),
    versions: api.versions ?? {},
  };
}

const trimmed = (form: Form): Form => ({
  ...form,
  name: form.name.trim(),
  path: form.path.trim(),
  function: form.function.trim(),
  timeout: form.timeout.trim(),
  maxBody: form.maxBody.trim(),
});

/** Whether an API that is called by its method and path gets others, and would keep the old ones as its name. */
export function isMoved(form: Form, { form: old }: Existing): boolean {
  return old.name === "" && form.path.trim() !== "" && ruleOf(trimmed(form)) !== ruleOf(old);
}

/** The name in the address of a new API. */
export function nameOf(form: Form): string {
  return form.name.trim() || ruleOf(trimmed(form));
}

function bodyOfForm(form: Form): ApiBody {
  const versions = Object.entries(form.versions)
    .map(([environment, version]) => [environment, version.trim()] as const)
    .filter(([environment, version]) => version && form.environments.includes(environment));
  return compact({
    path: form.path,
    method: form.method,
    function: form.function,
    environments: form.environments,
    timeout: form.timeout || null,
    max_body_bytes: form.maxBody || null,
    raw_path: form.rawPath || null,
    enabled: form.enabled ? null : false,
    headers: headersOf(form.headers),
    versions: Object.fromEntries(versions),
  });
}

/** The keys that `fngate bind` cannot say. */
function furtherOf(form: Form): string {
  const { max_body_bytes, raw_path, enabled, headers } = bodyOfForm(form);
  return JSON.stringify([max_body_bytes, raw_path, enabled, headers]);
}

/**
 * `fngate bind` where it does the same as the form.
 *
 * With `--replace` it finds the API by method and path, drops its versions, and keeps what it is not told.
 */
function commandsOf(form: Form, old: Form | null): string[] | undefined {
  const before = old ?? EMPTY;
  const isSame = furtherOf(form) === furtherOf(before) && before.enabled && !bodyOfForm(form).versions;
  const isFound = !old || (ruleOf(form) === ruleOf(old) && (form.timeout !== "" || old.timeout === ""));
  if (!isSame || !isFound) return undefined;
  const environments = form.environments.join() === before.environments.join() ? [] : form.environments;
  return [bindCommand({ ...form, name: old ? null : form.name, environments }, old !== null)];
}

/** Null while the form lacks something. `existing` is the API that is changed. */
export function changeOf(typed: Form, existing: Existing | null): Omit<Change, "title" | "verb"> | null {
  const form = trimmed(typed);
  if (!form.service || !form.path || !form.function || form.environments.length === 0 || !areHeadersFine(form.headers)) return null;
  return {
    method: "PUT",
    path: apiPath(form.service, existing?.name ?? nameOf(form)),
    etag: existing?.etag ?? null,
    environments: form.environments,
    body: bodyOfForm(form),
    commands: commandsOf(form, existing && existing.form),
  };
}
