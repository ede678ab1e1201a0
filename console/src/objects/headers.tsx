/** Rows of header fields in a form. */
import { Button, Field } from "../ui/parts";

export type HeaderRow = { name: string; value: string };

export function rowsOf(headers: Record<string, string>): HeaderRow[] {
  return Object.entries(headers).map(([name, value]) => ({ name, value }));
}

export function headersOf(rows: HeaderRow[]): Record<string, string> {
  return Object.fromEntries(rows.filter((row) => row.name.trim() !== "").map((row) => [row.name.trim(), row.value]));
}

type Texts = {
  headers: string;
  headersHint: string;
  headerName: string;
  headerValue: string;
  addHeader: string;
  removeHeader: (name: string) => string;
};

export function HeaderRows({
  rows,
  onRows,
  error,
  t,
}: {
  rows: HeaderRow[];
  onRows: (rows: HeaderRow[]) => void;
  error: string | null;
  t: Texts;
}) {
  const set = (index: number, part: Partial<HeaderRow>) => onRows(rows.map((row, place) => (place === index ? { ...row, ...part } : row)));
  return (
    <Field
      label={t.headers}
      hint={t.headersHint}
      error={error}
      control={({ id }) => (
        <div class="stack tight" role="group" aria-label={t.headers}>
          {rows.map((row, index) => (
            <div class="row" style={{ flexWrap: "nowrap" }}>
              <input
                class="input mono"
                aria-label={t.headerName}
                placeholder={t.headerName}
                value={row.name}
                onInput={(event) => set(index, { name: event.currentTarget.value })}
              />
              <input
                class="input mono"
                aria-label={t.headerValue}
                placeholder={t.headerValue}
                value={row.value}
                onInput={(event) => set(index, { value: event.currentTarget.value })}
              />
              <Button
                kind="quiet"
                icon="cross"
                label={t.removeHeader(row.name)}
                onClick={() => onRows(rows.filter((_, place) => place !== index))}
              />
            </div>
          ))}
          <div>
            <Button id={id} icon="plus" onClick={() => onRows([...rows, { name: "", value: "" }])}>
              {t.addHeader}
            </Button>
          </div>
        </div>
      )}
    />
  );
}
