/** The figures of the last two minutes, one set a second, while some page shows them. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { openStream } from "./stream";
import type { Figures } from "./schema";

const KEPT = 120;

export const figures = signal<readonly Figures[]>([]);

let users = 0;
let close: () => void = () => undefined;

function open(): void {
  close = openStream(
    "/v1/live",
    {},
    {
      event: (name, data) => {
        if (name === "figures") figures.value = [...figures.value, data as Figures].slice(-KEPT);
      },
    },
  );
}

/** Figures by second, the newest last; empty until the first second is over. */
export function useFigures(): readonly Figures[] {
  useEffect(() => {
    users += 1;
    if (users === 1) open();
    return () => {
      users -= 1;
      if (users > 0) return;
      close();
      // A gap would look like a quiet minute.
      figures.value = [];
    };
  }, []);
  return figures.value;
}
