/** Texts with `code` in them, as the gateway and the dictionaries write it. */
import type { ComponentChildren } from "preact";

export function prose(text: string): ComponentChildren {
  return text.split("`").map((part, place) => (place % 2 === 1 ? <code>{part}</code> : part));
}
