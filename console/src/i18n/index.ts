/** Texts in the language of the reader. Each folder has its own, in `text.ts`. */
import { computed, effect, signal, type ReadonlySignal } from "@preact/signals";
import { keyed } from "./keyed";

type Locale = "en" | "zh";
const KEY = "fngate.locale";

function first(): Locale {
  const stored = localStorage.getItem(KEY);
  if (stored === "en" || stored === "zh") return stored;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh" : "en";
}

export const locale = signal<Locale>(first());

export function setLocale(value: Locale): void {
  locale.value = value;
  localStorage.setItem(KEY, value);
}

effect(() => {
  document.documentElement.lang = locale.value === "zh" ? "zh-CN" : "en";
});

/** Texts of one folder; `.value` has those of the current language. */
export function dictionary<T>({ en, zh }: { en: T; zh: NoInfer<T> }): ReadonlySignal<T> {
  const texts = { en, zh: keyed(zh, en) };
  return computed(() => texts[locale.value]);
}

const tag = () => (locale.value === "zh" ? "zh-CN" : "en");

export function formatNumber(value: number, digits = 0): string {
  return new Intl.NumberFormat(tag(), { maximumFractionDigits: digits }).format(value);
}

/** `640 µs`, `12.3 ms`, `1.24 s`. */
export function formatMs(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  if (value < 0.001) return "< 1 µs";
  if (value < 1) return `${formatNumber(value * 1000)} µs`;
  if (value < 1000) return `${formatNumber(value, value < 10 ? 2 : value < 100 ? 1 : 0)} ms`;
  return `${formatNumber(value / 1000, 2)} s`;
}

export function formatBytes(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB"];
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${formatNumber(value, unit && value < 10 ? 1 : 0)} ${units[unit]}`;
}

export function formatTime(rfc3339: string): string {
  return new Intl.DateTimeFormat(tag(), { dateStyle: "medium", timeStyle: "medium" }).format(new Date(rfc3339));
}

/** `14:03:07`. */
export function formatClock(rfc3339: string): string {
  return new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" }).format(new Date(rfc3339));
}

/** `14:03:07.184` */
export function formatInstant(rfc3339: string): string {
  const fraction = /\.(\d{3})/.exec(rfc3339)?.[1];
  return formatClock(rfc3339) + (fraction ? `.${fraction}` : "");
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** `3 minutes ago`. */
export function formatAgo(rfc3339: string, now: number): string {
  const seconds = (new Date(rfc3339).getTime() - now) / 1000;
  const format = new Intl.RelativeTimeFormat(tag(), { numeric: "auto" });
  const step = STEPS.find(([, length]) => Math.abs(seconds) >= length);
  return step ? format.format(Math.round(seconds / step[1]), step[0]) : format.format(Math.min(0, Math.round(seconds)), "second");
}
