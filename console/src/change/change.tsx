/** A change of the configuration: checked by the gateway, shown as a difference, then applied. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError, call } from "../api/client";
import { changed, status } from "../api/gateway";
import type { Finding, Outcome } from "../api/schema";
import { objectLabel } from "../objects/named";
import { apiLink, filesLink, functionLink, revisionLink, serviceLink } from "../shell/links";
import { Diff } from "../ui/diff";
import { Button, Code, Dialog, Failure, FindingNotice, Loading, Notice, Rich, TextField, WriteButton } from "../ui/parts";
import { say } from "../ui/toast";
import { ask, isCreation, type Change } from "./ask";
import { curlCommand } from "./command";
import { NotInForce, untouchedNow } from "./pinned";
import { text } from "./text";

export type { Change } from "./ask";

/** What was changed, and what serves it. */
function toast(outcome: Outcome, change: Change) {
  const t = text.value;
  if (outcome.result === "unchanged") return say(t.done.unchanged);
  const done = change.done ?? t.result(t.done[outcome.result], objectLabel(change.path));
  if (outcome.files.length === 0) return say(done);
  const others = untouchedNow(change).map(({ name, revision }) => name + (revision ? ` @${revision}` : ""));
  const where = others.length > 0 ? `, ${t.exceptIn(others.join(", "))}` : "";
  say(
    <>
      {done}. {t.inUse(outcome.revision) + where}. <a href={revisionLink(outcome.revision)}>{t.showRevision}</a>
    </>,
    others.length > 0 ? "warn" : "ok",
  );
}

const keyOf = ({ file, message }: Finding) => `${file} ${message}`;

/** What a dialog says elsewhere, of pinned environments; and of certificates, which no change from here touches. */
const NOT_OF_CHANGES = /^the (environment `\w+` stays at revision|certificate (expires|has expired))/;

/** Those that the configuration in use does not have. */
function newWarnings(warnings: readonly Finding[]): Finding[] {
  const known = new Set(status.value?.warnings.map(keyOf));
  return warnings.filter((finding) => !known.has(keyOf(finding)) && !NOT_OF_CHANGES.test(finding.message));
}

/** What to know before it is applied. */
function Before({ change, preview }: { change: Change; preview: Outcome }) {
  const t = text.value;
  const warnings = newWarnings(preview.warnings);
  return (
    <>
      <NotInForce path={change.path} environments={change.environments} />
      {warnings.length > 0 && (
        <div class="stack tight">
          <h3>{t.newWarnings}</h3>
          {warnings.map((finding) => (
            <FindingNotice finding={finding} />
          ))}
        </div>
      )}
      {status.value?.temporary && preview.files.length > 0 && (
        <Notice>
          <div>
            <Rich>{t.temporary}</Rich> <a href={filesLink()}>{t.toFiles}</a>
          </div>
        </Notice>
      )}
    </>
  );
}

type RefusedProps = { error: unknown; change?: Change | null; again?: () => void; isOfForm?: boolean };

/** What the gateway says when it refuses a change, with a way on: `again` makes the change of the object as it is now. */
export function Refused({ error, change, again, isOfForm }: RefusedProps) {
  const t = text.value;
  if (!(error instanceof ApiError)) return <Failure error={error} />;
  const { problem } = error;
  if (error.status === 412 && change && isCreation(change, change.etag)) return <Holder title={t.exists} address={change.path} />;
  if (error.status === 412) {
    return (
      <div class="stack">
        <Notice tone="warn" title={t.conflict}>
          <Rich>{problem.diff ? t.conflictText : problem.detail}</Rich>
          {again && (
            <div>
              <Button onClick={again}>{isOfForm ? t.toForm : t.takeOver}</Button>
            </div>
          )}
        </Notice>
        {problem.diff && <Diff diff={problem.diff} />}
      </div>
    );
  }
  return (
    <div class="stack tight">
      <Failure error={error} />
      {problem.holder && <Holder title={null} address={problem.holder} />}
    </div>
  );
}

/** Pages of objects by their addresses in the API. */
function pageOf(address: string): string | null {
  const parts = address.split("/").slice(2).map(decodeURIComponent);
  if (parts[0] === "services" && parts[2] === "apis" && parts[3]) return apiLink(parts[1] ?? "", parts[3]);
  if (parts[0] === "functions" && parts[2]) return functionLink(parts[1] ?? "", parts[2]);
  return parts[0] === "services" ? serviceLink(parts[1] ?? "") : null;
}

/** The object that is in the way. */
function Holder({ title, address }: { title: string | null; address: string }) {
  const page = pageOf(address);
  const link = page && <a href={page}>{text.value.showHolder}</a>;
  if (!title) return <div>{link}</div>;
  return (
    <Notice tone="error" title={title}>
      <div>{link}</div>
    </Notice>
  );
}

/** The same change in other forms: command and TOML. */
function Equivalents({ commands, toml }: { commands: string[]; toml?: string | null }) {
  const t = text.value;
  return (
    <>
      <details open={commands.every((command) => command.startsWith("fngate "))}>
        <summary>{t.asCommand}</summary>
        <Code wrap>{commands.join("\n")}</Code>
      </details>
      {toml && (
        <details>
          <summary>{t.asToml}</summary>
          <Code>{toml}</Code>
        </details>
      )}
    </>
  );
}

function ChangeDialog({ change, onClose }: { change: Change; onClose: () => void }) {
  const t = text.value;
  const [etag, setEtag] = useState(change.etag);
  const [preview, setPreview] = useState<Outcome | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [note, setNote] = useState("");
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);

  useEffect(() => {
    let current = true;
    setError(null);
    ask(change, etag, { dry_run: true }).then(
      (outcome) => current && setPreview(outcome),
      (failure: unknown) => current && setError(failure),
    );
    return () => {
      current = false;
    };
  }, [change, etag]);

  const apply = async () => {
    setBusy(true);
    setError(null);
    try {
      const outcome = await ask(change, etag, { note: note.trim() });
      await changed();
      toast(outcome, change);
      onClose();
      change.onDone?.(outcome);
    } catch (failure) {
      // What was reviewed is still right, unless the object is another one by now.
      if (failure instanceof ApiError && failure.status === 412) setPreview(null);
      setError(failure);
      setBusy(false);
    }
  };

  /** Made of the object as it is now: who applies it has seen what it overwrites. */
  const takeOver = () => {
    call("GET", change.path).then(({ etag: now }) => setEtag(now), setError);
  };

  const commands = change.commands ?? [curlCommand(change.method, change.path, change.body, etag)];
  const guarded = change.confirm !== undefined && typed !== change.confirm;
  return (
    <Dialog
      title={change.title}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t.cancel}</Button>
          <WriteButton
            kind={change.danger ? "danger primary" : "primary"}
            disabled={busy || !preview || guarded || preview.result === "unchanged"}
            onClick={() => void apply()}
          >
            {busy ? t.applying : (change.verb ?? t.apply)}
          </WriteButton>
        </>
      }
    >
      {change.remark}
      {!preview && !error && <Loading />}
      {error !== null && (
        <Refused
          error={error}
          change={change}
          again={change.method === "POST" ? undefined : change.isOfForm ? onClose : takeOver}
          isOfForm={change.isOfForm}
        />
      )}
      {preview && preview.result === "unchanged" && <Notice>{t.unchanged}</Notice>}
      {preview && preview.result !== "unchanged" && (
        <>
          <Before change={change} preview={preview} />
          {preview.files.length > 0 && (
            <div class="stack tight">
              <h3>{t.whatChanges}</h3>
              <Diff diff={preview.files.map((file) => file.diff).join("\n")} files={preview.files.map(({ file }) => file)} />
            </div>
          )}
          <Equivalents commands={commands} toml={preview.toml} />
          <TextField label={t.note} hint={t.noteHint} value={note} onValue={setNote} maxLength={1000} />
          {change.confirm !== undefined && (
            <TextField label={t.confirmName(change.confirm).replaceAll("`", "")} value={typed} onValue={setTyped} mono />
          )}
        </>
      )}
    </Dialog>
  );
}

/** Holds the change that is under review. */
export function useChange(): { review: (change: Change) => void; dialog: ComponentChildren } {
  const [change, setChange] = useState<Change | null>(null);
  return { review: setChange, dialog: change && <ChangeDialog change={change} onClose={() => setChange(null)} /> };
}
