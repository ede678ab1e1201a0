/** The commands that do what a page does. */
import { LATEST } from "../shell/links";

/** Quotes a word for a POSIX shell, if it needs that. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

export function command(...words: string[]): string {
  return ["fngate", ...words.map(quote)].join(" ");
}

type Binding = {
  service: string;
  method?: string | null;
  path: string;
  function: string;
  name?: string | null;
  timeout?: string | null;
  environments?: readonly string[] | null;
};

/** `fngate bind`, where it can say all of it. */
export function bindCommand(api: Binding, replace = false): string {
  const words = ["bind", api.method || "ANY", api.path, "--service", api.service, "--function", api.function.replace(`:${LATEST}`, "")];
  if (api.name) words.push("--name", api.name);
  if (api.timeout) words.push("--timeout", api.timeout);
  for (const environment of api.environments ?? []) words.push("--environment", environment);
  if (replace) words.push("--replace");
  return command(...words);
}

export function unbindCommand(api: { service: string; method: string; path: string }): string {
  return command("unbind", api.method, api.path, "--service", api.service);
}

/** What a command of fngate does not offer, any client of the admin API does. A PUT whose tag is null creates. */
export function curlCommand(method: string, path: string, body?: unknown, ifMatch?: string | null): string {
  const words = ["curl", "--request", method, "--header", '"Authorization: Bearer $FNGATE_TOKEN"'];
  if (ifMatch) words.push("--header", quote(`If-Match: ${ifMatch}`));
  else if (ifMatch === null && method === "PUT") words.push("--header", quote("If-None-Match: *"));
  if (body !== undefined) words.push("--json", quote(JSON.stringify(body)));
  else words.push("--header", quote("Content-Type: application/json"));
  words.push(quote(location.origin + path));
  return words.join(" ");
}
