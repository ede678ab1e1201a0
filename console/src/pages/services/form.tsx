/** The form of a service in a dialog: its name and its domains. */
import { useState } from "preact/hooks";
import type { Domain } from "../../api/schema";
import { Refused, type Change } from "../../change/change";
import { useDraft, withoutPointers } from "../../change/draft";
import { readAgain } from "../../objects/body";
import { ENVIRONMENTS } from "../../objects/lists";
import { Button, Dialog, Rich, Select, TextField, WriteButton } from "../../ui/parts";
import { domainsOf, hostOf, NEW_DOMAIN, placeOf, servicePath } from "./data";
import { text } from "./text";

/** Null: a new one. */
export type Known = { name: string; domains: Domain[]; etag: string } | null;

const SHOWN = ["/domains", "/domain", "/hosts"];

type Wrong = (pointer: string) => string | null;
type RowProps = { row: Domain; error: string | null; isMeant: boolean; onRow: (row: Domain) => void; onRemove: () => void };

function WrongText({ children }: { children: string | null }) {
  return children ? (
    <div class="wrong" role="alert">
      <Rich>{children}</Rich>
    </div>
  ) : null;
}

function DomainRow({ row, error, isMeant, onRow, onRemove }: RowProps) {
  const t = text.value;
  return (
    <div>
      <div class="domain-row">
        <input
          class="input mono"
          aria-label={t.host}
          aria-invalid={error !== null || isMeant}
          placeholder={`${t.host}: api.example.com`}
          value={row.host}
          onInput={(event) => onRow({ ...row, host: event.currentTarget.value })}
          onBlur={(event) => onRow({ ...row, host: hostOf(event.currentTarget.value) })}
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
          choices={ENVIRONMENTS.map((value) => ({ value, label: value }))}
        />
        <Button kind="quiet" icon="cross" label={t.removeDomain(row.host)} onClick={onRemove} />
      </div>
      <WrongText>{error}</WrongText>
    </div>
  );
}

/** Whether a message is about a host; the advice behind it may name others. */
function isAbout(message: string | null, host: string): boolean {
  return Boolean(message?.split("; ").some((part) => part.split(": ")[0]?.includes(`\`${host}\``)));
}

/** The gateway points into the file, where `hosts` has plain domains, in no place that the form knows: the message says the host. */
function errorOf(rows: readonly Domain[], index: number, wrong: Wrong): string | null {
  const host = hostOf(rows[index]?.host ?? "");
  if (!host) return null;
  const messages = rows.map((_, place) => wrong(`/hosts/${place}`));
  return wrong(`/domains/${placeOf(rows, index)}`) ?? messages.find((message) => isAbout(message, host)) ?? null;
}

function Domains({ rows, onRows, wrong }: { rows: Domain[]; onRows: (rows: Domain[]) => void; wrong: Wrong }) {
  const t = text.value;
  const errors = rows.map((_, index) => errorOf(rows, index, wrong));
  const other = wrong("/domain") ?? (errors.some(Boolean) ? null : (wrong("/domains") ?? wrong("/hosts")));
  return (
    <div class="field" role="group" aria-label={t.domains}>
      <div class="label">{t.domains}</div>
      {rows.map((row, index) => (
        <DomainRow
          row={row}
          error={errors[index] ?? null}
          isMeant={isAbout(other, hostOf(row.host))}
          onRow={(changed) => onRows(rows.map((one, place) => (place === index ? changed : one)))}
          onRemove={() => onRows(rows.filter((_, place) => place !== index))}
        />
      ))}
      <div>
        <Button icon="plus" onClick={() => onRows([...rows, NEW_DOMAIN])}>
          {t.addDomain}
        </Button>
      </div>
      <WrongText>{other}</WrongText>
      <div class="hint">
        <Rich>{t.domainsHint}</Rich>
      </div>
    </div>
  );
}

function changeOf(name: string, rows: Domain[], etag: string | null): Change | null {
  const t = text.value;
  if (!name) return null;
  const words = etag === null ? { title: t.add, verb: t.add } : { title: t.change(name), verb: t.edit };
  return { ...words, method: "PUT", path: servicePath(name), etag, body: { domains: domainsOf(rows) } };
}

type Props = {
  known: Known;
  /** What a new one begins with. */
  first?: { name: string; domains: Domain[] };
  /** While the review is in its place: what was typed stays. */
  hidden: boolean;
  onReview: (change: Change) => void;
  onClose: () => void;
};

export function ServiceForm({ known, first, hidden, onReview, onClose }: Props) {
  const t = text.value;
  const [name, setName] = useState((known ?? first)?.name ?? "");
  const [rows, setRows] = useState<Domain[]>((known ?? first)?.domains ?? [NEW_DOMAIN]);
  const [etag, setEtag] = useState(known?.etag ?? null);
  const change = changeOf(name.trim(), rows, etag);
  const draft = useDraft(change);
  const rest = withoutPointers(draft.error, known ? SHOWN : [...SHOWN, "/name"]);
  if (hidden) return null;
  return (
    <Dialog
      title={known ? t.change(known.name) : t.add}
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
      {!known && <TextField label={t.name} value={name} onValue={setName} error={draft.wrong("/name")} mono required placeholder="shop" />}
      <Domains rows={rows} onRows={setRows} wrong={draft.wrong} />
      {change && rest !== null && (
        <Refused error={rest} change={change} again={known ? () => readAgain(change.path, (_, now) => setEtag(now)) : undefined} />
      )}
    </Dialog>
  );
}
