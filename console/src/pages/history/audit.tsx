import { useState } from "preact/hooks";
import { status } from "../../api/gateway";
import { Ago, Badge, Card, Empty, Failure, Loading, SearchBox, Select, type Tone } from "../../ui/parts";
import { VirtualTable, type Column } from "../../ui/virtual";
import { ACTIONS, useAudit, useView, type Action, type AuditLine } from "./data";
import { AuditDialog } from "./line";
import { objectLabel } from "../../objects/named";
import { Author } from "./revisions";
import { text } from "./text";
import { changedKeys } from "./what";

const TONES: Partial<Record<string, Tone>> = {
  create: "ok",
  change: "info",
  delete: "error",
  apply: "violet",
  rewrite: "info",
  rollback: "warn",
  release: "accent",
  follow: "accent",
  unrelease: "warn",
};

export function ActionBadge({ action }: { action: string }) {
  return <Badge tone={TONES[action] ?? "plain"}>{text.value.actions[action as Action] ?? action}</Badge>;
}

function columns(open: (line: AuditLine) => void): Column<AuditLine>[] {
  const t = text.value;
  return [
    { title: t.time, width: "minmax(112px, 0.5fr)", cell: ({ time }) => <Ago time={time} /> },
    { title: t.action, width: "104px", narrow: "keep", cell: ({ action }) => <ActionBadge action={action} /> },
    {
      title: t.object,
      width: "minmax(0, 1.7fr)",
      narrow: "keep",
      cell: (line) => (
        <button type="button" class="audit-object clip" title={objectLabel(line.object)} aria-haspopup="dialog" onClick={() => open(line)}>
          {objectLabel(line.object)}
        </button>
      ),
    },
    {
      title: t.what.column,
      width: "minmax(0, 1.5fr)",
      cell: (line) => (
        <div class="clip small mono" title={changedKeys(line)}>
          {changedKeys(line)}
        </div>
      ),
    },
    {
      title: t.author,
      width: "minmax(96px, 0.6fr)",
      cell: ({ author, from }) => (
        <div class="two-lines">
          <Author author={author} />
          {from && <div class="muted small clip">{from}</div>}
        </div>
      ),
    },
    {
      title: t.note,
      width: "minmax(0, 0.8fr)",
      cell: ({ note }) => (
        <div class="clip muted" title={note ?? ""}>
          {note}
        </div>
      ),
    },
    { title: t.revisionColumn, width: "72px", end: true, cell: ({ revision }) => <span class="num">{revision}</span> },
  ];
}

function Filters() {
  const t = text.value;
  const { filters, setFilter } = useView();
  const actions = ACTIONS.map((action) => ({ value: action as string, label: t.actions[action] }));
  return (
    <div class="filters">
      <SearchBox label={t.searchObject} value={filters.object} onValue={(object) => setFilter({ object })} />
      <input
        class="input audit-author"
        aria-label={t.filterAuthor}
        placeholder={t.filterAuthor}
        value={filters.author}
        spellcheck={false}
        autocomplete="off"
        onChange={(event) => setFilter({ author: event.currentTarget.value })}
      />
      <Select
        aria-label={t.action}
        value={filters.action}
        onValue={(action) => setFilter({ action })}
        choices={[{ value: "", label: t.allActions }, ...actions]}
      />
    </div>
  );
}

export function Audit() {
  const t = text.value;
  const { filters } = useView();
  const list = useAudit(filters);
  const [opened, setOpened] = useState<AuditLine | null>(null);
  const place = opened ? list.items.findIndex((line) => line.time === opened.time && line.object === opened.object) : -1;
  const filtered = Object.values(filters).some(Boolean);
  return (
    <>
      <Filters />
      {list.error ? (
        <Failure error={list.error} />
      ) : !list.known && list.items.length === 0 ? (
        <Loading />
      ) : (
        <Card class="fill" flush>
          <VirtualTable
            label={t.audit}
            columns={columns(setOpened)}
            rows={list.items}
            total={list.total}
            need={list.need}
            rowKey={({ time, object }) => time + object}
            selected={opened && opened.time + opened.object}
            below={(line) => (
              <>
                <Author author={line.author} /> · <Ago time={line.time} />
              </>
            )}
            empty={
              <Empty icon="search" title={filtered ? t.noLines : status.value?.audit ? t.noChanges : t.noneSinceStart}>
                <p>{filtered ? t.noLinesText : t.noChangesText}</p>
              </Empty>
            }
          />
        </Card>
      )}
      {opened && (
        <AuditDialog
          line={opened}
          newer={list.items[place - 1]}
          older={place < 0 ? undefined : list.items[place + 1]}
          onMove={setOpened}
          onClose={() => setOpened(null)}
        />
      )}
    </>
  );
}
