import { useLocation } from "preact-iso";
import { ApiError } from "../../api/client";
import { status } from "../../api/gateway";
import type { RevisionInfo } from "../../api/schema";
import { useChange, type Change } from "../../change/change";
import { historyLink, revisionLink } from "../../shell/links";
import { Empty, Failure, LinkButton, Loading, Page, Rich, WriteButton } from "../../ui/parts";
import { useRevision, type RevisionView } from "./data";
import { Compare, Facts, FileTexts, ReleaseTo } from "./parts";
import { rollbackChange } from "./rollback";
import { text } from "./text";
import "./page.css";

/** The revisions next to this one; numbers may be missing between them. */
function neighbours(revisions: readonly RevisionInfo[], number: number): { older?: number; newer?: number } {
  const place = revisions.findIndex((revision) => revision.number === number);
  if (place < 0) return {};
  return { older: revisions[place + 1]?.number, newer: revisions[place - 1]?.number };
}

function Actions({ view, review }: { view: RevisionView; review: (change: Change) => void }) {
  const t = text.value;
  const { route } = useLocation();
  const { number, revisions, revision } = view;
  const { older, newer } = neighbours(revisions, number);
  const inUse = revision?.revision.in_use ?? false;
  return (
    <>
      {older !== undefined && <LinkButton href={revisionLink(older)}>← {older}</LinkButton>}
      {newer !== undefined && <LinkButton href={revisionLink(newer)}>{newer} →</LinkButton>}
      {revision && (
        <WriteButton
          kind="danger"
          icon="undo"
          disabled={inUse}
          title={inUse ? t.inUseAlready : undefined}
          onClick={() => review(rollbackChange(number, (outcome) => route(revisionLink(outcome.revision))))}
        >
          {t.rollBackHere}
        </WriteButton>
      )}
    </>
  );
}

function Missing({ number }: { number: number }) {
  const t = text.value;
  const reason = status.value?.history.directory ? t.missingText : (status.value?.history.reason ?? t.missingText);
  return (
    <Page title={t.revision(number)}>
      <Empty icon="history" title={t.missing}>
        <p>
          <Rich>{reason}</Rich>
        </p>
        <LinkButton href={historyLink()}>{t.toHistory}</LinkButton>
      </Empty>
    </Page>
  );
}

export function Revision() {
  const t = text.value;
  const view = useRevision();
  const { review, dialog } = useChange();
  const { number, revision, error, retry } = view;
  const refused = error instanceof ApiError && (error.status === 404 || error.status === 409 || error.status === 400);
  if (refused || Number.isNaN(number)) return <Missing number={number} />;
  return (
    <Page title={t.revision(number)} lead={<a href={historyLink()}>{t.toHistory}</a>} actions={<Actions view={view} review={review} />}>
      <Failure error={error} retry={retry} />
      {!revision && !error && <Loading />}
      {revision && (
        <>
          <div class="grid">
            <Facts revision={revision} />
            <ReleaseTo view={view} review={review} />
          </div>
          <Compare view={view} />
          <FileTexts revision={revision} />
        </>
      )}
      {dialog}
    </Page>
  );
}
