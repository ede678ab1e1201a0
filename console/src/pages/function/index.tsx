/** One version of a function: instances, load, triggers, settings. */
import { useLocation, useRoute } from "preact-iso";
import { useCallback } from "preact/hooks";
import { figures as live } from "../../api/live";
import { isGone } from "../../api/query";
import type { Figures, Function, Trigger } from "../../api/schema";
import { useChange, type Change } from "../../change/change";
import { curlCommand } from "../../change/command";
import { Origin } from "../../change/origin";
import { formatNumber } from "../../i18n";
import { functionPath } from "../../objects/function";
import { TimeChart, TrafficChart } from "../../objects/charts";
import { Gone } from "../../objects/gone";
import { HeaderList } from "../../objects/headers";
import { useInstances } from "../../objects/instances";
import { ENVIRONMENTS } from "../../objects/lists";
import { EditLink, EnvironmentBadge, InstanceBadge, shortId, trafficOfFunction } from "../../objects/parts";
import { apiLink, apisLink, editFunctionLink, functionsLink, named, requestsLink, serviceLink } from "../../shell/links";
import { Badge, Card, Empty, Failure, LinkButton, Loading, Method, Notice, Page, WriteButton } from "../../ui/parts";
import { FURTHER } from "../function-form/data";
import { useFunction, useTriggers } from "./data";
import { text } from "./text";
import { QuickTrigger } from "./trigger";

/** How full something is that has a limit. */
function Meter({ label, used, limit, unlimited }: { label: string; used: number; limit: number; unlimited: string }) {
  const t = text.value;
  return (
    <div class="stack tight">
      <div class="row between">
        <span>{label}</span>
        <span class="num">
          <strong>{used}</strong> <span class="muted small">{limit > 0 ? t.limit(limit) : unlimited}</span>
        </span>
      </div>
      {limit > 0 && <meter aria-label={label} min={0} max={limit} high={limit * 0.8} value={used} />}
    </div>
  );
}

function Load({ one, figures }: { one: Function; figures: readonly Figures[] }) {
  const t = text.value;
  const now = trafficOfFunction(figures.at(-1), one.status.id)[0];
  const seen = figures.length > 0;
  return (
    <div class="stack">
      <Meter
        label={t.inFlight}
        used={now?.in_flight ?? (seen ? 0 : one.status.in_flight)}
        limit={one.max_concurrency}
        unlimited={t.noLimit}
      />
      <Meter
        label={t.queued}
        used={now?.queued ?? (seen ? 0 : one.status.queued)}
        limit={one.max_concurrency > 0 ? one.queue : 0}
        unlimited={t.noQueue}
      />
    </div>
  );
}

function Instances({ one }: { one: Function }) {
  const t = text.value;
  const instances = useInstances(one.status.id) ?? one.status.instances;
  return (
    <div class="scroll-x">
      <table class="table">
        <thead>
          <tr>
            <th>{t.address}</th>
            <th>{t.state}</th>
          </tr>
        </thead>
        <tbody>
          {instances.map((instance) => (
            <tr>
              <td class="mono wrap-any">{instance.address}</td>
              <td>
                <InstanceBadge state={instance.state} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function TriggerRow({ trigger }: { trigger: Trigger }) {
  return (
    <tr>
      <td>
        <span class="row tight single">
          <Method method={trigger.method} />
          <a class="mono wrap-any" href={apiLink(trigger.service, trigger.api)}>
            {trigger.path}
          </a>
          {!trigger.enabled && <Badge>{text.value.off}</Badge>}
        </span>
        <a class="small muted" href={serviceLink(trigger.service)}>
          {trigger.service}
        </a>
      </td>
      <td class="end">
        <span class="row tight end">
          {ENVIRONMENTS.filter((name) => trigger.environments.includes(name)).map((name) => (
            <EnvironmentBadge name={name} />
          ))}
        </span>
      </td>
    </tr>
  );
}

function Triggers({ one }: { one: Function }) {
  const t = text.value;
  const list = useTriggers(one.namespace, named(one.name, one.version));
  const shown = list.items.length;
  const rest = shown < list.total && (
    <span class="small">
      {t.first(formatNumber(shown), formatNumber(list.total))} · <a href={apisLink({ function: shortId(one.status.id) })}>{t.showAll}</a>
    </span>
  );
  return (
    <Card title={list.known ? `${t.triggers} (${formatNumber(list.total)})` : t.triggers} actions={rest} flush>
      <Failure error={list.error} />
      {list.items.length === 0 && list.known && (
        <Empty icon="link" title={t.noTrigger}>
          <p>{t.noTriggerText}</p>
        </Empty>
      )}
      {list.items.length > 0 && (
        <div class="scroll-x" style={{ maxHeight: "420px", overflowY: "auto" }} tabIndex={0} role="region" aria-label={t.triggers}>
          <table class="table">
            <tbody>
              {list.items.map((trigger) => (
                <TriggerRow trigger={trigger} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

function Settings({ one }: { one: Function }) {
  const t = text.value;
  return (
    <div class="stack">
      <dl class="facts">
        <dt>{t.timeout}</dt>
        <dd>{one.timeout}</dd>
        <dt>{t.concurrency}</dt>
        <dd>{one.max_concurrency || <span class="muted">{t.noLimit}</span>}</dd>
        <dt>{t.headers}</dt>
        <dd>
          <HeaderList headers={one.headers} />
        </dd>
        <dt>{t.origin}</dt>
        <dd>
          <Origin origin={one.status.origin} />
        </dd>
      </dl>
      <details>
        <summary>{t.others}</summary>
        <dl class="facts" style={{ paddingTop: "8px" }}>
          {([...FURTHER, "max_response_headers"] as const).map((key) => (
            <>
              <dt>
                <code>{key}</code>
              </dt>
              <dd class="num">{one[key]}</dd>
            </>
          ))}
        </dl>
      </details>
    </div>
  );
}

function removal(one: Function, etag: string | null, onDone: () => void): Change {
  const t = text.value;
  const address = functionPath(one.namespace, one.name, one.version);
  return {
    title: t.removeTitle(shortId(one.status.id)),
    verb: t.remove,
    danger: true,
    method: "DELETE",
    path: address,
    etag,
    confirm: one.name,
    remark: <Notice tone="warn">{t.removeRemark}</Notice>,
    commands: [curlCommand("DELETE", address, undefined, etag)],
    onDone,
  };
}

function Found({ one, etag }: { one: Function; etag: string | null }) {
  const t = text.value;
  const { route } = useLocation();
  const { review, dialog } = useChange();
  const figures = live.value;
  const pick = useCallback((set: Figures) => trafficOfFunction(set, one.status.id), [one.status.id]);
  const used = one.status.triggers > 0 ? t.hasTriggers : undefined;
  const reason = one.status.origin.read_only ?? used;
  const actions = (
    <>
      <LinkButton icon="requests" href={requestsLink({ function: shortId(one.status.id) })}>
        {t.all}
      </LinkButton>
      <EditLink origin={one.status.origin} href={editFunctionLink(one.namespace, one.name, one.version)}>
        {t.edit}
      </EditLink>
      <WriteButton
        icon="trash"
        kind="danger"
        disabled={Boolean(reason) || etag === null}
        title={reason}
        onClick={() => review(removal(one, etag, () => route(functionsLink())))}
      >
        {t.remove}
      </WriteButton>
      {used && <span class="muted small">{used}</span>}
    </>
  );
  return (
    <Page title={<span class="mono">{named(one.name, one.version)}</span>} lead={t.lead(one.namespace)} actions={actions}>
      {one.status.origin.read_only && <Notice title={t.readOnly}>{one.status.origin.read_only}</Notice>}
      <div class="grid wide">
        <Card title={t.instances} flush>
          <Instances one={one} />
        </Card>
        <Card title={t.load}>
          <Load one={one} figures={figures} />
        </Card>
      </div>
      <div class="grid wide">
        <Triggers one={one} />
        <QuickTrigger one={one} />
      </div>
      <div class="grid wide">
        <Card title={t.traffic}>
          <TrafficChart figures={figures} pick={pick} />
        </Card>
        <Card title={t.duration}>
          <TimeChart figures={figures} pick={pick} />
        </Card>
      </div>
      <Card title={t.settings}>
        <Settings one={one} />
      </Card>
      {dialog}
    </Page>
  );
}

export function OneFunction() {
  const { params } = useRoute();
  const [namespace, name] = [params.namespace ?? "", params.function ?? ""];
  const { data, etag, error, reload } = useFunction(namespace, name);
  if (isGone(error)) return <Gone kind="functions" name={name} />;
  if (data) return <Found one={data} etag={etag} />;
  return <Page title={name}>{error ? <Failure error={error} retry={reload} /> : <Loading />}</Page>;
}
