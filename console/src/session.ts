/** Who uses this tab. The token stays in memory: closing or reloading the tab forgets it. */
import { computed, signal } from "@preact/signals";
import { ApiError, call, onUnauthorized, setToken } from "./api/client";
import type { NewSession, Session } from "./api/schema";

/** Why nobody is logged in. */
type Absence = "opening" | "no_token" | "logged_out" | "ended" | "used_code" | "bad_token" | "blocked" | "unreachable";

export const person = signal<Session | null>(null);
export const absence = signal<Absence>("opening");
export const mayWrite = computed(() => person.value?.role === "write");

function leave(why: Absence): void {
  setToken(null);
  absence.value = why;
  person.value = null;
}

onUnauthorized(() => person.value && leave("ended"));

function whyNot(error: unknown, refused: Absence): Absence {
  if (!(error instanceof ApiError)) return "unreachable";
  return error.status === 429 ? "blocked" : refused;
}

/** Logs in by the address that `fngate console` printed: `#code=…`, which works once. */
export async function openTab(): Promise<void> {
  const code = new URLSearchParams(location.hash.slice(1)).get("code");
  if (!code) return leave("no_token");
  history.replaceState(null, "", location.pathname + location.search);
  try {
    const { data } = await call<NewSession>("POST", "/v1/session", { body: { code }, anonymous: true });
    setToken(data.token);
    person.value = { name: data.name, role: data.role, expires: data.expires };
  } catch (error) {
    leave(whyNot(error, "used_code"));
  }
}

/** Logs in with a token of the configuration. */
export async function logIn(token: string): Promise<void> {
  setToken(token);
  try {
    person.value = (await call<Session>("GET", "/v1/session")).data;
  } catch (error) {
    leave(whyNot(error, "bad_token"));
  }
}

export async function logOut(): Promise<void> {
  // Logged out here in any case; a gateway that cannot be reached forgets the session when it expires.
  await call("DELETE", "/v1/session").catch(() => undefined);
  leave("logged_out");
}
