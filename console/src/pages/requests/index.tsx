import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { RequestEvent } from "../../api/schema";
import { recording } from "../../api/tail";
import { formatClock, formatNumber } from "../../i18n";
import { Button, Card, Dialog, Failure, Notice, Page } from "../../ui/parts";
import { useRequests } from "./data";
import { RequestDetail } from "./detail";
import { NoRequests } from "./empty";
import { FilterBar } from "./filters";
import { RequestTable } from "./table";
import { text } from "./text";
import { isWide } from "./wide";
import "./page.css";

function StateText({ paused, held }: { paused: boolean; held: boolean }) {
  const t = text.value;
  const { state } = recording.value;
  const live = state === "open" && !held;
  const words = state !== "open" ? t.states[state] : paused ? t.paused : held ? t.held : t.states.open;
  return (
    <span class={`badge ${live ? "ok" : "warn"}`} role="status">
      <span class={`dot ${live ? "pulse" : ""}`} />
      {words}
    </span>
  );
}

/** Since when requests are kept, and whether some are missing. */
function Since({ count }: { count: number }) {
  const t = text.value;
  const { since, gaps } = recording.value;
  if (since === null) return null;
  return (
    <span class="muted small num" title={t.keptWhy}>
      {t.since(formatNumber(count), formatClock(new Date(since).toISOString()))}
      {gaps && <span title={t.gapsWhy}> {t.gaps}</span>}
    </span>
  );
}

function Panel({ request, onClose }: { request: RequestEvent; onClose: () => void }) {
  const t = text.value.detail;
  if (!isWide.value)
    return (
      <Dialog title={t.title} onClose={onClose}>
        <RequestDetail request={request} />
      </Dialog>
    );
  return (
    <aside class="card tail-panel" aria-label={t.title} onKeyDown={(event) => event.key === "Escape" && onClose()}>
      <header>
        <h2>{t.title}</h2>
        <Button kind="quiet" icon="cross" label={t.close} onClick={onClose} />
      </header>
      <div class="body" tabIndex={0} role="region" aria-label={t.title}>
        <RequestDetail request={request} />
      </div>
    </aside>
  );
}

/**
 * Rows must not move away under somebody who reads: the tail is held while the table is scrolled, the keyboard is in it, or a request
 * is shown.
 */
function useReading() {
  const area = useRef<HTMLDivElement>(null);
  const [scrolled, setScrolled] = useState(false);
  const [focused, setFocused] = useState(false);
  const [selected, setSelected] = useState<RequestEvent | null>(null);

  useEffect(() => {
    const element = area.current;
    const scroll = (event: Event) => setScrolled((event.target as HTMLElement).scrollTop > 0);
    element?.addEventListener("scroll", scroll, true);
    return () => element?.removeEventListener("scroll", scroll, true);
  }, []);

  // The panel makes the table narrow, and its rows higher.
  useEffect(() => {
    const index = selected && area.current?.querySelector<HTMLElement>(".vrow.selected")?.dataset.index;
    if (!index) return undefined;
    const timer = setTimeout(() => area.current?.querySelector(`[data-index="${index}"]`)?.scrollIntoView({ block: "nearest" }), 60);
    return () => clearTimeout(timer);
  }, [selected]);

  const close = useCallback(() => {
    const row = area.current?.querySelector<HTMLElement>(`[data-request="${selected?.request_id}"]`);
    setSelected(null);
    // Anew, so that the focus of somebody at the keyboard holds the tail.
    row?.blur();
    row?.focus({ preventScroll: true });
  }, [selected]);
  const leave = () => {
    setSelected(null);
    area.current?.querySelector(".viewport")?.scrollTo(0, 0);
    setScrolled(false);
    setFocused(false);
  };
  const handlers = {
    onFocusIn: (event: FocusEvent) => setFocused((event.target as HTMLElement).matches(".vrow :focus-visible")),
    onFocusOut: () => setFocused(false),
    onKeyDown: (event: KeyboardEvent) => event.key === "Escape" && selected && close(),
  };
  return { area, handlers, selected, setSelected, close, leave, reading: scrolled || focused || selected !== null };
}

export function Requests() {
  const t = text.value;
  const [paused, setPaused] = useState(false);
  const { area, handlers, selected, setSelected, close, leave, reading } = useReading();
  const held = paused || reading;
  const { filters, search, set, reset, tail, requests, services, routes } = useRequests(held);
  // Other filters, other requests: the one that was shown is not among them.
  useEffect(() => setSelected(null), [JSON.stringify(filters), setSelected]);
  const resume = () => {
    setPaused(false);
    leave();
  };
  return (
    <Page
      title={t.title}
      lead={t.lead}
      actions={
        <>
          <Button icon={held ? "play" : "pause"} kind={held ? "primary" : ""} onClick={held ? resume : () => setPaused(true)}>
            {held ? t.resume(tail.waiting) : t.pause}
          </Button>
          <Button icon="trash" onClick={tail.clear} disabled={tail.requests.length === 0}>
            {t.clear}
          </Button>
        </>
      }
    >
      <FilterBar filters={filters} search={search} services={services} set={set} reset={reset} />
      <Failure error={tail.error} />
      {recording.value.lost > 0 && <Notice tone="warn">{t.missed(formatNumber(recording.value.lost))}</Notice>}
      <div class="tail fill">
        <div class="tail-table" ref={area} {...handlers}>
          <Card flush class="tail-card" title={<StateText paused={paused} held={held} />} actions={<Since count={requests.length} />}>
            <RequestTable
              requests={requests}
              selected={selected?.request_id ?? null}
              onSelect={setSelected}
              empty={
                <NoRequests
                  refused={tail.error !== null}
                  filtered={Object.keys(filters).length > 0}
                  searching={Boolean(search) && tail.requests.length > 0}
                  routes={routes}
                  reset={reset}
                />
              }
            />
          </Card>
        </div>
        {selected && <Panel request={selected} onClose={close} />}
      </div>
    </Page>
  );
}
