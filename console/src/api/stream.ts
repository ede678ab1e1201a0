/** Server-sent events by `fetch`: `EventSource` cannot send a token. */
import { address, send, type Query } from "./client";

export type StreamState = "opening" | "open" | "lost" | "refused";

type Handlers = {
  event: (name: string, data: unknown) => void;
  state?: (state: StreamState, refusal?: string) => void;
};

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 5_000;

/** Splits a stream of text into events. What is not complete stays for the next call. */
export class EventParser {
  private rest = "";

  constructor(private readonly event: (name: string, data: string) => void) {}

  push(text: string): void {
    const blocks = (this.rest + text).split(/\r?\n\r?\n/);
    this.rest = blocks.pop() ?? "";
    blocks.forEach((block) => this.block(block));
  }

  private block(block: string): void {
    let name = "message";
    const data: string[] = [];
    for (const line of block.split(/\r?\n/)) {
      const [, field, value] = /^([^:]*):? ?(.*)$/.exec(line) ?? [];
      if (field === "event") name = value ?? "";
      if (field === "data") data.push(value ?? "");
    }
    if (data.length > 0) this.event(name, data.join("\n"));
  }
}

/** One connection that is kept open: it reconnects until it is closed. */
class Connection {
  private readonly abort = new AbortController();
  isOpen = false;

  constructor(
    readonly url: string,
    private readonly on: {
      open: () => void;
      event: (name: string, data: unknown) => void;
      lost: () => void;
      refused: (text: string) => void;
    },
  ) {
    void this.run();
  }

  close(): void {
    this.abort.abort();
  }

  private async run(): Promise<void> {
    let pause = FIRST_PAUSE;
    while (!this.abort.signal.aborted) {
      const began = performance.now();
      const refusal = await this.follow().catch(() => null);
      this.isOpen = false;
      if (this.abort.signal.aborted) return;
      if (refusal !== null) return this.on.refused(refusal);
      this.on.lost();
      if (performance.now() - began > LONGEST_PAUSE) pause = FIRST_PAUSE;
      await new Promise((resolve) => setTimeout(resolve, pause));
      pause = Math.min(2 * pause, LONGEST_PAUSE);
    }
  }

  /** Follows once. What the gateway says when it refuses the address; null when the connection ends. */
  private async follow(): Promise<string | null> {
    const response = await send(this.url, { signal: this.abort.signal, headers: { Accept: "text/event-stream" } });
    // Too many streams, or a gateway that stops: later there may be room.
    if (response.status >= 500 || !response.body) return null;
    if (!response.ok) return response.text();
    this.isOpen = true;
    this.on.open();
    let isFirst = true;
    const parser = new EventParser((name, data) => {
      // What is there now is told at once, and whoever opens a stream asks for that by itself.
      if (name === "change" && isFirst) isFirst = false;
      else this.on.event(name, JSON.parse(data));
    });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return null;
      parser.push(value);
    }
  }
}

type StreamPath = "/v1/events" | "/v1/live" | "/v1/requests";
type Channel = { path: StreamPath; query: Query; handlers: Handlers; state: StreamState | null };

const EVENTS: Record<string, StreamPath> = { change: "/v1/events", figures: "/v1/live", request: "/v1/requests", lost: "/v1/requests" };
/** How long a tab in the background keeps its connection. */
const HIDDEN = 30_000;

/**
 * All streams of this tab, over one connection: a browser opens six to one host, over all its tabs, and each stream takes one of them
 * for itself. Of several tails the last one counts.
 */
const channels: Channel[] = [];
let connection: Connection | null = null;
let isAsleep = false;

function tail(): Channel | undefined {
  return channels.findLast(({ path, state }) => path === "/v1/requests" && state !== "refused");
}

function wanted(): string | null {
  if (isAsleep || channels.length === 0) return null;
  const requests = tail();
  const parts = channels.some(({ path }) => path === "/v1/live") ? ["figures=true"] : [];
  if (requests) parts.push(`requests=${encodeURIComponent(address("", requests.query).slice(1))}`);
  return ["/v1/events", parts.join("&")].filter(Boolean).join("?");
}

function tell(state: StreamState, refusal?: string): void {
  for (const channel of [...channels]) {
    if (channel.state === state || channel.state === "refused") continue;
    channel.state = state;
    channel.handlers.state?.(state, refusal);
  }
}

/** Opens what is wanted now; the connection before it stays until then, so that nothing is missed. */
function rearrange(): void {
  const url = wanted();
  if (url === (connection?.url ?? null)) return;
  const before = connection;
  if (url === null) {
    before?.close();
    connection = null;
    return;
  }
  const made = new Connection(url, {
    open: () => {
      before?.close();
      tell("open");
    },
    lost: () => made === connection && !before?.isOpen && tell("lost"),
    event: (name, data) => {
      if (made !== connection && connection?.isOpen) return;
      channels.filter(({ path }) => path === EVENTS[name]).forEach(({ handlers }) => handlers.event(name, data));
    },
    refused: (text) => {
      const refused = tail();
      if (refused) {
        refused.state = "refused";
        refused.handlers.state?.("refused", text);
      }
      before?.close();
      if (made === connection) connection = null;
      if (refused) later();
    },
  });
  connection = made;
}

let timer = 0;

/** A page that takes the place of another closes some streams and opens others. */
function later(): void {
  clearTimeout(timer);
  timer = window.setTimeout(rearrange, 10);
}

let sleep = 0;

if (typeof document !== "undefined") {
  document.addEventListener("visibilitychange", () => {
    clearTimeout(sleep);
    if (document.hidden) {
      sleep = window.setTimeout(() => {
        isAsleep = true;
        rearrange();
        channels.forEach((channel) => (channel.state = null));
      }, HIDDEN);
    } else {
      isAsleep = false;
      later();
    }
  });
}

/** Follows a stream until the returned function is called. */
export function openStream(path: StreamPath, query: Query, handlers: Handlers): () => void {
  const channel: Channel = { path, query, handlers, state: "opening" };
  channels.push(channel);
  handlers.state?.("opening");
  // It is there already, if another channel has opened the same.
  if (connection?.isOpen && connection.url === wanted()) tell("open");
  later();
  return () => {
    const place = channels.indexOf(channel);
    if (place >= 0) channels.splice(place, 1);
    later();
  };
}
