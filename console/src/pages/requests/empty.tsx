/** What the page says before the first request. */
import type { Page } from "../../api/query";
import type { Route } from "../../api/schema";
import { newApiLink } from "../../shell/links";
import { Button, Empty, Loading, WriteLink } from "../../ui/parts";
import { Curl } from "./curl";
import { easiest, sampleRequest } from "./sample";
import { text } from "./text";

/** A command that sends a request to an API of this gateway. */
export function FirstRequest({ routes }: { routes: readonly Route[] }) {
  const route = easiest(routes);
  const request = route && sampleRequest(route);
  if (!request) return null;
  return (
    <div class="tail-first">
      <Curl sent={request} />
    </div>
  );
}

export function NoRequests({
  refused,
  filtered,
  searching,
  routes,
  reset,
}: {
  /** The gateway does not take the filters; it has said why. */
  refused: boolean;
  filtered: boolean;
  searching: boolean;
  routes: Page<Route> | null;
  reset: () => void;
}) {
  const t = text.value;
  if (refused) return null;
  if (searching) return <Empty icon="search" title={t.nothingFound} />;
  if (!routes) return <Loading />;
  if (filtered && easiest(routes.items))
    return (
      <Empty icon="requests" title={t.waiting}>
        <p>{t.waitingFiltered}</p>
        <Button onClick={reset}>{t.reset}</Button>
      </Empty>
    );
  if (!easiest(routes.items))
    return (
      <Empty icon="apis" title={t.noApi}>
        <p>{t.noApiText}</p>
        <WriteLink kind="primary" icon="plus" href={newApiLink()}>
          {t.bind}
        </WriteLink>
      </Empty>
    );
  return (
    <Empty icon="requests" title={t.waiting}>
      <p>{t.waitingText}</p>
      <FirstRequest routes={routes.items} />
    </Empty>
  );
}
