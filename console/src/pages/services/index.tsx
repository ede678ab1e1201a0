/** All services with their domains. */
import { useState } from "preact/hooks";
import type { Service } from "../../api/schema";
import { Origin } from "../../change/origin";
import { useFilters } from "../../shell/filters";
import { apisLink, newApiLink, serviceLink } from "../../shell/links";
import { Card, Empty, Failure, Loading, Page, Rich, SearchBox, WriteButton, WriteLink } from "../../ui/parts";
import { useServiceActions } from "./actions";
import { useServiceList } from "./data";
import { DomainList } from "./domains";
import { text } from "./text";
import "./services.css";

/** Cards in view at first; the button below shows more. */
const SHOWN = 60;

function OneService({ service, onEdit }: { service: Service; onEdit: () => void }) {
  const t = text.value;
  const locked = Boolean(service.status.origin.read_only);
  const actions = <WriteButton kind="quiet" icon="edit" label={t.change(service.name)} disabled={locked} onClick={onEdit} />;
  return (
    <Card
      title={
        <a class="mono wrap-any" href={serviceLink(service.name)}>
          {service.name}
        </a>
      }
      actions={actions}
    >
      <div class="stack">
        <DomainList service={service} />
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
  const { add: addOne, edit, dialogs } = useServiceActions();
  const add = (
    <WriteButton kind="primary" icon="plus" onClick={() => addOne()}>
      {t.add}
    </WriteButton>
  );
  return (
    <Page title={t.title} lead={t.lead} actions={add}>
      <div class="filters">
        <SearchBox label={t.search} value={q} onValue={(value) => change({ q: value })} />
      </div>
      <Failure error={list.error} />
      {!list.known && !list.error && <Loading />}
      {list.known && list.total === 0 && (
        <Empty icon="services" title={t.none}>
          <p>
            <Rich>{t.noneText}</Rich>
          </p>
          {add}
        </Empty>
      )}
      <div class="grid">
        {list.items.slice(0, shown).map((service) => (
          <OneService key={service.name} service={service} onEdit={() => edit(service.name)} />
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
      {dialogs}
    </Page>
  );
}
