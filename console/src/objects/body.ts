/** What forms send. */
import { call } from "../api/client";
import { say } from "../ui/toast";

/** Without the keys that say nothing: one that is left out gets its default. */
export function compact<T extends object>(body: T): T {
  const says = (value: unknown) =>
    value !== null && (typeof value !== "object" || Array.isArray(value) || Object.keys(value as object).length > 0);
  return Object.fromEntries(Object.entries(body).filter(([, value]) => says(value))) as T;
}

/** The object as it is now, after a conflict. */
export function readAgain<T>(path: string, take: (now: T, etag: string) => void): void {
  call<T>("GET", path).then(
    ({ data, etag }) => etag && take(data, etag),
    (error: Error) => say(error.message, "error"),
  );
}
