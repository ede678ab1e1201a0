/** All APIs, with filters. */
import { call } from "../../api/client";
import { figures as live, recent } from "../../api/live";
import type { Api } from "../../api/schema";
import { useChange } from "../../change/change";
import { formatNumber } from "../../i18n";
import { apiPath } from "../../objects/api";
import { ENVIRONMENTS, hostsOf, useFunctionNames, useServices } from "../../objects/lists";
import { ApiState, Environments, FunctionName, Rate, shortId, trafficOfApi } from "../../objects/parts";
import { text as objects } from "../../objects/text";
import { switchOf, switchTitle } from "../../objects/switch";
import { mayWrite } from "../../session";
import { useFilters } from "../../shell/filters";
import { apiLink, newApiLink, serviceLink } from "../../shell/links";
import { Icon } from "../../ui/icon";
import { Badge, Button, Empty, Failure, Loading, Method, Page, SearchBox, Select, WriteLink, type Choice } from "../../ui/parts";
import { say } from "../../ui/toast";
import { VirtualTable, type Column } from "../../ui/virtual";
import { FILTERS, useApis, warningOf, type Filters } from "./data";
import { text } from "./text";

const same = (value: string): Choice => ({ value, label: value });

function FilterBar({ filters, change }: { filters: Filters; change: (part: Partial<Filters>) => void }) {
  const t = text.value;
  const services = useServices() ?? [];
  const functions = useFunctionNames() ?? [];
  const select = (name: keyof Filters, label: string, any: string, choices: Choice[]) => (
    <Select
      aria-label={label}
      value={filters[name]}
      onValue={(value) => change({ [name]: value })}
      choices={[{ value: "", label: any }, ...choices]}
    />
  );
  return (
    <div class="filters">
      <SearchBox label={t.search} value={filters.q} onValue={(q) => change({ q })} />
      {select(
        "service",
        t.service,
        t.anyService,
        services.map(({ name }) => same(name)),
      )}
      {select("function", t.function, t.anyFunction, functions.map(same))}
      {select("host", t.host, t.anyHost, hostsOf(services).map(same))}
      {select("environment", t.environment, t.anyEnvironment, ENVIRONMENTS.map(same))}
      {select("enabled", t.state, t.anyState, [
        { value: "true", label: t.on },
        { value: "false", label: t.off },
        { value: "unreachable", label: objects.value.unreachable },
        { value: "warned", label: t.warned },
      ])}
    </div>
  );
}

/** Its own component, so that a second that passes draws this cell and not the table. */
function Traffic({ api }: { api: Api }) {
  return <Rate recent={recent(live.value, (set) => trafficOfApi(set, api.service, api.name))} />;
}

function Warning({ api }: { api: Api }) {
  const message = warningOf(api);
  if (!message) return null;
  return (
    <Badge tone="warn" title={message}>
      <Icon name="warning" />
      <span class="hidden-visually">{message}</span>
    </Badge>
  );
}

function functionsOf(api: Api): string[] {
  return [...new Set(api.status.environments.map((environment) => environment.function))];
}

function columns(onSwitch: (api: Api) => void): Column<Api>[] {
  const t = text.value;
  return [
    {
      title: t.rule,
      width: "minmax(0, 2.2fr)",
      narrow: "keep",
      cell: (api) => (
        <span class="row single">
          <Method method={api.method} />
          <a class="cover mono clip" href={apiLink(api.service, api.name)}>
            {api.path}
          </a>
        </span>
      ),
    },
    {
      title: t.service,
      width: "minmax(0, 0.8fr)",
      cell: (api) => (
        <div class="clip">
          <a class="above" href={serviceLink(api.service)}>
            {api.service}
          </a>
        </div>
      ),
    },
    {
      title: t.function,
      width: "minmax(0, 0.9fr)",
      cell: (api) => (
        <div class="clip">
          {functionsOf(api).map((id, index) => (
            <>
              {index > 0 && ", "}
              <FunctionName id={id} />
            </>
          ))}
        </div>
      ),
    },
    { title: t.environments, width: "minmax(150px, 0.7fr)", cell: (api) => <Environments all={api.status.environments} /> },
    { title: t.timeout, width: "60px", end: true, cell: (api) => <span class="num small">{api.status.timeout}</span> },
    { title: t.traffic, width: "134px", end: true, cell: (api) => <Traffic api={api} /> },
    {
      title: t.state,
      width: "156px",
      cell: (api) => (
        <span class="row tight single">
          <ApiState api={api} short />
          <Warning api={api} />
        </span>
      ),
    },
    {
      title: "",
      width: "36px",
      narrow: "keep",
      end: true,
      cell: (api) =>
        mayWrite.value && (
          <span class="above">
            <Button
              kind="quiet"
              icon={api.enabled ? "pause" : "play"}
              label={switchTitle(api)}
              disabled={Boolean(api.status.origin.read_only)}
              onClick={() => onSwitch(api)}
            />
          </span>
        ),
    },
  ];
}

export function Apis() {
  const t = text.value;
  const [filters, change] = useFilters(FILTERS);
  const list = useApis(filters);
  const { review, dialog } = useChange();
  const filtered = Object.values(filters).some(Boolean);
  const bind = (
    <WriteLink kind="primary" icon="plus" href={newApiLink({ service: filters.service, function: filters.function })}>
      {t.bind}
    </WriteLink>
  );
  const onSwitch = (api: Api) => {
    // A list has no ETags.
    call<Api>("GET", apiPath(api.service, api.name)).then(
      ({ data, etag }) => review(switchOf(data, etag)),
      (error: Error) => say(error.message, "error"),
    );
  };
  const nothing = filtered ? (
    <Empty icon="search" title={t.noMatch}>
      <Button onClick={() => change(Object.fromEntries(FILTERS.map((name) => [name, ""])))}>{t.clear}</Button>
    </Empty>
  ) : (
    <Empty icon="apis" title={t.none}>
      <p>{t.noneText}</p>
      {bind}
    </Empty>
  );
  return (
    <Page title={t.title} lead={t.lead} actions={bind}>
      <FilterBar filters={filters} change={change} />
      <Failure error={list.error} />
      <div class="card fill">
        <VirtualTable
          label={t.title}
          columns={columns(onSwitch)}
          rows={list.items}
          total={list.total}
          need={list.need}
          rowKey={(api) => `${api.service}\n${api.name}`}
          below={(api) => (
            <span class="row tight single">
              <ApiState api={api} short />
              <Warning api={api} />
              <span class="clip">{`${api.service} → ${functionsOf(api).map(shortId).join(", ")}`}</span>
            </span>
          )}
          empty={list.known ? nothing : !list.error && <Loading />}
        />
        <div class="table-foot muted small" role="status">
          {list.known && (list.total === 1 ? t.one : t.count(formatNumber(list.total)))}
        </div>
      </div>
      {dialog}
    </Page>
  );
}
