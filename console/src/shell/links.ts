/** Addresses of pages. */

export const ROOT = "/console";

const link = (...segments: string[]) => [ROOT, ...segments.map(encodeURIComponent)].join("/");

export const overviewLink = () => `${ROOT}/`;
export const apisLink = (filters: Record<string, string> = {}) => link("apis") + query(filters);
export const apiLink = (service: string, api: string) => link("apis", service, api);
export const editApiLink = (service: string, api: string) => `${apiLink(service, api)}/edit`;
export const newApiLink = (known: { service?: string; function?: string; path?: string; method?: string } = {}) =>
  link("bind") + query(known);
export const functionsLink = (filters: Record<string, string> = {}) => link("functions") + query(filters);
/** `version` may be the default, `$LATEST`. */
export const functionLink = (namespace: string, name: string, version?: string) => link("functions", namespace, named(name, version));
export const editFunctionLink = (namespace: string, name: string, version?: string) => `${functionLink(namespace, name, version)}/edit`;
export const newFunctionLink = () => link("add-function");
export const servicesLink = () => link("services");
export const serviceLink = (service: string) => link("services", service);
export const explainLink = (known: { method?: string; url?: string } = {}) => link("explain") + query(known);
export const requestsLink = (filters: Record<string, string> = {}) => link("requests") + query(filters);
export const releasesLink = () => link("releases");
export const historyLink = () => link("history");
export const revisionLink = (revision: number) => link("history", String(revision));
export const filesLink = (file?: string, line?: number) =>
  link("files") + query({ file, line: line === undefined ? undefined : String(line) });
export const certificatesLink = () => link("certificates");

export const LATEST = "$LATEST";

/** `name`, or `name:version` of another version than the default. */
export function named(name: string, version?: string): string {
  return version && version !== LATEST ? `${name}:${version}` : name;
}

/** Splits `namespace/name:version`, `namespace/name` or `name`. */
function functionParts(id: string): { namespace: string; name: string; version: string } {
  const slash = id.indexOf("/");
  const rest = id.slice(slash + 1);
  const colon = rest.lastIndexOf(":");
  return {
    namespace: slash < 0 ? "default" : id.slice(0, slash),
    name: colon < 0 ? rest : rest.slice(0, colon),
    version: colon < 0 ? LATEST : rest.slice(colon + 1),
  };
}

/** The page of a function by `namespace/name:version`. */
export function functionIdLink(id: string): string {
  const { namespace, name, version } = functionParts(id);
  return functionLink(namespace, name, version);
}

function query(pairs: Record<string, string | undefined>): string {
  const given = Object.entries(pairs).filter((pair): pair is [string, string] => Boolean(pair[1]));
  return given.length > 0 ? `?${new URLSearchParams(given)}` : "";
}
