import { useLocation } from "preact-iso";
import { status } from "../../api/gateway";
import type { RevisionDiff, RevisionInfo } from "../../api/schema";
import { revisionLink } from "../../shell/links";
import { Ago, Card, Code, Empty, Failure, Loading, Rich, WriteButton } from "../../ui/parts";
import { VirtualTable, type Column } from "../../ui/virtual";
import { useChange } from "../../change/change";
import { rollbackChange } from "../revision/rollback";
import { useDifference, useLinesByRevision, useRevisions, type AuditLine } from "./data";
import { Author, BY_HAND, RevisionBadges } from "./revisions";
import { text } from "./text";
import { filesOf, whatOf } from "./what";

function wordsOf({ diff, from }: RevisionDiff, author: string): string {
  const t = text.value.what;
  const files = filesOf(diff) || t.none;
  if (typeof from !== "number") return t.first(files);
  return author === BY_HAND ? t.byHand(files) : files;
}

/** What a revision changed: as the audit log says, or by the difference of its files. */
function What({ revision, lines }: { revision: RevisionInfo; lines: ReadonlyMap<number, AuditLine[]> | null }) {
  const said = (lines?.get(revision.number) ?? []).map(whatOf).filter((one) => one !== null);
  const difference = useDifference(lines && said.length === 0 ? revision : null);
  const words = said.length > 0 ? said.join("; ") : difference && wordsOf(difference, revision.author);
  return (
    <div class="clip" title={words ?? ""}>
      {words ?? <span class="muted">…</span>}
    </div>
  );
}

type Row = { lines: ReadonlyMap<number, AuditLine[]> | null; rollBack: (revision: number) => void };

function columns({ lines, rollBack }: Row): Column<RevisionInfo>[] {
  const t = text.value;
  return [
    {
      title: t.number,
      width: "minmax(130px, 0.5fr)",
      narrow: "keep",
      cell: (revision) => (
        <span class="row">
          <a class="cover num" href={revisionLink(revision.number)} aria-label={t.revision(revision.number)}>
            {revision.number}
          </a>
          <RevisionBadges revision={revision} />
        </span>
      ),
    },
    { title: t.what.column, width: "minmax(0, 2fr)", narrow: "keep", cell: (revision) => <What revision={revision} lines={lines} /> },
    { title: t.time, width: "minmax(112px, 0.5fr)", cell: ({ time }) => <Ago time={time} /> },
    {
      title: t.author,
      width: "minmax(80px, 0.5fr)",
      cell: ({ author }) => (
        <div class="clip">
          <Author author={author} />
        </div>
      ),
    },
    {
      title: t.note,
      width: "minmax(0, 1fr)",
      cell: ({ note }) => (
        <div class="clip" title={note}>
          {note || <span class="muted">–</span>}
        </div>
      ),
    },
    {
      title: "",
      width: "36px",
      end: true,
      cell: ({ number, in_use }) =>
        !in_use && (
          <span class="above">
            <WriteButton kind="quiet" icon="undo" label={t.rollBackTo(number)} onClick={() => rollBack(number)} />
          </span>
        ),
    },
  ];
}

/** Why there is no history, and how to get one. */
function NoHistory({ reason }: { reason: string }) {
  const t = text.value;
  return (
    <Empty icon="history" title={t.off}>
      <p>
        <Rich>{reason}</Rich>
      </p>
      <p>
        <Rich>{t.offAdvice}</Rich>
      </p>
      <Code>{'[history]\ndirectory = "/var/lib/fngate/history"'}</Code>
      <p>
        <Rich>{t.offUse}</Rich>
      </p>
    </Empty>
  );
}

export function RevisionList() {
  const t = text.value;
  const list = useRevisions();
  const lines = useLinesByRevision();
  const { review, dialog } = useChange();
  const { route } = useLocation();
  const rollBack = (number: number) => review(rollbackChange(number, ({ revision }) => route(revisionLink(revision))));
  const history = status.value?.history;
  if (history && !history.directory)
    return (
      <Card>
        <NoHistory reason={history.reason ?? ""} />
      </Card>
    );
  if (list.error) return <Failure error={list.error} />;
  if (!list.known && list.items.length === 0) return <Loading />;
  return (
    <Card class="fill" flush>
      <VirtualTable
        label={t.revisions}
        columns={columns({ lines, rollBack })}
        rows={list.items}
        total={list.total}
        need={list.need}
        below={(revision) => (
          <>
            <Author author={revision.author} /> · <Ago time={revision.time} />
          </>
        )}
        rowKey={({ number }) => String(number)}
        empty={<Empty icon="history" title={t.none} children={<p>{t.noneText}</p>} />}
      />
      {dialog}
    </Card>
  );
}
