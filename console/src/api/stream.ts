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

async function follow(path: string, query: Query, handlers: Handlers, abort: AbortSignal): Promise<StreamState> {
  const response = await send(address(path, query), { signal: abort, headers: { Accept: "text/event-stream" } });
  if (!response.ok || !response.body) {
    handlers.state?.("refused", await response.text());
    return "refused";
  }
  handlers.state?.("open");
  const parser = new EventParser((name, data) => handlers.event(name, JSON.parse(data)));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return "lost";
    parser.push(value);
  }
}

/** Follows a stream and reconnects until the returned function is called. */
export function openStream(path: string, query: Query, handlers: Handlers): () => void {
  const abort = new AbortController();
  const run = async () => {
    let pause = FIRST_PAUSE;
    handlers.state?.("opening");
    while (!abort.signal.aborted) {
      const began = performance.now();
      const state = await follow(path, query, handlers, abort.signal).catch((): StreamState => "lost");
      if (abort.signal.aborted || state === "refused") return;
      handlers.state?.("lost");
      if (performance.now() - began > LONGEST_PAUSE) pause = FIRST_PAUSE;
      await new Promise((resolve) => setTimeout(resolve, pause));
      pause = Math.min(2 * pause, LONGEST_PAUSE);
    }
  };
  void run();
  return () => abort.abort();
}
