/** The build makes lists of the Chinese texts, in the order of the English keys: `scripts/smaller.ts`. */
export function keyed<T>(texts: T, english: T): T {
  if (!Array.isArray(texts) || Array.isArray(english)) return texts;
  const pairs = Object.entries(english as object).map(([key, text], index) => [key, keyed(texts[index], text)]);
  return Object.fromEntries(pairs) as T;
}
