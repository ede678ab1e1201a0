import { status } from "../../api/gateway";
import type { RevisionInfo } from "../../api/schema";
import { revisionLink } from "../../shell/links";
import { Ago, Card, Code, Empty, Failure, Loading, Rich } from "../../ui/parts";
import { VirtualTable, type Column } from "../../ui/virtual";
import { useRevisions } from "./data";
import { Author, RevisionBadges } from "./revisions";
import { text } from "./text";

function columns(): Column<RevisionInfo>[] {
  const t = text.value;
  return [
    {
      title: t.number,
      width: "minmax(150px, 0.7fr)",
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
    { title: t.time, width: "minmax(120px, 0.6fr)", cell: ({ time }) => <Ago time={time} /> },
    {
      title: t.author,
      width: "minmax(100px, 0.7fr)",
      cell: ({ author }) => (
        <div class="clip">
          <Author author={author} />
        </div>
      ),
    },
    {
      title: t.note,
      width: "minmax(0, 1.6fr)",
      narrow: "keep",
      cell: ({ note }) => (
        <div class="clip" title={note}>
          {note || <span class="muted">–</span>}
        </div>
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
  const history = status.value?.history;
  if (history && !history.directory)
    return (
      <Card>
        <NoHistory reason={history.reason ?? ""} />
      </Card>
    );
  if (list.error) return <Failure error={list.error} />;
  if (list.loading && list.items.length === 0) return <Loading />;
  return (
    <Card class="fill" flush>
      <VirtualTable
        label={t.revisions}
        columns={columns()}
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
    </Card>
  );
}
