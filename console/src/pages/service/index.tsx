/** One service: its domains, its APIs, and their traffic. */
import { useLocation, useRoute } from "preact-iso";
import { useCallback } from "preact/hooks";
import { figures as live, recent } from "../../api/live";
import { isGone, useList, useQuery } from "../../api/query";
import type { Api, Figures, Service } from "../../api/schema";
import { Origin } from "../../change/origin";
import { formatNumber } from "../../i18n";
import { TimeChart, TrafficChart } from "../../objects/charts";
import { Gone } from "../../objects/gone";
import { ApiState, Rate, trafficOfApi } from "../../objects/parts";
import { apiLink, apisLink, newApiLink, requestsLink, servicesLink } from "../../shell/links";
import { Card, Empty, Failure, LinkButton, Loading, Method, Page, WriteButton, WriteLink } from "../../ui/parts";
import { text as functions } from "../function/text";
import { useServiceActions } from "../services/actions";
import { servicePath } from "../services/data";
import { DomainList } from "../services/domains";
import { text } from "../services/text";

const SHOWN = 50;

function Traffic({ api }: { api: Api }) {
  return <Rate recent={recent(live.value, (set) => trafficOfApi(set, api.service, api.name))} />;
}

function Apis({ name }: { name: string }) {
  const t = text.value;
  const list = useList<Api>("/v1/apis", { service: name });
  const filtered = apisLink({ service: name });
  return (
    <Card
      title={list.known ? t.apis(list.total) : t.apiList}
      actions={
        list.total > SHOWN && (
          <span class="small">
            {functions.value.first(formatNumber(SHOWN), formatNumber(list.total))} · <a href={filtered}>{functions.value.showAll}</a>
          </span>
        )
      }
      flush
    >
      <Failure error={list.error} />
      {list.known && list.total === 0 && (
        <Empty icon="apis" title={t.noApis}>
          <WriteLink icon="plus" href={newApiLink({ service: name })}>
            {t.bind}
          </WriteLink>
        </Empty>
      )}
      <div class="scroll-x">
        <table class="table">
          <tbody>
            {list.items.slice(0, SHOWN).map((api) => (
              <tr>
                <td>
                  <span class="row tight">
                    <Method method={api.method} />
                    <a class="mono wrap-any" href={apiLink(name, api.name)}>
                      {api.path}
                    </a>
                  </span>
                  <span class="narrow-only">
                    <Traffic api={api} />
                  </span>
                </td>
                <td class="end wide-only">
                  <Traffic api={api} />
                </td>
                <td class="end">
                  <ApiState api={api} short />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}

function Domains({ service }: { service: Service }) {
  const t = text.value;
  return (
    <Card title={t.domains}>
      <div class="stack">
        <DomainList service={service} />
        <div class="small">
          <Origin origin={service.status.origin} />
        </div>
      </div>
    </Card>
  );
}

function Found({ service }: { service: Service }) {
  const t = text.value;
  const { name, status } = service;
  const { route } = useLocation();
  const { edit, remove, dialogs } = useServiceActions(() => route(servicesLink()));
  const pick = useCallback((set: Figures) => set.apis.filter((one) => one.service === name), [name]);
  const hasApis = status.apis > 0 ? t.hasApis : undefined;
  const reason = status.origin.read_only ?? undefined;
  const actions = (
    <>
      <LinkButton icon="requests" href={requestsLink({ service: name })}>
        {functions.value.all}
      </LinkButton>
      <WriteLink icon="plus" href={newApiLink({ service: name })}>
        {t.bind}
      </WriteLink>
      <WriteButton icon="edit" disabled={Boolean(reason)} title={reason} onClick={() => edit(name)}>
        {t.edit}
      </WriteButton>
      <WriteButton icon="trash" kind="danger" disabled={Boolean(reason ?? hasApis)} title={reason ?? hasApis} onClick={() => remove(name)}>
        {t.remove}
      </WriteButton>
      {hasApis && <span class="muted small">{hasApis}</span>}
    </>
  );
  return (
    <Page title={<span class="mono">{name}</span>} lead={t.lead} actions={actions}>
      <div class="grid wide">
        <Domains service={service} />
        <Apis name={name} />
      </div>
      <div class="grid wide">
        <Card title={functions.value.traffic}>
          <TrafficChart figures={live.value} pick={pick} />
        </Card>
        <Card title={functions.value.duration}>
          <TimeChart figures={live.value} pick={pick} />
        </Card>
      </div>
      {dialogs}
    </Page>
  );
}

export function OneService() {
  const name = useRoute().params["service"] ?? "";
  const { data, error, reload } = useQuery<Service>(servicePath(name));
  if (isGone(error)) return <Gone kind="services" name={name} />;
  if (data) return <Found service={data} />;
  return <Page title={name}>{error ? <Failure error={error} retry={reload} /> : <Loading />}</Page>;
}
