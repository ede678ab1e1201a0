/** Header fields: to read, and as rows of a form. */
import { dictionary } from "../i18n";
import { Button, Field } from "../ui/parts";

const text = dictionary({
  en: {
    headers: "Header fields for the function",
    hint: "Sent to the function with each request. `***` keeps a secret value.",
    name: "Name",
    value: "Value",
    add: "Add a field",
    remove: (name: string) => `Remove the field ${name}`,
    twice: "There are two fields of this name.",
    noName: "This value has no name.",
    none: "none",
  },
  zh: {
    headers: "传给函数的请求头",
    hint: "随每个请求发送给函数。`***` 表示保留原来的机密值。",
    name: "名称",
    value: "值",
    add: "添加请求头",
    remove: (name: string) => `移除请求头 ${name}`,
    twice: "该名称出现了两次。",
    noName: "该值没有名称。",
    none: "无",
  },
});

export type HeaderRow = { name: string; value: string };

export function rowsOf(headers: Record<string, string>): HeaderRow[] {
  return Object.entries(headers).map(([name, value]) => ({ name, value }));
}

export function headersOf(rows: readonly HeaderRow[]): Record<string, string> {
  return Object.fromEntries(rows.filter((row) => row.name.trim() !== "").map((row) => [row.name.trim(), row.value]));
}

const keyOf = (row: HeaderRow) => row.name.trim().toLowerCase();

/** What keeps a row from being sent as it stands there. */
function faultOf(row: HeaderRow, rows: readonly HeaderRow[]): "twice" | "noName" | null {
  const key = keyOf(row);
  if (key === "") return row.value === "" ? null : "noName";
  return rows.some((other) => other !== row && keyOf(other) === key) ? "twice" : null;
}

export function areHeadersFine(rows: readonly HeaderRow[]): boolean {
  return rows.every((row) => faultOf(row, rows) === null);
}

type RowProps = { row: HeaderRow; fault: "twice" | "noName" | null; onRow: (part: Partial<HeaderRow>) => void; onRemove: () => void };

function Row({ row, fault, onRow, onRemove }: RowProps) {
  const t = text.value;
  const input = (key: keyof HeaderRow) => (
    <input
      class="input mono"
      aria-label={t[key]}
      aria-invalid={key === "name" && fault !== null}
      placeholder={t[key]}
      value={row[key]}
      onInput={(event) => onRow({ [key]: event.currentTarget.value })}
    />
  );
  return (
    <div>
      <div class="row single">
        {input("name")}
        {input("value")}
        <Button kind="quiet" icon="cross" label={t.remove(row.name)} onClick={onRemove} />
      </div>
      {fault && (
        <div class="wrong" role="alert">
          {t[fault]}
        </div>
      )}
    </div>
  );
}

/** Those of an object, to read. */
export function HeaderList({ headers }: { headers?: Record<string, string> | null }) {
  const fields = Object.entries(headers ?? {});
  if (fields.length === 0) return <span class="muted">{text.value.none}</span>;
  return (
    <>
      {fields.map(([name, value]) => (
        <div>
          <code class="wrap-any">
            {name}: {value}
          </code>
        </div>
      ))}
    </>
  );
}

type Props = { rows: HeaderRow[]; onRows: (rows: HeaderRow[]) => void; error: string | null };

export function HeaderRows({ rows, onRows, error }: Props) {
  const t = text.value;
  return (
    <Field
      label={t.headers}
      hint={t.hint}
      error={error}
      control={({ "aria-invalid": _, ...ids }) => (
        <div {...ids} class="stack tight" role="group" aria-label={t.headers}>
          {rows.map((row, index) => (
            <Row
              row={row}
              fault={faultOf(row, rows)}
              onRow={(part) => onRows(rows.map((old, place) => (place === index ? { ...old, ...part } : old)))}
              onRemove={() => onRows(rows.filter((_, place) => place !== index))}
            />
          ))}
          <div>
            <Button icon="plus" onClick={() => onRows([...rows, { name: "", value: "" }])}>
              {t.add}
            </Button>
          </div>
        </div>
      )}
    />
  );
}
