/** Adding a trigger with three fields. */
import { useState } from "preact/hooks";
import type { Function } from "../../api/schema";
import { Refused, useChange, type Change } from "../../change/change";
import { bindCommand } from "../../change/command";
import { useDraft, withoutPointers } from "../../change/draft";
import { functionPath } from "../../objects/function";
import { API_METHODS, useServices } from "../../objects/lists";
import { shortId } from "../../objects/parts";
import { newApiLink } from "../../shell/links";
import { Card, LinkButton, SelectField, TextField, WriteButton } from "../../ui/parts";
import { text as words } from "../bind/text";
import { FirstService } from "../services/actions";
import { text } from "./text";

type Rule = { service: string; method: string; path: string };

function changeOf(one: Function, { service, method, path }: Rule): Change | null {
  if (!service || !path.trim()) return null;
  const body = { service, method, path: path.trim() };
  return {
    title: text.value.addTitle(`${method} ${body.path}`),
    verb: text.value.add,
    done: words.value.bound(`${method} ${body.path}`, shortId(one.status.id)),
    environments: ["release"],
    method: "POST",
    path: `${functionPath(one.namespace, one.name, one.version)}/triggers`,
    body,
    commands: [bindCommand({ ...body, function: shortId(one.status.id) })],
  };
}

export function QuickTrigger({ one }: { one: Function }) {
  const t = text.value;
  const services = useServices();
  const [typed, setRule] = useState<Rule>({ service: "", method: "GET", path: "" });
  const rule = { ...typed, service: typed.service || services?.[0]?.name || "" };
  const { review, dialog } = useChange();
  const change = changeOf(one, rule);
  const draft = useDraft(change);
  const rest = withoutPointers(draft.error, ["/path", "/method", "/service"]);
  const submit = (event: Event) => {
    event.preventDefault();
    if (change && draft.outcome) review({ ...change, onDone: () => setRule({ ...rule, path: "" }) });
  };
  if (!services?.length) return <Card title={t.quick}>{services && <FirstService />}</Card>;
  const known = { service: rule.service, function: shortId(one.status.id), path: rule.path, method: rule.method };
  return (
    <Card title={t.quick}>
      <form class="stack" onSubmit={submit}>
        <div class="fields">
          <SelectField
            label={t.service}
            value={rule.service}
            onValue={(service) => setRule({ ...rule, service })}
            error={draft.wrong("/service")}
            choices={services.map(({ name }) => ({ value: name, label: name }))}
          />
          <SelectField
            label={t.method}
            value={rule.method}
            onValue={(method) => setRule({ ...rule, method })}
            error={draft.wrong("/method")}
            choices={API_METHODS.map((value) => ({ value, label: value }))}
          />
          <TextField
            label={t.path}
            value={rule.path}
            onValue={(path) => setRule({ ...rule, path })}
            error={draft.wrong("/path")}
            hint={t.pathHint}
            mono
            placeholder="/orders/{id}"
          />
        </div>
        {change && rest !== null && <Refused error={rest} change={change} />}
        <div class="row">
          <WriteButton kind="primary" icon="plus" type="submit" disabled={!change || !draft.outcome}>
            {t.add}
          </WriteButton>
          <LinkButton href={newApiLink(known)}>{t.full}</LinkButton>
        </div>
      </form>
      {dialog}
    </Card>
  );
}
