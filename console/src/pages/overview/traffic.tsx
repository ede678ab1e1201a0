/** Figures and charts of the traffic. */
import { formatMs, formatNumber } from "../../i18n";
import { requestsLink } from "../../shell/links";
import { Chart, type Line } from "../../ui/chart";
import { Card, Stat } from "../../ui/parts";
import type { OverviewData } from "./data";
import { text } from "./text";

function rate(value: number | undefined): string {
  if (value === undefined) return "–";
  return formatNumber(value, value > 0 && value < 10 ? 1 : 0);
}

function sum(rates: Record<string, number> | undefined): number {
  return Object.values(rates ?? {}).reduce((total, value) => total + value, 0);
}

export function Tiles({ latest, seen }: OverviewData) {
  const t = text.value;
  const total = latest?.total;
  const refused = sum(total?.refusals);
  const errors = total?.classes["5xx"];
  const [allErrors, allRefused] = [
    [...seen.services.values()].reduce((all, service) => all + service.errors, 0),
    [...seen.refusals.values()].reduce((all, count) => all + count, 0),
  ];
  return (
    <div class="grid stats">
      <Stat label={t.tiles.requests} value={rate(total?.requests)} note={t.inAll(formatNumber(seen.requests))} href={requestsLink()} />
      <Stat
        label={t.tiles.errors}
        value={rate(errors)}
        note={t.inAll(formatNumber(allErrors))}
        tone={errors ? "error" : "plain"}
        href={requestsLink({ status: "5xx" })}
      />
      <Stat
        label={t.tiles.refused}
        value={rate(total && refused)}
        note={t.inAll(formatNumber(allRefused))}
        tone={refused ? "warn" : "plain"}
      />
      <Stat label={t.tiles.p95} value={formatMs(total?.p95_ms)} note={t.slowest(formatMs(total?.p99_ms))} />
      <Stat label={t.tiles.inFlight} value={rate(total?.in_flight)} note={t.inGateway} />
      <Stat label={t.tiles.connections} value={rate(latest?.client_connections)} note={t.ofClients} />
    </div>
  );
}

function classes({ series }: OverviewData): Line[] {
  const left = series.of((total) => total.classes["499"]);
  const lines: Line[] = [
    { label: "2xx", color: "--ok", fill: true, values: series.of((total) => total.classes["2xx"]) },
    { label: "3xx", color: "--info", values: series.of((total) => total.classes["3xx"]) },
    { label: "4xx", color: "--warn", values: series.of((total) => total.classes["4xx"]) },
    { label: "429", color: "--violet", values: series.of((total) => total.classes["429"]) },
    { label: "5xx", color: "--error", fill: true, values: series.of((total) => total.classes["5xx"]) },
  ];
  // Rare: it has a line when there is something to show.
  return left.some(Boolean) ? [...lines, { label: `499 (${text.value.left})`, color: "--muted", values: left }] : lines;
}

function percentiles({ series }: OverviewData): Line[] {
  return [
    { label: "p50", color: "--ok", values: series.of((total) => total.p50_ms) },
    { label: "p95", color: "--warn", values: series.of((total) => total.p95_ms) },
    { label: "p99", color: "--error", values: series.of((total) => total.p99_ms) },
  ];
}

export function Charts(props: OverviewData) {
  const t = text.value;
  const { latest, series } = props;
  const total = latest?.total;
  return (
    <div class="grid wide">
      <Card title={t.requestsChart}>
        <Chart
          times={series.times}
          lines={classes(props)}
          format={(value) => formatNumber(value, value < 10 ? 1 : 0)}
          whole
          summary={t.requestsSummary(rate(total?.requests), rate(total?.classes["5xx"]))}
        />
      </Card>
      <Card title={t.durationChart}>
        <Chart
          times={series.times}
          lines={percentiles(props)}
          format={formatMs}
          summary={t.durationSummary(formatMs(total?.p50_ms), formatMs(total?.p95_ms), formatMs(total?.p99_ms))}
        />
      </Card>
    </div>
  );
}
