/** What the time of a request went to. */
import type { RequestEvent } from "../../api/schema";
import { formatMs, formatNumber } from "../../i18n";
import { text } from "./text";

type Name = "queue" | "connect" | "function" | "rest" | "own";
type Phase = { name: Name; ms: number };

/** In their order; a phase that did not happen is left out. */
export function phases(request: RequestEvent): Phase[] {
  const { queue_ms, connect_ms, function_ms, duration_ms } = request;
  const known: Phase[] = [
    { name: "queue", ms: queue_ms ?? 0 },
    { name: "connect", ms: connect_ms ?? 0 },
    { name: "function", ms: function_ms ?? 0 },
  ];
  const spent = known.reduce((sum, phase) => sum + phase.ms, 0);
  // Without the head of a response there was no body: the gateway gave up and answered itself.
  const last: Phase = { name: function_ms === null || function_ms === undefined ? "own" : "rest", ms: Math.max(0, duration_ms - spent) };
  return [...known, last].filter((phase) => phase.ms > 0);
}

/** A hundred times the time is three times the length: short requests stay visible beside long ones. */
function length(ms: number): number {
  return Math.min(100, Math.max(6, 22 * Math.log10(1 + ms)));
}

function Segments({ list }: { list: Phase[] }) {
  return (
    <>
      {/* Shares that add up to less than one would not fill the bar. */}
      {list.map(({ name, ms }) => (
        <span class={`phase ${name}`} style={{ flexGrow: String(1000 * ms) }} />
      ))}
    </>
  );
}

/** A small bar for a row of a table. */
export function PhaseBar({ request }: { request: RequestEvent }) {
  return (
    <span class="phase-bar tiny" aria-hidden="true">
      <span class="phase-fill" style={{ width: `${length(request.duration_ms)}%` }}>
        <Segments list={phases(request)} />
      </span>
    </span>
  );
}

function share(ms: number, total: number): string {
  return total > 0 ? `${formatNumber((100 * ms) / total)} %` : "";
}

/** The bar with its figures. */
export function Phases({ request }: { request: RequestEvent }) {
  const t = text.value.detail;
  const list = phases(request);
  return (
    <div class="stack tight">
      {list.length > 0 && (
        <span class="phase-bar" aria-hidden="true">
          <span class="phase-fill">
            <Segments list={list} />
          </span>
        </span>
      )}
      <table class="phase-table small num">
        <tbody>
          {list.map(({ name, ms }) => (
            <tr>
              <th scope="row">
                <span class={`phase key ${name}`} />
                {t.phases[name]}
              </th>
              <td>{formatMs(ms)}</td>
              <td class="muted">{share(ms, request.duration_ms)}</td>
            </tr>
          ))}
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{t.total}</th>
            <td>{formatMs(request.duration_ms)}</td>
            <td />
          </tr>
        </tfoot>
      </table>
    </div>
  );
}
