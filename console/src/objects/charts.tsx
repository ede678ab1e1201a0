/** The last two minutes of some traffic. */
import { useMemo } from "preact/hooks";
import type { Figures, Traffic } from "../api/schema";
import { dictionary, formatMs, formatNumber } from "../i18n";
import { Chart, type Line } from "../ui/chart";

const text = dictionary({
  en: {
    requests: "Requests/s",
    failed: "5xx/s",
    p50: "p50",
    p99: "p99",
    traffic: (rate: string, errors: string) => `Requests in the last two minutes: now ${rate} a second, ${errors} of them failed.`,
    time: (p50: string, p99: string) => `Duration of requests in the last two minutes: now p50 ${p50}, p99 ${p99}.`,
  },
  zh: {
    requests: "请求/秒",
    failed: "5xx/秒",
    p50: "p50",
    p99: "p99",
    traffic: (rate: string, errors: string) => `最近两分钟的请求：当前每秒 ${rate} 个，其中失败 ${errors} 个。`,
    time: (p50: string, p99: string) => `最近两分钟的请求耗时：当前 p50 ${p50}，p99 ${p99}。`,
  },
});

const sum = (all: Traffic[], of: (one: Traffic) => number) => all.reduce((total, one) => total + of(one), 0);
const most = (all: Traffic[], of: (one: Traffic) => number | null | undefined) => {
  const known = all.map(of).filter((value): value is number => typeof value === "number");
  return known.length > 0 ? Math.max(...known) : null;
};

type Props = { figures: readonly Figures[]; pick: (figures: Figures) => Traffic[] };

function useSeries({ figures, pick }: Props) {
  const newest = figures.at(-1)?.time;
  return useMemo(() => ({ times: figures.map(({ time }) => new Date(time).getTime() / 1000), traffic: figures.map(pick) }), [newest, pick]);
}

export function TrafficChart(props: Props) {
  const t = text.value;
  const { times, traffic } = useSeries(props);
  const requests = traffic.map((all) => sum(all, (one) => one.requests));
  const failed = traffic.map((all) => sum(all, (one) => one.classes["5xx"]));
  const lines: Line[] = [
    { label: t.requests, color: "--accent", values: requests, fill: true },
    { label: t.failed, color: "--error", values: failed },
  ];
  return (
    <Chart
      times={times}
      lines={lines}
      format={(value) => formatNumber(value, 1)}
      whole
      summary={t.traffic(formatNumber(requests.at(-1) ?? 0, 1), formatNumber(failed.at(-1) ?? 0, 1))}
    />
  );
}

export function TimeChart(props: Props) {
  const t = text.value;
  const { times, traffic } = useSeries(props);
  const [p50, p99] = [traffic.map((all) => most(all, (one) => one.p50_ms)), traffic.map((all) => most(all, (one) => one.p99_ms))];
  const lines: Line[] = [
    { label: t.p50, color: "--info", values: p50 },
    { label: t.p99, color: "--violet", values: p99 },
  ];
  return <Chart times={times} lines={lines} format={formatMs} summary={t.time(formatMs(p50.at(-1)), formatMs(p99.at(-1)))} />;
}
