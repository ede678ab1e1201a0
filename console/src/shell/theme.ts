/** Dark or light: what was chosen here, else what the system has. */
import { effect, signal } from "@preact/signals";

type Theme = "light" | "dark";
const KEY = "fngate.theme";
const system = matchMedia("(prefers-color-scheme: dark)");

const chosen = signal<Theme | null>(localStorage.getItem(KEY) as Theme | null);
export const theme = signal<Theme>("light");

function apply(): void {
  theme.value = chosen.value ?? (system.matches ? "dark" : "light");
  document.documentElement.dataset.theme = theme.value;
}

effect(apply);
system.addEventListener("change", apply);

export function toggleTheme(): void {
  const next: Theme = theme.value === "dark" ? "light" : "dark";
  localStorage.setItem(KEY, next);
  chosen.value = next;
}
