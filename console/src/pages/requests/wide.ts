import { signal } from "@preact/signals";

const query = matchMedia("(min-width: 1180px)");

/** Whether there is room for a panel beside the table. */
export const isWide = signal(query.matches);

query.addEventListener("change", () => (isWide.value = query.matches));
