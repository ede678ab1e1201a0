/** The way of a request as a picture: domains, rule, function, instances. */
import type { ComponentChildren } from "preact";
import type { Api, ApiEnvironment } from "../../api/schema";
import { EnvironmentBadge, FunctionName, InstanceBadge } from "../../objects/parts";
import { Icon } from "../../ui/icon";
import { Method } from "../../ui/parts";
import { useInstances } from "./data";
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
  const instances = useInstances(id);
  return (
    <ul class="stack tight">
      {instances.map((instance) => (
        <li class="row tight">
          <code class="wrap-any">{instance.address}</code>
          <InstanceBadge state={instance.state} />
        </li>
      ))}
    </ul>
  );
}

function OneWay({ api, environment }: { api: Api; environment: ApiEnvironment }) {
  const t = text.value;
  return (
    <div class="stack tight">
      <div>
        <EnvironmentBadge name={environment.environment} pinned={environment.pinned} />
      </div>
      <ol class="way">
        <Station title={t.domains}>
          {environment.domains.length === 0 && <span style={{ color: "var(--warn)" }}>{t.noDomain}</span>}
          <ul class="stack tight">
            {environment.domains.map((domain) => (
              <li>
                <code class="wrap-any">{domain.host + domain.base_path}</code>
              </li>
            ))}
          </ul>
        </Station>
        <Icon name="right" />
        <Station title={t.rule}>
          <span class="row tight">
            <Method method={api.method} />
            <code class="wrap-any">{api.path}</code>
          </span>
        </Station>
        <Icon name="right" />
        <Station title={t.function}>
          <FunctionName id={environment.function} />
        </Station>
        <Icon name="right" />
        <Station title={t.instances}>
          <Instances id={environment.function} />
        </Station>
      </ol>
    </div>
  );
}

export function Way({ api }: { api: Api }) {
  return (
    <div class="stack">
      {api.status.environments.map((environment) => (
        <OneWay api={api} environment={environment} />
      ))}
    </div>
  );
}
