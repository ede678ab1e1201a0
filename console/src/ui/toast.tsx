/** Short messages about what was done. */
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { Button } from "./parts";
import { text } from "./text";

type Message = { id: number; tone: "ok" | "warn" | "error"; content: ComponentChildren };

const messages = signal<readonly Message[]>([]);
let last = 0;

function dismiss(id: number): void {
  messages.value = messages.value.filter((message) => message.id !== id);
}

export function say(content: ComponentChildren, tone: Message["tone"] = "ok"): void {
  const id = ++last;
  messages.value = [...messages.value, { id, tone, content }].slice(-4);
  setTimeout(() => dismiss(id), 7_000);
}

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {messages.value.map(({ id, tone, content }) => (
        <div key={id} class={`toast ${tone}`}>
          <div class="grow">{content}</div>
          <Button icon="cross" kind="quiet" label={text.value.close} onClick={() => dismiss(id)} />
        </div>
      ))}
    </div>
  );
}
