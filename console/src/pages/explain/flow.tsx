/** The way of a request as a picture: host, service, API, function, instances. */
import type { ComponentChildren } from "preact";
import type { Explained, Instance } from "../../api/schema";
import { domainName } from "../../objects/api";
import { isSilent } from "../../objects/instances";
import { InstanceBadge, shortId } from "../../objects/parts";
import { apiLink, functionIdLink, revisionLink, serviceLink } from "../../shell/links";
import { Icon } from "../../ui/icon";
import { Method } from "../../ui/parts";
import { reasonWords } from "../requests/reasons";
import { selectedDomain } from "./lookup";
import { text } from "./text";

const NAMES = ["host", "domain", "api", "function", "instances"] as const;
type Name = (typeof NAMES)[number];
type StepState = "ok" | "warn" | "failed" | "unreached";
type Props = { explained: Explained; instances: readonly Instance[] };

/** Where the look-up ended without an API. */
function failedAt({ reason, domains }: Explained): Name | null {
  if (!reason) return null;
  if (reason === "no_service") return domains.length > 0 ? "domain" : "host";
  return "api";
}

function stateOf(name: Name, explained: Explained): StepState {
  const failed = failedAt(explained);
  if (failed === null || NAMES.indexOf(name) < NAMES.indexOf(failed)) return "ok";
  return name === failed ? "failed" : "unreached";
}

function HostStep({ explained }: { explained: Explained }) {
  const t = text.value;
  return (
    <>
      <span class="mono">{explained.host}</span>
      {stateOf("host", explained) === "failed" && <div class="muted small">{t.noHost}</div>}
    </>
  );
}

function DomainStep({ explained }: { explained: Explained }) {
  const t = text.value;
  const domain = selectedDomain(explained);
  if (!domain || stateOf("domain", explained) === "failed") return <span class="muted">{t.noBase}</span>;
  const { service, environment } = domain;
  return (
    <>
      <a href={serviceLink(service)}>{service}</a>
      <div class="muted small">{t.environment(environment)}</div>
      <div class="muted small">{t.byDomain(domainName(domain))}</div>
    </>
  );
}

function ApiStep({ explained }: { explained: Explained }) {
  const t = text.value;
  const { selected, plain, reason } = explained;
  if (!selected) return <span class="muted">{reason && reasonWords(reason).title}</span>;
  const { route, parameters, forwarded_path } = selected;
  return (
    <>
      <div class="row tight">
        <Method method={route.method} />
        <a class="mono" href={apiLink(route.service, route.api)}>
          {route.path}
        </a>
      </div>
      {plain && (
        <div class="muted small">
          {t.readAs} <code>{plain}</code>
        </div>
      )}
      {parameters.map(({ name, value }) => (
        <code class="small">
          {name} = {value}
        </code>
      ))}
      {forwarded_path !== explained.path && (
        <div class="muted small">
          {t.sees} <code>{forwarded_path}</code>
        </div>
      )}
    </>
  );
}

function FunctionStep({ explained: { selected } }: { explained: Explained }) {
  const t = text.value;
  if (!selected) return <span class="muted">{t.notReached}</span>;
  const { route } = selected;
  const id = `${route.function}:${route.version}`;
  const place = route.timeout_set_at === "default" ? t.byDefault : t.setAt(route.timeout_set_at);
  return (
    <>
      <a href={functionIdLink(id)}>{shortId(id)}</a>
      <div class="muted small">{t.timeout(route.timeout)}</div>
      <div class="muted small">{place}</div>
      {route.pinned && (
        <a class="small" href={revisionLink(route.pinned)}>
          {t.pinned(route.pinned)}
        </a>
      )}
    </>
  );
}

function InstancesStep({ instances }: Props) {
  return (
    <>
      {instances.map(({ address, state }) => (
        <div class="row tight">
          <span class="mono">{address}</span>
          <InstanceBadge state={state} />
        </div>
      ))}
    </>
  );
}

const CONTENT: Record<Name, (props: Props) => ComponentChildren> = {
  host: HostStep,
  domain: DomainStep,
  api: ApiStep,
  function: FunctionStep,
  instances: InstancesStep,
};
const ICONS = { ok: "check", warn: "warning", failed: "cross", unreached: null } as const;

export function Flow({ explained, instances }: Props) {
  const t = text.value;
  return (
    <ol class="explain-flow">
      {NAMES.map((name, index) => {
        const reached = stateOf(name, explained);
        const state = name === "instances" && reached === "ok" && instances.every(isSilent) ? "warn" : reached;
        const icon = ICONS[state];
        const Content = CONTENT[name];
        return (
          <li class={state}>
            <span class="mark">{icon ? <Icon name={icon} /> : index + 1}</span>
            <div class="step wrap-any">
              <div class="small muted">
                {t.steps[name]}
                <span class="hidden-visually">: {t.stepStates[state]}</span>
              </div>
              {state === "unreached" ? <span class="muted">{t.notReached}</span> : <Content explained={explained} instances={instances} />}
            </div>
          </li>
        );
      })}
    </ol>
  );
}
