/** How objects of the gateway look on every page. */
import type { Api, ApiEnvironment, Figures, InstanceState, Origin, Traffic } from "../api/schema";
import { formatNumber } from "../i18n";
import { functionIdLink, LATEST } from "../shell/links";
import { Badge, WriteButton, WriteLink, type Tone } from "../ui/parts";
import { text } from "./text";

export const INSTANCE_TONES: Record<InstanceState, Tone> = { up: "ok", down: "error", unused: "plain", never_answered: "warn" };

export function InstanceBadge({ state }: { state: InstanceState }) {
  return (
    <Badge tone={INSTANCE_TONES[state]} dot title={text.value.instanceWhy[state]}>
      {text.value.instance[state]}
    </Badge>
  );
}

/** To the form of an object; a button that says why not if its file is read-only. */
export function EditLink({ origin, href, children }: { origin: Origin; href: string; children: string }) {
  const reason = origin.read_only;
  if (!reason) return <WriteLink icon="edit" href={href} children={children} />;
  return <WriteButton icon="edit" disabled title={reason} children={children} />;
}

const ENVIRONMENT_TONES: Record<string, Tone> = { release: "accent", prepub: "violet", test: "info" };

export function EnvironmentBadge({ name, pinned }: { name: string; pinned?: number | null }) {
  const t = text.value;
  return (
    <Badge tone={ENVIRONMENT_TONES[name] ?? "plain"} title={pinned ? t.pinned(pinned) : undefined}>
      {name}
      {pinned ? ` @${pinned}` : ""}
    </Badge>
  );
}

export function Environments({ all }: { all: readonly ApiEnvironment[] }) {
  return (
    <span class="row tight">
      {all.map((one) => (
        <EnvironmentBadge name={one.environment} pinned={one.pinned} />
      ))}
    </span>
  );
}

/** `name` of the default namespace and version, else as much as is needed. */
export function shortId(id: string): string {
  return id.replace(/^default\//, "").replace(`:${LATEST}`, "");
}

export function FunctionName({ id }: { id: string }) {
  return (
    <a class="mono above" href={functionIdLink(id)}>
      {shortId(id)}
    </a>
  );
}

/** Whether any domain leads to it, in some environment. */
export function isReached(api: Api): boolean {
  return api.status.environments.some((environment) => environment.domains.length > 0);
}

export function ApiState({ api }: { api: Api }) {
  const t = text.value;
  if (!api.enabled) return <Badge dot>{t.disabled}</Badge>;
  if (!isReached(api)) {
    return (
      <Badge tone="warn" dot title={t.unreachableWhy}>
        {t.unreachable}
      </Badge>
    );
  }
  return (
    <Badge tone="ok" dot>
      {t.enabled}
    </Badge>
  );
}

/** Answers that failed, a second: of the function and of the gateway. */
function errorsOf(traffic: Traffic): number {
  return traffic.classes["5xx"];
}

export function Rate({ traffic }: { traffic: Traffic[] }) {
  const t = text.value;
  const requests = traffic.reduce((sum, one) => sum + one.requests, 0);
  const errors = traffic.reduce((sum, one) => sum + errorsOf(one), 0);
  if (requests === 0) return <span class="muted small">{t.idle}</span>;
  return (
    <span class="num small nowrap">
      {t.rate(formatNumber(requests, 1))}
      {errors > 0 && <span style={{ color: "var(--error)" }}> · {t.errors(formatNumber(errors, 1))}</span>}
    </span>
  );
}

export function trafficOfApi(figures: Figures | undefined, service: string, api: string): Traffic[] {
  return figures?.apis.filter((one) => one.service === service && one.api === api) ?? [];
}

/** `id` is `namespace/name:version`. */
export function trafficOfFunction(figures: Figures | undefined, id: string): (Traffic & { queued: number })[] {
  return figures?.functions.filter((one) => `${one.function}:${one.version}` === id) ?? [];
}
