/** The way of a request as a picture: domains, rule, function, instances. */
import type { ComponentChildren } from "preact";
import { domainName } from "../../objects/api";
import { useInstances } from "../../objects/instances";
import { EnvironmentBadge, FunctionName, InstanceBadge } from "../../objects/parts";
import { revisionLink } from "../../shell/links";
import { Icon } from "../../ui/icon";
import { Method } from "../../ui/parts";
import { isServed, type Missing, type Served } from "./data";
import { text } from "./text";
import "./way.css";

function Station({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <li class="station">
      <div class="label muted">{title}</div>
      {children}
    </li>
  );
}

function Instances({ id }: { id: string }) {
  return (
    <ul class="stack tight">
      {useInstances(id)?.map((instance) => (
        <li class="row tight">
          <code class="wrap-any">{instance.address}</code>
          <InstanceBadge state={instance.state} />
        </li>
      ))}
    </ul>
  );
}

function Stations({ served }: { served: Served }) {
  const t = text.value;
  return (
    <ol class="way">
      <Station title={t.domains}>
        {served.domains.length === 0 && <span style={{ color: "var(--warn)" }}>{t.noDomain}</span>}
        <ul class="stack tight">
          {served.domains.map((domain) => (
            <li>
              <code class="wrap-any">{domainName(domain)}</code>
            </li>
          ))}
        </ul>
      </Station>
      <Icon name="right" />
      <Station title={t.api}>
        <span class="row tight">
          <Method method={served.method} />
          <code class="wrap-any">{served.path}</code>
        </span>
        {served.pinned && (
          <a class="small" href={revisionLink(served.pinned)}>
            {t.asOf(served.pinned)}
          </a>
        )}
      </Station>
      <Icon name="right" />
      <Station title={t.function}>
        <FunctionName id={served.function} />
      </Station>
      <Icon name="right" />
      <Station title={t.instances}>
        <Instances id={served.function} />
      </Station>
    </ol>
  );
}

function OneWay({ one }: { one: Served | Missing }) {
  const t = text.value;
  const isOff = isServed(one) && !one.enabled;
  return (
    <div class={`stack tight ${isOff ? "off" : ""}`}>
      <div class="row">
        <EnvironmentBadge name={one.environment} pinned={one.pinned} />
        {isOff && <span class="failing small">{one.enabled === false ? t.switchedOff : t.notServed}</span>}
      </div>
      {isServed(one) ? <Stations served={one} /> : !one.loading && <p class="muted">{text.value.notIn(one.pinned)}</p>}
    </div>
  );
}

export function Way({ served }: { served: (Served | Missing)[] }) {
  return (
    <div class="stack">
      {served.map((one) => (
        <OneWay key={one.environment} one={one} />
      ))}
    </div>
  );
}
