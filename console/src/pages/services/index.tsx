/** All services with their domains. */
import { useState } from "preact/hooks";
import { call } from "../../api/client";
import type { Service } from "../../api/schema";
import { useChange, type Change } from "../../change/change";
import { Origin } from "../../change/origin";
import { domainName } from "../../objects/api";
import { EnvironmentBadge } from "../../objects/parts";
import { useFilters } from "../../shell/filters";
import { apisLink, newApiLink } from "../../shell/links";
import { Badge, Card, Empty, Failure, Loading, Page, Rich, SearchBox, WriteButton, WriteLink } from "../../ui/parts";
import { say } from "../../ui/toast";
import { servicePath, useServiceList } from "./data";
import { ServiceForm, type Known } from "./form";
import { text } from "./text";
import "./services.css";

/** Cards in view at first; the button below shows more. */
const SHOWN = 60;

function OneService({ service, onEdit, onRemove }: { service: Service; onEdit: () => void; onRemove: () => void }) {
  const t = text.value;
  const locked = Boolean(service.status.origin.read_only);
  const actions = (
    <>
      <WriteButton kind="quiet" icon="edit" label={t.change(service.name)} disabled={locked} onClick={onEdit} />
      <WriteButton
        kind="quiet"
        icon="trash"
        label={t.removeTitle(service.name)}
        disabled={locked || service.status.apis > 0}
        title={service.status.apis > 0 ? t.hasApis : undefined}
        onClick={onRemove}
      />
    </>
  );
  return (
    <Card title={<span class="mono wrap-any">{service.name}</span>} actions={actions}>
      <div class="stack">
        <ul class="stack tight">
          {service.domains.length === 0 && <Badge tone="warn">{t.noDomains}</Badge>}
          {service.domains.map((domain) => (
            <li class="row between">
              <code class="wrap-any">{domainName(domain)}</code>
              <EnvironmentBadge name={domain.environment ?? "release"} />
            </li>
          ))}
        </ul>
        <div class="row between">
          <a href={apisLink({ service: service.name })}>{t.apis(service.status.apis)}</a>
          <WriteLink icon="plus" href={newApiLink({ service: service.name })}>
            {t.bind}
          </WriteLink>
        </div>
        <div class="small">
          <Origin origin={service.status.origin} />
        </div>
      </div>
    </Card>
  );
}

export function Services() {
  const t = text.value;
  const [{ q }, change] = useFilters(["q"]);
  const list = useServiceList(q);
  const [shown, setShown] = useState(SHOWN);
  const [form, setForm] = useState<{ known: Known } | null>(null);
  const { review, dialog } = useChange();
  const withTag = (name: string, then: (service: Service, etag: string) => void) =>
    void call<Service>("GET", servicePath(name)).then(
      ({ data, etag }) => then(data, etag ?? ""),
      (error: Error) => say(error.message, "error"),
    );
  const removal = (name: string, etag: string): Change => ({
    title: t.removeTitle(name),
    verb: t.remove,
    danger: true,
    method: "DELETE",
    path: servicePath(name),
    etag,
    confirm: name,
  });
  const add = (
    <WriteButton kind="primary" icon="plus" onClick={() => setForm({ known: null })}>
      {t.add}
    </WriteButton>
  );
  return (
    <Page title={t.title} lead={t.lead} actions={add}>
      <div class="filters">
        <SearchBox label={t.search} value={q} onValue={(value) => change({ q: value })} />
      </div>
      <Failure error={list.error} />
      {list.loading && list.items.length === 0 && <Loading />}
      {!list.loading && list.total === 0 && (
        <Empty icon="services" title={t.none}>
          <p>
            <Rich>{t.noneText}</Rich>
          </p>
          {add}
        </Empty>
      )}
      <div class="grid">
        {list.items.slice(0, shown).map((service) => (
          <OneService
            key={service.name}
            service={service}
            onEdit={() => withTag(service.name, (now, etag) => setForm({ known: { name: now.name, domains: now.domains, etag } }))}
            onRemove={() => withTag(service.name, (now, etag) => review(removal(now.name, etag)))}
          />
        ))}
      </div>
      {list.total > shown && (
        <button
          type="button"
          class="button"
          onClick={() => {
            list.need(shown + SHOWN);
            setShown(shown + SHOWN);
          }}
        >
          {shown} / {list.total} …
        </button>
      )}
      {form && (
        <ServiceForm
          known={form.known}
          onClose={() => setForm(null)}
          hidden={Boolean(dialog)}
          onReview={(made) => review({ ...made, onDone: () => setForm(null) })}
        />
      )}
      {dialog}
    </Page>
  );
}
