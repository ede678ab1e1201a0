/** Filters of a page, kept in its address: they can be linked to, and the back button undoes them. */
import { useLocation } from "preact-iso";

export function useFilters<T extends string>(names: readonly T[]): [Record<T, string>, (change: Partial<Record<T, string>>) => void] {
  const { query, path, route } = useLocation();
  const values = Object.fromEntries(names.map((name) => [name, query[name] ?? ""])) as Record<T, string>;
  const change = (part: Partial<Record<T, string>>) => {
    const given = Object.entries({ ...query, ...part }).filter((pair): pair is [string, string] => Boolean(pair[1]));
    const text = new URLSearchParams(given).toString();
    route(text ? `${path}?${text}` : path, true);
  };
  return [values, change];
}
