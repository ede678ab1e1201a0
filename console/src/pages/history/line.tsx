/** One line of the audit log: who changed what, and each field before and after. */
import { useState } from "preact/hooks";
import { formatTime } from "../../i18n";
import { revisionLink } from "../../shell/links";
import { Button, Check, Dialog, Rich } from "../../ui/parts";
import { ActionBadge } from "./audit";
import type { AuditLine } from "./data";
import { compareFields, isChanged, type FieldChange } from "./fields";
import { objectLabel, objectOf } from "../../objects/named";
import { Author } from "./revisions";
import { text } from "./text";

function Side({ value, kind }: { value: string | null; kind: "del" | "add" | "" }) {
  return <td class={kind}>{value === null ? <span class="muted">–</span> : <code class="wrap-any">{value}</code>}</td>;
}

function FieldTable({ fields }: { fields: FieldChange[] }) {
  const t = text.value;
  return (
    <div class="scroll-x" tabIndex={0} role="region" aria-label={t.fields}>
      <table class="table field-changes">
        <thead>
          <tr>
            <th scope="col">{t.field}</th>
            <th scope="col">{t.before}</th>
            <th scope="col">{t.after}</th>
          </tr>
        </thead>
        <tbody>
          {fields.map((field) => (
            <tr>
              <th scope="row">
                <code>{field.field}</code>
              </th>
              <Side value={field.before} kind={isChanged(field) && field.before !== null ? "del" : ""} />
              <Side value={field.after} kind={isChanged(field) && field.after !== null ? "add" : ""} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Fields({ line }: { line: AuditLine }) {
  const t = text.value;
  const [all, setAll] = useState(false);
  const fields = compareFields(line.before, line.after);
  const changed = fields.filter(isChanged);
  if (!line.before && !line.after)
    return (
      <p class="muted">
        <Rich>{line.action === "reload" ? t.byFile : t.noFields}</Rich>
      </p>
    );
  return (
    <div class="stack tight">
      <div class="row between">
        <h3>{t.fields}</h3>
        {changed.length < fields.length && <Check label={t.unchangedFields} checked={all} onValue={setAll} />}
      </div>
      {changed.length === 0 && !all ? <p class="muted">{t.nothingChanged}</p> : <FieldTable fields={all ? fields : changed} />}
    </div>
  );
}

type Props = {
  line: AuditLine;
  newer?: AuditLine;
  older?: AuditLine;
  onMove: (line: AuditLine) => void;
  onClose: () => void;
};

export function AuditDialog({ line, newer, older, onMove, onClose }: Props) {
  const t = text.value;
  const { href } = objectOf(line.object);
  const label = objectLabel(line.object);
  return (
    <Dialog
      title={t.line}
      onClose={onClose}
      footer={
        <>
          <Button disabled={!newer} onClick={() => newer && onMove(newer)}>
            {t.newer}
          </Button>
          <Button disabled={!older} onClick={() => older && onMove(older)}>
            {t.older}
          </Button>
        </>
      }
    >
      <dl class="facts">
        <dt>{t.action}</dt>
        <dd>
          <ActionBadge action={line.action} />
        </dd>
        <dt>{t.object}</dt>
        <dd>{href && line.action !== "delete" ? <a href={href}>{label}</a> : label}</dd>
        <dt>{t.author}</dt>
        <dd>
          <Author author={line.author} />
          {line.from && <span class="muted"> · {t.from(line.from)}</span>}
        </dd>
        <dt>{t.time}</dt>
        <dd>
          <time dateTime={line.time}>{formatTime(line.time)}</time>
        </dd>
        {line.note && (
          <>
            <dt>{t.note}</dt>
            <dd>{line.note}</dd>
          </>
        )}
        <dt>{t.afterwards}</dt>
        <dd>
          <a href={revisionLink(line.revision)}>{t.revision(line.revision)}</a>
        </dd>
      </dl>
      <Fields line={line} />
    </Dialog>
  );
}
