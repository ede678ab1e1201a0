/** One API: its way, its figures, its last requests, its settings. */
import { useLocation, useRoute } from "preact-iso";
import { useCallback } from "preact/hooks";
import { figures as live, recent } from "../../api/live";
import { isGone } from "../../api/query";
import type { Api, Figures } from "../../api/schema";
import { useChange, type Change } from "../../change/change";
import { unbindCommand } from "../../change/command";
import { Origin } from "../../change/origin";
import { NotInForce } from "../../change/pinned";
import { formatNumber } from "../../i18n";
import { apiPath, ruleOf } from "../../objects/api";
import { TimeChart, TrafficChart } from "../../objects/charts";
import { Gone } from "../../objects/gone";
import { HeaderList } from "../../objects/headers";
import { ApiState, EditLink, Environments, Health, trafficOfApi } from "../../objects/parts";
import { switchOf, switchVerb } from "../../objects/switch";
import { apisLink, editApiLink, explainLink, serviceLink } from "../../shell/links";
import { Badge, Card, Failure, LinkButton, Loading, Method, Notice, Page, WriteButton } from "../../ui/parts";
import { methodOf, sampleRequest } from "../requests/sample";
import { isServed, useApi, useServed, type Missing, type Served } from "./data";
import { LastRequests } from "./last";
import { text } from "./text";
import { Way } from "./way";

/** A request that leads to the API, for a first try; without a URL if no domain does. */
function exampleOf(served: (Served | Missing)[], { method }: Api): { method: string; url: string } {
  const found = served.filter(isServed).map(sampleRequest);
  return found.find((one) => one !== null) ?? { method: methodOf(method), url: "" };
}

function unbindOf(api: Api, etag: string | null, rate: number, onDone: () => void): Change {
  const t = text.value;
  return {
    title: t.unbindTitle(ruleOf(api)),
    verb: t.unbind,
    done: t.unbound(ruleOf(api)),
    environments: api.environments,
    danger: true,
    remark: (
      <Notice tone="warn">
        {rate > 0 && <strong>{t.unbindBusy(formatNumber(rate, 1))}</strong>}
        <span>{t.unbindRemark}</span>
      </Notice>
    ),
    method: "DELETE",
    path: apiPath(api.service, api.name),
    etag,
    commands: [unbindCommand(api)],
    onDone,
  };
}

function Settings({ api }: { api: Api }) {
  const t = text.value;
  return (
    <dl class="facts">
      <dt>{t.name}</dt>
      <dd class="mono">{api.name}</dd>
      <dt>{t.environments}</dt>
      <dd>
        <Environments all={api.status.environments} />
      </dd>
      <dt>{t.timeout}</dt>
      <dd>
        {api.status.timeout}{" "}
        <span class="muted small">{api.status.timeout_set_at === "default" ? t.byDefault : t.setAt(api.status.timeout_set_at)}</span>
      </dd>
      <dt>{t.maxBody}</dt>
      <dd>{api.max_body_bytes ?? <span class="muted">{t.gatewayLimit}</span>}</dd>
      <dt>{t.rawPath}</dt>
      <dd>{api.raw_path ? t.yes : t.no}</dd>
      <dt>{t.headers}</dt>
      <dd>
        <HeaderList headers={api.headers} />
      </dd>
      <dt>{t.origin}</dt>
      <dd>
        <Origin origin={api.status.origin} />
      </dd>
    </dl>
  );
}

function Notices({ api }: { api: Api }) {
  const t = text.value;
  return (
    <>
      {api.status.origin.read_only && (
        <Notice tone="info" title={t.readOnly}>
          {api.status.origin.read_only}
        </Notice>
      )}
      <NotInForce path={apiPath(api.service, api.name)} environments={api.environments} />
    </>
  );
}

function Found({ api, etag }: { api: Api; etag: string | null }) {
  const t = text.value;
  const { route } = useLocation();
  const { review, dialog } = useChange();
  const figures = live.value;
  const pick = useCallback((one: Figures) => trafficOfApi(one, api.service, api.name), [api.service, api.name]);
  const now = recent(figures, pick);
  const served = useServed(api);
  const example = exampleOf(served, api);
  const reason = api.status.origin.read_only ?? undefined;
  const locked = Boolean(reason) || etag === null;
  const actions = (
    <>
      <LinkButton icon="explain" href={explainLink(example)}>
        {t.try}
      </LinkButton>
      <EditLink origin={api.status.origin} href={editApiLink(api.service, api.name)}>
        {t.edit}
      </EditLink>
      <WriteButton icon={api.enabled ? "pause" : "play"} disabled={locked} title={reason} onClick={() => review(switchOf(api, etag))}>
        {switchVerb(api)}
      </WriteButton>
      <WriteButton
        icon="trash"
        kind="danger"
        disabled={locked}
        title={reason}
        onClick={() => review(unbindOf(api, etag, now?.requests ?? 0, () => route(apisLink())))}
      >
        {t.unbind}
      </WriteButton>
    </>
  );
  const title = (
    <span class="row">
      <Method method={api.method} />
      <span class="mono wrap-any" style={{ fontSize: "18px" }}>
        {api.path}
      </span>
      <ApiState api={api} />
      <Health recent={now} />
    </span>
  );
  return (
    <Page title={title} lead={<Lead api={api} />} actions={actions}>
      <Notices api={api} />
      <Card title={t.way}>
        <Way served={served} />
      </Card>
      <div class="grid wide">
        <Card title={t.traffic}>
          <TrafficChart figures={figures} pick={pick} />
        </Card>
        <Card title={t.duration}>
          <TimeChart figures={figures} pick={pick} />
        </Card>
      </div>
      <div class="grid wide">
        <LastRequests api={api} example={example} />
        <Card title={t.facts}>
          <Settings api={api} />
        </Card>
      </div>
      {dialog}
    </Page>
  );
}

function Lead({ api }: { api: Api }) {
  return (
    <span>
      {text.value.of} <a href={serviceLink(api.service)}>{api.service}</a> {api.name !== ruleOf(api) && <Badge>{api.name}</Badge>}
    </span>
  );
}

export function OneApi() {
  const { params } = useRoute();
  const [service, name] = [params.service ?? "", params.api ?? ""];
  const { data, etag, error, reload } = useApi(service, name);
  if (isGone(error)) return <Gone kind="apis" name={name} />;
  if (data) return <Found api={data} etag={etag} />;
  return <Page title={name}>{error ? <Failure error={error} retry={reload} /> : <Loading />}</Page>;
}
