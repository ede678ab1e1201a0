/** Where a change of the files is not in force: environments that serve something else. */
import type { Environment } from "../api/schema";

type Changed = {
  /** The address under `/v1` that is asked for the change. */
  path: string;
  /** The environments that the object is in; all, if it does not say. */
  environments?: readonly string[];
};

/**
 * The environments that go on as they are.
 *
 * Functions come from the configuration in use everywhere, and a release is of the environment that it names.
 */
export function untouched({ path, environments: own }: Changed, all: readonly Environment[]): Environment[] {
  const isFunction = path.startsWith("/v1/functions/") && !path.endsWith("/triggers");
  if (isFunction || path.startsWith("/v1/environments/")) return [];
  return all.filter(({ name, state }) => state !== "follows" && (!own || own.includes(name)));
}
