/** A change of the configuration: checked by the gateway, shown as a difference, then applied. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiError, call, type Query } from "../api/client";
import { changed } from "../api/gateway";
import type { Outcome } from "../api/schema";
import { apiLink, revisionLink } from "../shell/links";
import { Diff } from "../ui/diff";
import { Button, Code, Dialog, Failure, FindingNotice, Loading, Notice, TextField, WriteButton } from "../ui/parts";
import { say } from "../ui/toast";
import { curlCommand } from "./command";
import { text } from "./text";

export type Change = {
  title: string;
  method: "PUT" | "POST" | "DELETE";
  /** Under `/v1`. */
  path: string;
  query?: Query;
  body?: unknown;
  /** The ETag of the object that is changed; null creates one. */
  etag?: string | null;
  /** Commands that do the same; without any, `curl` is shown. */
  commands?: string[];
  /** What to know before it is applied. */
  remark?: ComponentChildren;
  /** A name to type before the change can be applied: a guard for what cannot be undone by a second click. */
  confirm?: string;
  danger?: boolean;
  /** The word on the button. */
  verb?: string;
  onDone?: (outcome: Outcome) => void;
};

type Answered = { change: Outcome };

async function ask(change: Change, etag: string | null | undefined, query: Query): Promise<Outcome> {
  const { data } = await call<Answered>(change.method, change.path, {
    query: { ...change.query, ...query },
    body: change.body ?? (change.method === "DELETE" ? undefined : {}),
    ifMatch: etag,
    onlyCreate: change.method === "PUT" && etag === null,
  });
  return data.change;
}

function toast(outcome: Outcome) {
  const t = text.value;
  if (outcome.result === "unchanged") return say(t.done.unchanged);
  say(
    <>
      {t.done[outcome.result]}. {t.inUse(outcome.revision)}. <a href={revisionLink(outcome.revision)}>{t.showRevision}</a>
    </>,
  );
}

/** What the gateway says when it refuses a change, with a way on. */
export function Refused({ error, again }: { error: unknown; again?: () => void }) {
  const t = text.value;
  if (!(error instanceof ApiError)) return <Failure error={error} />;
  const { problem } = error;
  const more: { holder?: string | null; diff?: string | null } = problem;
  if (error.status === 412) {
    return (
      <div class="stack">
        <Notice tone="warn" title={t.conflict}>
          <div>{more.diff ? t.conflictText : problem.detail}</div>
          {again && (
            <div>
              <Button onClick={again}>{t.takeOver}</Button>
            </div>
          )}
        </Notice>
        {more.diff && <Diff diff={more.diff} />}
      </div>
    );
  }
  const holder = more.holder ? /\/v1\/services\/([^/]+)\/apis\/([^/]+)$/.exec(more.holder) : null;
  return (
    <div class="stack tight">
      <Failure error={error} />
      {holder && (
        <div>
          <a href={apiLink(decodeURIComponent(holder[1] ?? ""), decodeURIComponent(holder[2] ?? ""))}>{t.showHolder}</a>
        </div>
      )}
    </div>
  );
}

/** The same change in other forms: command and TOML. */
export function Equivalents({ commands, toml }: { commands: string[]; toml?: string | null }) {
  const t = text.value;
  return (
    <>
      <details open>
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

export function ChangeDialog({ change, onClose }: { change: Change; onClose: () => void }) {
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
      toast(outcome);
      onClose();
      change.onDone?.(outcome);
    } catch (failure) {
      setPreview(null);
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
      {error !== null && <Refused error={error} again={change.method === "POST" ? undefined : takeOver} />}
      {preview && preview.result === "unchanged" && <Notice>{t.unchanged}</Notice>}
      {preview && preview.result !== "unchanged" && (
        <>
          {preview.files.length > 0 && (
            <div class="stack tight">
              <h3>{t.whatChanges}</h3>
              <Diff diff={preview.files.map((file) => file.diff).join("\n")} />
            </div>
          )}
          <Equivalents commands={commands} toml={preview.toml} />
          {preview.warnings.length > 0 && (
            <details>
              <summary>{`${t.warnings} (${preview.warnings.length})`}</summary>
              <div class="stack tight">
                {preview.warnings.map((finding) => (
                  <FindingNotice finding={finding} />
                ))}
              </div>
            </details>
          )}
          <TextField label={t.note} hint={t.noteHint} value={note} onValue={setNote} />
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
