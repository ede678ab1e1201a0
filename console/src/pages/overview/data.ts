/** What the overview shows. */
import { effect } from "@preact/signals";
import { status } from "../../api/gateway";
import { figures as live, recent } from "../../api/live";
import { useQuery, type Page } from "../../api/query";
import type { Instance, Route, Service, Traffic } from "../../api/schema";
import { useAgain } from "../../objects/instances";
import { useCertificates } from "../certificates/data";
import { addFigures, NOTHING_SEEN } from "./seen";

/** For the life of the tab. */
let seen = NOTHING_SEEN;
effect(() => {
  seen = addFigures(seen, live.value);
});

function useInstances(state: Instance["state"]) {
  const { data, error, reload } = useQuery<Page<Instance>>("/v1/instances", { state, limit: 100 });
  useAgain(reload);
  return { items: data?.items ?? [], total: data?.total ?? 0, known: data !== null, error };
}

type Series = { times: number[]; of: (figure: (total: Traffic) => number | null | undefined) => (number | null)[] };

export function useOverview() {
  const figures = live.value;
  const services = useQuery<Page<Service>>("/v1/services", { limit: 1000 });
  const routes = useQuery<Page<Route>>("/v1/routes", { enabled: true, limit: 100 });
  const [down, silent] = [useInstances("down"), useInstances("never_answered")];

  const series: Series = {
    times: figures.map(({ time }) => Date.parse(time) / 1000),
    of: (figure) => figures.map(({ total }) => figure(total) ?? null),
  };
  return {
    status: status.value,
    latest: figures.at(-1),
    recent: recent(figures, ({ total }) => [total]),
    series,
    seen,
    services: services.data?.items ?? null,
    certificates: useCertificates().items?.filter(({ state }) => state !== "valid") ?? [],
    routes: routes.data?.items ?? null,
    silent: {
      items: [...down.items, ...silent.items],
      total: down.total + silent.total,
      known: down.known && silent.known,
      error: down.error ?? silent.error,
    },
    error: services.error ?? routes.error,
  };
}

export type OverviewData = ReturnType<typeof useOverview>;
