/** What every page knows of the gateway: its status, kept current by the stream of changes. */
import { effect, signal } from "@preact/signals";
import { person } from "../session";
import { call } from "./client";
import { openStream } from "./stream";
import type { Status } from "./schema";

export const status = signal<Status | null>(null);
/** Counts changes of the configuration; whoever shows a part of it reads it anew. */
export const changes = signal(0);
/** Whether the stream of changes is open. */
export const connected = signal(true);
/** When the gateway was restarted while this page was open (RFC 3339). */
export const restarted = signal<string | null>(null);

/** How long a page says so. */
const SAID = 30_000;

let asked = 0;

async function refresh(): Promise<void> {
  const ask = ++asked;
  const { data } = await call<Status>("GET", "/v1/status");
  if (ask !== asked) return;
  if (status.value && status.value.started !== data.started) {
    restarted.value = data.started;
    setTimeout(() => (restarted.value = restarted.value === data.started ? null : restarted.value), SAID);
  }
  status.value = data;
}

/** After a change from this page, without waiting for the event. */
export async function changed(): Promise<void> {
  changes.value += 1;
  await refresh().catch(() => undefined);
}

effect(() => {
  if (!person.value) {
    status.value = null;
    return undefined;
  }
  return openStream(
    "/v1/events",
    {},
    {
      event: () => void changed(),
      state: (state) => {
        if (state === "open") {
          connected.value = true;
          void changed();
        } else if (state === "lost") connected.value = false;
      },
    },
  );
});
