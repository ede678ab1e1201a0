import { useEffect, useMemo, useState } from "preact/hooks";
import { status } from "../../api/gateway";
import type { Document } from "../../api/schema";
import { useChange, type Change } from "../../change/change";
import { command } from "../../change/command";
import { mayWrite } from "../../session";
import { Badge, Button, Empty, Failure, FindingNotice, Loading, Notice, Page, Rich, WriteButton } from "../../ui/parts";
import { text as uiText } from "../../ui/text";
import { say } from "../../ui/toast";
import { isSameFile, useFiles, type FilesView } from "./data";
import { bodyOf, discard, drafts, isOutdated, rebase, restore, write, type Draft } from "./drafts";
import { Editor, type Jump } from "./editor";
import { FileList, shortName } from "./list";
import { CheckState, Problems } from "./problems";
import { text } from "./text";
import "./page.css";

function filesChange(changed: readonly Draft[], files: readonly Document[]): Change {
  const t = text.value;
  const main = files.find(({ role }) => role === "main")?.file;
  return {
    title: t.reviewTitle(changed.length),
    method: "PUT",
    path: "/v1/files",
    body: bodyOf(changed),
    done: t.changedFiles(changed.map(({ file }) => shortName(file, files)).join(", ")),
    commands: [
      ...changed.map(({ file }) => `"$EDITOR" ${file}`),
      command("check", ...(main ? ["-c", main] : [])),
      command("reload", ...(main ? ["-c", main] : [])),
    ],
    onDone: () => discard(...changed.map(({ file }) => file)),
  };
}

/** Drops what was typed; until the message is gone, it can be had back. */
function discardSafely(...dropped: Draft[]): void {
  const t = text.value;
  discard(...dropped.map(({ file }) => file));
  const undo = () => restore(...dropped);
  say(
    <>
      {t.discarded(dropped.map(({ file }) => file).join(", "))} <Button onClick={undo}>{t.undo}</Button>
    </>,
  );
}

/** Closing the tab would lose what was typed. */
function useGuard(dirty: boolean): void {
  useEffect(() => {
    if (!dirty) return undefined;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", ask);
    return () => removeEventListener("beforeunload", ask);
  }, [dirty]);
}

function Outdated({ file, onDifference }: { file: Document; onDifference: () => void }) {
  const t = text.value;
  const keep = () => {
    rebase(file);
    onDifference();
  };
  return (
    <Notice tone="warn" title={t.outdated}>
      <div>{t.outdatedText}</div>
      <div class="row">
        <Button onClick={keep}>{t.keepMine}</Button>
        <Button onClick={() => discard(file.file)}>{t.takeNew}</Button>
      </div>
    </Notice>
  );
}

function ReadOnlyNotice({ file }: { file: Document }) {
  const t = text.value;
  if (!mayWrite.value)
    return (
      <Notice>
        <div>
          <Rich>{uiText.value.readOnlyToken}</Rich>
        </div>
      </Notice>
    );
  if (!file.read_only) return null;
  return (
    <Notice tone="warn" title={t.readOnlyFile}>
      <div>
        <Rich>{file.read_only}</Rich>
      </div>
    </Notice>
  );
}

function EditorCard({ file, view, review }: { file: Document; view: FilesView; review: () => void }) {
  const t = text.value;
  const [jump, setJump] = useState<Jump | null>(null);
  const draft = drafts.value.get(file.file);
  useEffect(() => setJump(view.line ? { file: file.file, line: view.line, focus: false } : null), [view.line, file.file]);
  const go = (to: string, line: number) => {
    if (to !== file.file) view.show(to, line);
    else setJump({ file: to, line, focus: true });
  };
  const findings = useMemo(() => view.findings.filter((finding) => isSameFile(file.file, finding.file)), [view.findings, file.file]);
  return (
    <section class="card editor-card" aria-label={file.file}>
      <header>
        <h2 class="mono wrap-any">{file.file}</h2>
        {draft && (
          <Button kind="quiet" icon="undo" onClick={() => discardSafely(draft)}>
            {t.discard}
          </Button>
        )}
        <Badge>{t.roles[file.role]}</Badge>
        <CheckState view={view} />
      </header>
      <div class="notices">
        <ReadOnlyNotice file={file} />
        {isOutdated(draft, file) && <Outdated file={file} onDifference={review} />}
      </div>
      <Editor
        key={file.file}
        label={t.editorLabel(file.file)}
        text={draft?.text ?? file.text}
        onText={(typed) => write(file, typed)}
        onReview={review}
        readOnly={Boolean(file.read_only) || !mayWrite.value}
        findings={findings}
        jump={jump?.file === file.file ? jump : null}
      />
      <Problems view={view} go={go} />
    </section>
  );
}

/** A text on the disk that is not in use, and so is not shown. */
function RefusedOnDisk() {
  const t = text.value;
  const refused = status.value?.refused;
  if (!refused) return null;
  return (
    <div class="stack tight">
      <Notice tone="error" title={t.refusedOnDisk}>
        <div>{t.refusedText}</div>
      </Notice>
      {refused.errors.map((finding) => (
        <FindingNotice finding={finding} />
      ))}
    </div>
  );
}

function Limits() {
  const t = text.value;
  return (
    <details class="limits">
      <summary>{t.limits}</summary>
      <ul>
        {t.limitsList.map((limit) => (
          <li>
            <Rich>{limit}</Rich>
          </li>
        ))}
      </ul>
    </details>
  );
}

export function Files() {
  const t = text.value;
  const view = useFiles();
  const { files, shown, changed } = view;
  const { review, dialog } = useChange();
  useGuard(changed.length > 0);
  // The drafts as they are when it is called: keeping one's own text changes them just before.
  const reviewNow = () => {
    const now = [...drafts.value.values()];
    if (now.length > 0) review(filesChange(now, files ?? []));
  };
  const actions = (
    <>
      {changed.length > 1 && <Button onClick={() => discardSafely(...changed)}>{t.discardAll}</Button>}
      <WriteButton kind="primary" disabled={changed.length === 0} onClick={reviewNow}>
        {changed.length > 1 ? t.reviewMany(changed.length) : t.review}
      </WriteButton>
    </>
  );
  return (
    <Page title={t.title} lead={t.lead} actions={actions}>
      <Limits />
      <RefusedOnDisk />
      <Failure error={view.error} retry={view.retry} />
      {!files && !view.error && <Loading />}
      {files && !shown && <Empty icon="files" title={t.none} children={<p>{t.noneText}</p>} />}
      {shown && (
        <div class="fill files">
          <FileList view={view} />
          <EditorCard file={shown} view={view} review={reviewNow} />
        </div>
      )}
      {dialog}
    </Page>
  );
}
