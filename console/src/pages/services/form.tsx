/** The form of a service in a dialog: its name and its domains. */
import { useState } from "preact/hooks";
import type { Domain } from "../../api/schema";
import { Refused, type Change } from "../../change/change";
import { useDraft, withoutPointers } from "../../change/draft";
import { ENVIRONMENTS } from "../../objects/lists";
import { text as objects } from "../../objects/text";
import { Button, Dialog, Select, TextField, WriteButton } from "../../ui/parts";
import { domainsOf, NEW_DOMAIN, servicePath } from "./data";
import { text } from "./text";

/** Null: a new one. */
export type Known = { name: string; domains: Domain[]; etag: string } | null;

function DomainRow({ row, onRow, onRemove }: { row: Domain; onRow: (row: Domain) => void; onRemove: () => void }) {
  const t = text.value;
  return (
    <div class="domain-row">
      <input
        class="input mono"
        aria-label={t.host}
        placeholder={`${t.host}: api.example.com`}
        value={row.host}
        onInput={(event) => onRow({ ...row, host: event.currentTarget.value })}
      />
      <input
        class="input mono"
        aria-label={t.basePath}
        placeholder={t.basePath}
        value={row.base_path}
        onInput={(event) => onRow({ ...row, base_path: event.currentTarget.value })}
      />
      <Select
        aria-label={t.environment}
        value={row.environment ?? "release"}
        onValue={(environment) => onRow({ ...row, environment })}
        choices={ENVIRONMENTS.map((value) => ({ value, label: objects.value.environments[value] ?? value }))}
      />
      <Button kind="quiet" icon="cross" label={t.removeDomain(row.host)} onClick={onRemove} />
    </div>
  );
}

export function ServiceForm({ known, onReview, onClose }: { known: Known; onReview: (change: Change) => void; onClose: () => void }) {
  const t = text.value;
  const [name, setName] = useState(known?.name ?? "");
  const [rows, setRows] = useState<Domain[]>(known?.domains ?? [NEW_DOMAIN]);
  const title = known ? t.change(known.name) : t.add;
  const change: Change | null = name.trim()
    ? {
        title,
        verb: known ? t.edit : t.add,
        method: "PUT",
        path: servicePath(name.trim()),
        etag: known?.etag ?? null,
        body: { domains: domainsOf(rows) },
      }
    : null;
  const draft = useDraft(change);
  const rest = withoutPointers(draft.error, ["/domains"]);
  return (
    <Dialog
      title={title}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t.cancel}</Button>
          <WriteButton kind="primary" disabled={!change || !draft.outcome} onClick={() => change && onReview(change)}>
            {t.review}
          </WriteButton>
        </>
      }
    >
      {!known && <TextField label={t.name} value={name} onValue={setName} mono required placeholder="shop" />}
      <div class="field" role="group" aria-label={t.domains}>
        <div class="label">{t.domains}</div>
        {rows.map((row, index) => (
          <DomainRow
            row={row}
            onRow={(changed) => setRows(rows.map((one, place) => (place === index ? changed : one)))}
            onRemove={() => setRows(rows.filter((_, place) => place !== index))}
          />
        ))}
        <div>
          <Button icon="plus" onClick={() => setRows([...rows, NEW_DOMAIN])}>
            {t.addDomain}
          </Button>
        </div>
        {draft.wrong("/domains") && <div class="wrong">{draft.wrong("/domains")}</div>}
        <div class="hint">{t.domainsHint}</div>
      </div>
      {rest !== null && <Refused error={rest} />}
    </Dialog>
  );
}
