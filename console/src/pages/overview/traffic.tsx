/** Figures and charts of the traffic. */
import { formatMs, formatNumber } from "../../i18n";
import { formatRate, formatShare } from "../../objects/parts";
import { requestsLink } from "../../shell/links";
import { Chart, type Line } from "../../ui/chart";
import { Card, Stat } from "../../ui/parts";
import type { OverviewData } from "./data";
import { text } from "./text";

export function Tiles({ latest, recent, seen }: OverviewData) {
  const t = text.value;
  const allRefused = [...seen.refusals.values()].reduce((all, count) => all + count, 0);
  const rate = (value: number | undefined) => (value === undefined ? "–" : formatRate(value));
  return (
    <div class="grid stats">
      <Stat label={t.tiles.requests} value={rate(recent?.requests)} note={t.inAll(formatNumber(seen.requests))} href={requestsLink()} />
      <Stat
        label={t.tiles.errors}
        value={recent ? formatShare(recent.errors, recent.requests) : "–"}
        note={t.perSecond(rate(recent?.errors))}
        tone={recent?.errors ? "error" : "plain"}
        href={requestsLink({ status: "5xx" })}
      />
      <Stat
        label={t.tiles.refused}
        value={rate(recent?.refused)}
        note={t.inAll(formatNumber(allRefused))}
        tone={recent?.refused ? "warn" : "plain"}
      />
      <Stat label={t.tiles.p95} value={formatMs(recent?.p95)} note={t.slowest(formatMs(recent?.p99))} />
      <Stat label={t.tiles.inFlight} value={formatNumber(latest?.total.in_flight ?? 0)} note={t.inGateway} />
      <Stat label={t.tiles.connections} value={formatNumber(latest?.client_connections ?? 0)} note={t.ofClients} />
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
  const { recent, series } = props;
  return (
    <div class="grid wide">
      <Card title={t.requestsChart}>
        <Chart
          times={series.times}
          lines={classes(props)}
          format={(value) => formatNumber(value, value < 10 ? 1 : 0)}
          whole
          summary={t.requestsSummary(formatRate(recent?.requests ?? 0), formatRate(recent?.errors ?? 0))}
        />
      </Card>
      <Card title={t.durationChart}>
        <Chart
          times={series.times}
          lines={percentiles(props)}
          format={formatMs}
          summary={t.durationSummary(formatMs(recent?.p95), formatMs(recent?.p99))}
        />
      </Card>
    </div>
  );
}
