/** What is said and done about a function in more than one place. */
import { path } from "../api/client";
import { named } from "../shell/links";

export function functionPath(namespace: string, name: string, version?: string): string {
  return path("functions", namespace, named(name, version));
}
