/** All function versions. */
import { figures as live, recent } from "../../api/live";
import type { Function, InstanceState } from "../../api/schema";
import { formatNumber } from "../../i18n";
import { INSTANCE_TONES, Rate, shortId, trafficOfFunction } from "../../objects/parts";
import { text as objects } from "../../objects/text";
import { useFilters } from "../../shell/filters";
import { functionLink, newFunctionLink } from "../../shell/links";
import { Badge, Empty, Failure, Loading, Page, SearchBox, Select, WriteLink } from "../../ui/parts";
import { VirtualTable, type Column } from "../../ui/virtual";
import { useFunctions } from "./data";
import { text } from "./text";

/** Those that never answered are among those that are down. */
const STATES: InstanceState[] = ["up", "down", "unused"];
const shownAs = (state: InstanceState) => (state === "never_answered" ? "down" : state);

/** How many instances are in which state. */
function InstanceCounts({ one }: { one: Function }) {
  const count = (state: InstanceState) => one.status.instances.filter((instance) => shownAs(instance.state) === state).length;
  return (
    <span class="row tight">
      {STATES.filter((state) => count(state) > 0).map((state) => (
        <Badge tone={INSTANCE_TONES[state]} dot>
          {count(state)} {objects.value.instance[state]}
        </Badge>
      ))}
    </span>
  );
}

function Traffic({ one }: { one: Function }) {
  return <Rate recent={recent(live.value, (set) => trafficOfFunction(set, one.status.id))} />;
}

/** The figure of this second; before the first, the one that came with the list. */
function InFlight({ one }: { one: Function }) {
  const now = live.value.at(-1) && trafficOfFunction(live.value.at(-1), one.status.id)[0];
  return (
    <span class="num">{text.value.of(now?.in_flight ?? (live.value.length > 0 ? 0 : one.status.in_flight), one.max_concurrency)}</span>
  );
}

function columns(): Column<Function>[] {
  const t = text.value;
  return [
    {
      title: t.name,
      width: "minmax(0, 2fr)",
      narrow: "keep",
      cell: (one) => (
        <div class="clip">
          <a class="cover mono" href={functionLink(one.namespace, one.name, one.version)}>
            {shortId(one.status.id)}
          </a>
        </div>
      ),
    },
    { title: t.instances, width: "minmax(160px, 1.4fr)", cell: (one) => <InstanceCounts one={one} /> },
    {
      title: t.triggers,
      width: "90px",
      end: true,
      cell: (one) =>
        one.status.triggers === 0 ? <Badge tone="warn">{t.noTrigger}</Badge> : <span class="num">{formatNumber(one.status.triggers)}</span>,
    },
    { title: t.inFlight, width: "100px", end: true, cell: (one) => <InFlight one={one} /> },
    { title: t.queue, width: "90px", end: true, cell: (one) => <span class="num">{t.of(one.status.queued, one.queue)}</span> },
    { title: t.timeout, width: "80px", end: true, cell: (one) => <span class="num small">{one.timeout}</span> },
    { title: t.traffic, width: "150px", end: true, cell: (one) => <Traffic one={one} /> },
  ];
}

export function Functions() {
  const t = text.value;
  const [{ q, state }, change] = useFilters(["q", "state"]);
  const list = useFunctions(q, state);
  const add = (
    <WriteLink kind="primary" icon="plus" href={newFunctionLink()}>
      {t.add}
    </WriteLink>
  );
  const nothing =
    q || state ? (
      <Empty icon="search" title={t.noMatch} />
    ) : (
      <Empty icon="functions" title={t.none}>
        <p>{t.noneText}</p>
        {add}
      </Empty>
    );
  return (
    <Page title={t.title} lead={t.lead} actions={add}>
      <div class="filters">
        <SearchBox label={t.search} value={q} onValue={(value) => change({ q: value })} />
        <Select
          aria-label={t.instances}
          value={state}
          onValue={(value) => change({ state: value })}
          choices={[
            { value: "", label: t.anyState },
            { value: "silent", label: t.silent },
          ]}
        />
      </div>
      <Failure error={list.error} />
      <div class="card fill">
        <VirtualTable
          label={t.title}
          columns={columns()}
          rows={list.items}
          total={list.total}
          need={list.need}
          rowKey={(one) => one.status.id}
          below={(one) => (
            <span class="row tight single">
              <InstanceCounts one={one} />
              <span class="clip mono">{one.instances.join(", ")}</span>
            </span>
          )}
          empty={list.known ? nothing : !list.error && <Loading />}
        />
        <div class="table-foot muted small" role="status">
          {list.known && (list.total === 1 ? t.one : t.count(formatNumber(list.total)))}
        </div>
      </div>
    </Page>
  );
}
