/** What the form holds, and the change that it makes. */
import { useQuery, type Loaded } from "../../api/query";
import type { Api, ApiBody } from "../../api/schema";
import type { Change } from "../../change/change";
import { bindCommand } from "../../change/command";
import { apiPath, ruleOf } from "../../objects/api";
import { headersOf, rowsOf, type HeaderRow } from "../../objects/headers";

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

export function useApi(service: string, name: string): Loaded<Api> {
  return useQuery<Api>(apiPath(service, name));
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

function bodyOfForm(form: Form): ApiBody {
  const versions = Object.fromEntries(
    Object.entries(form.versions).filter(([environment, version]) => version.trim() && form.environments.includes(environment)),
  );
  return {
    path: form.path.trim(),
    method: form.method,
    function: form.function.trim(),
    environments: form.environments,
    timeout: form.timeout.trim() || null,
    max_body_bytes: form.maxBody.trim() || null,
    raw_path: form.rawPath,
    enabled: form.enabled,
    headers: headersOf(form.headers),
    versions,
  };
}

/** `fngate bind` where it can say everything that the form says. */
function commandsOf(form: Form, replace: boolean): string[] | undefined {
  const more =
    form.maxBody.trim() ||
    form.rawPath ||
    !form.enabled ||
    Object.keys(headersOf(form.headers)).length > 0 ||
    Object.values(form.versions).some(Boolean);
  if (more) return undefined;
  const isDefault = form.environments.join() === EMPTY.environments.join();
  return [
    bindCommand(
      {
        ...form,
        path: form.path.trim(),
        name: form.name.trim(),
        timeout: form.timeout.trim(),
        environments: isDefault ? [] : form.environments,
      },
      replace,
    ),
  ];
}

/** Null while the form lacks something. `existing` is the name and the ETag of the API that is changed. */
export function changeOf(form: Form, existing: { name: string; etag: string | null } | null): Omit<Change, "title" | "verb"> | null {
  const name = existing?.name ?? (form.name.trim() || `${form.method} ${form.path.trim()}`);
  if (!form.service || !form.path.trim() || !form.function.trim() || form.environments.length === 0) return null;
  return {
    method: "PUT",
    path: apiPath(form.service, name),
    etag: existing?.etag ?? null,
    body: bodyOfForm(form),
    commands: commandsOf(form, existing !== null),
  };
}
