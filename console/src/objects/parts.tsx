/** How objects of the gateway look on every page. */
import type { Api, ApiEnvironment, Figures, InstanceState, Origin, Traffic } from "../api/schema";
import type { Recent } from "../api/live";
import { formatNumber } from "../i18n";
import { functionIdLink, LATEST } from "../shell/links";
import { Badge, WriteButton, WriteLink, type Tone } from "../ui/parts";
import { text } from "./text";

export const INSTANCE_TONES: Record<InstanceState, Tone> = { up: "ok", down: "error", unused: "plain", never_answered: "error" };

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

/** `release @1`, or `release` of an environment that follows. */
const placeOf = ({ environment, pinned }: ApiEnvironment) => (pinned ? `${environment} @${pinned}` : environment);

/** Whether environments serve the API as the files have it, or not: pinned, offline. */
export function isSplit(api: Api): boolean {
  return api.status.environments.some(({ enabled }) => (enabled ?? null) !== api.enabled);
}

function EnvironmentState({ one }: { one: ApiEnvironment }) {
  const t = text.value;
  const words = one.enabled ? t.onIn(placeOf(one)) : one.enabled === false ? t.offIn(placeOf(one)) : t.notIn(placeOf(one));
  return (
    <Badge tone={one.enabled ? "ok" : "plain"} dot title={words}>
      {words}
    </Badge>
  );
}

/** What callers get: where an environment serves something else than the files say, for each. In a row of a table, for those alone. */
export function ApiState({ api, short }: { api: Api; short?: boolean }) {
  const t = text.value;
  if (isSplit(api)) {
    const { environments } = api.status;
    const shown = short ? environments.filter(({ enabled }) => (enabled ?? null) !== api.enabled).slice(0, 1) : environments;
    return (
      <>
        {shown.map((one) => (
          <EnvironmentState one={one} />
        ))}
      </>
    );
  }
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

/** A share in percent, as `3 %` and `0.4 %`. */
export function formatShare(part: number, whole: number): string {
  const percent = whole > 0 ? (100 * part) / whole : 0;
  return `${formatNumber(percent, percent < 10 ? 1 : 0)} %`;
}

/** A rate with a digit more where it is low. */
export function formatRate(rate: number): string {
  return formatNumber(rate, rate < 10 ? 1 : 0);
}

export function Rate({ recent }: { recent: Recent | null }) {
  const t = text.value;
  if (!recent) return null;
  if (recent.requests === 0) return <span class="muted small">{t.idle}</span>;
  return (
    <span class="num small nowrap" title={t.averaged}>
      {t.rate(formatRate(recent.requests))}
      {recent.errors > 0 && <span class="failing"> · {t.errors(formatShare(recent.errors, recent.requests))}</span>}
    </span>
  );
}

/** What fails at this moment of what is on. */
export function Health({ recent }: { recent: Recent | null }) {
  if (!recent || recent.errors < recent.requests / 20 || recent.errors === 0) return null;
  return (
    <Badge tone="error" dot title={text.value.averaged}>
      {text.value.failing(formatShare(recent.errors, recent.requests))}
    </Badge>
  );
}

/** By key, for tables that ask for each of their rows. */
const indexes = new WeakMap<readonly Traffic[], Map<string, Traffic[]>>();

function find<T extends Traffic>(all: readonly T[], keyOf: (one: T) => string, key: string): T[] {
  let index = indexes.get(all) as Map<string, T[]> | undefined;
  if (!index) {
    index = new Map();
    for (const one of all) index.set(keyOf(one), [...(index.get(keyOf(one)) ?? []), one]);
    indexes.set(all, index);
  }
  return index.get(key) ?? [];
}

export function trafficOfApi({ apis }: Figures, service: string, api: string): Traffic[] {
  return find(apis, (one) => `${one.service}\n${one.api}`, `${service}\n${api}`);
}

/** `id` is `namespace/name:version`. */
export function trafficOfFunction(figures: Figures | undefined, id: string): (Traffic & { queued: number })[] {
  return figures ? find(figures.functions, (one) => `${one.function}:${one.version}`, id) : [];
}
