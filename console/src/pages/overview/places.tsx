/** Services with their traffic, and instances that do not answer. */
import { figures as live, recent } from "../../api/live";
import type { Instance, Service } from "../../api/schema";
import { formatNumber } from "../../i18n";
import { formatRate, InstanceBadge, shortId } from "../../objects/parts";
import { functionIdLink, functionsLink, requestsLink, serviceLink, servicesLink } from "../../shell/links";
import { Card, Failure } from "../../ui/parts";
import type { OverviewData } from "./data";
import type { ServiceSum } from "./seen";
import { text } from "./text";

const MOST = 8;

function Hosts({ service }: { service: Service | undefined }) {
  const t = text.value;
  const hosts = [...new Set(service?.domains.map(({ host }) => host))];
  if (!service) return null;
  return <div class="muted small wrap-any">{hosts[0] ? t.hosts(hosts[0], hosts.length - 1) : t.noHosts}</div>;
}

/** Its own component, since it changes every second. */
function Now({ service }: { service: string }) {
  const now = recent(live.value, ({ apis }) => apis.filter((one) => one.service === service));
  return <>{text.value.perSecond(formatRate(now?.requests ?? 0))}</>;
}

/** The busiest first. */
function busiest({ services, seen }: OverviewData): ServiceSum[] {
  const quiet = (services ?? []).map(({ name }) => ({ service: name, requests: 0, errors: 0, failed: 0 }));
  const sums = [...seen.services.values(), ...quiet.filter(({ service }) => !seen.services.has(service))];
  return sums.filter(({ service, requests }) => service || requests > 0).sort((one, other) => other.requests - one.requests);
}

export function Services(props: OverviewData) {
  const t = text.value;
  const { services } = props;
  const rows = busiest(props);
  return (
    <Card title={t.services} actions={<span class="muted small">{t.since}</span>} flush>
      {rows.length === 0 ? (
        <p class="body muted">{services && t.servicesNone}</p>
      ) : (
        <div class="scroll-x">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t.columns.service}</th>
                <th scope="col" class="end">
                  {t.columns.now}
                </th>
                <th scope="col" class="end">
                  {t.columns.requests}
                </th>
                <th scope="col" class="end">
                  {t.columns.errors}
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.slice(0, MOST).map(({ service, requests, errors }) => (
                <tr>
                  <td>
                    <a href={service ? serviceLink(service) : requestsLink({ status: "404" })}>{service || t.unknownHosts}</a>
                    <Hosts service={services?.find(({ name }) => name === service)} />
                  </td>
                  <td class="end num muted nowrap">
                    <Now service={service} />
                  </td>
                  <td class="end num">{formatNumber(requests)}</td>
                  <td class={`end num ${errors > 0 ? "failing" : "muted"}`}>{formatNumber(errors)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {rows.length > MOST && (
        <p class="body small">
          <a href={servicesLink()}>{t.more(rows.length - MOST)}</a>
        </p>
      )}
    </Card>
  );
}

function InstanceRow({ instance }: { instance: Instance }) {
  return (
    <tr>
      <td>
        <span class="mono wrap-any">{instance.address}</span>
        <div class="small">
          <a href={functionIdLink(instance.function)}>{shortId(instance.function)}</a>
        </div>
      </td>
      <td class="end">
        <InstanceBadge state={instance.state} />
      </td>
    </tr>
  );
}

export function Instances({ silent }: OverviewData) {
  const t = text.value;
  return (
    <Card title={t.instances} flush>
      <Failure error={silent.error} />
      {silent.items.length === 0 ? (
        <p class="body muted">{silent.known && t.instancesNone}</p>
      ) : (
        <div class="scroll-x">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">{t.columns.instance}</th>
                <th scope="col" class="end">
                  {t.columns.state}
                </th>
              </tr>
            </thead>
            <tbody>
              {silent.items.slice(0, MOST).map((instance) => (
                <InstanceRow instance={instance} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {silent.total > MOST && (
        <p class="body small">
          <a href={functionsLink({ state: "silent" })}>{t.more(silent.total - MOST)}</a>
        </p>
      )}
    </Card>
  );
}
