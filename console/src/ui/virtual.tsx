/** A table of any length: only the rows in view are in the document. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

export type Column<T> = {
  title: string;
  /** A track of `grid-template-columns`. */
  width: string;
  cell: (row: T) => ComponentChildren;
  end?: boolean;
  /** Where the page is too narrow for all columns: `keep` stays; others are left out. */
  narrow?: "keep";
};

type Props<T> = {
  label: string;
  columns: Column<T>[];
  rows: readonly T[];
  /** How many there are; more than `rows` while the rest is not loaded. */
  total?: number;
  need?: (index: number) => void;
  rowKey: (row: T) => string;
  /** What a narrow row says below its first line. */
  below?: (row: T) => ComponentChildren;
  onSelect?: (row: T) => void;
  selected?: string | null;
  rowHeight?: number;
  empty?: ComponentChildren;
};

const NARROW = 720;
/** Rows above and below the view. */
const SPARE = 8;
/** Browsers clip elements beyond some tens of millions of pixels. */
const TALLEST = 8_000_000;

export function VirtualTable<T>(props: Props<T>) {
  const { columns, rows, need, below, rowHeight = 46 } = props;
  const total = Math.max(props.total ?? 0, rows.length);
  const viewport = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600, width: 1000, scrollbar: 0 });
  const narrow = view.width < NARROW;
  const height = narrow && below ? rowHeight + 22 : rowHeight;
  const shown = narrow ? columns.filter((column) => column.narrow) : columns;
  const first = Math.max(0, Math.floor(view.top / height) - SPARE);
  const last = Math.min(total, Math.ceil((view.top + view.height) / height) + SPARE);

  useLayoutEffect(() => {
    const element = viewport.current;
    if (!element) return undefined;
    const measure = () =>
      setView({
        top: element.scrollTop,
        height: element.clientHeight,
        width: element.clientWidth,
        scrollbar: element.offsetWidth - element.clientWidth,
      });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => need?.(last), [need, last]);

  const move = (event: JSX.TargetedKeyboardEvent<HTMLDivElement>) => {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 }[event.key];
    const row = (event.target as HTMLElement).closest<HTMLElement>("[data-index]");
    const element = viewport.current;
    if (!step || !row || !element) return;
    event.preventDefault();
    const index = Math.max(0, Math.min(total - 1, Number(row.dataset.index) + step));
    if (index * height < element.scrollTop) element.scrollTop = index * height;
    else if ((index + 1) * height > element.scrollTop + element.clientHeight)
      element.scrollTop = (index + 1) * height - element.clientHeight;
    // After the scroll has drawn the row.
    requestAnimationFrame(() =>
      requestAnimationFrame(() => element.querySelector<HTMLElement>(`[data-index="${index}"] :is(a, button)`)?.focus()),
    );
  };

  return (
    <div
      class={`vtable ${narrow ? "narrow" : ""}`}
      style={{ "--columns": shown.map((column) => column.width).join(" "), "--scrollbar": `${view.scrollbar}px` }}
      role="table"
      aria-label={props.label}
      aria-rowcount={total + 1}
    >
      {!narrow && (
        <div role="rowgroup">
          <div class="head" role="row" aria-rowindex={1}>
            {shown.map((column) => (
              <div role="columnheader" class={column.end ? "end" : ""}>
                {column.title}
              </div>
            ))}
          </div>
        </div>
      )}
      <div
        ref={viewport}
        class="viewport"
        role="rowgroup"
        tabIndex={0}
        onScroll={(event) => setView((old) => ({ ...old, top: (event.target as HTMLElement).scrollTop }))}
        onKeyDown={move}
      >
        {total === 0 ? (
          <div role="row">
            <div role="cell">{props.empty}</div>
          </div>
        ) : (
          <div role="presentation" style={{ height: `${Math.min(TALLEST, total * height)}px` }} />
        )}
        {Array.from({ length: Math.max(0, last - first) }, (_, offset) => {
          const index = first + offset;
          const row = rows[index];
          const style = { transform: `translateY(${index * height}px)`, top: "0", height: `${height}px` };
          if (row === undefined) {
            return (
              <div key={`missing-${index}`} class="vrow" role="row" aria-rowindex={index + 2} style={style}>
                <div role="cell" class="skeleton" />
              </div>
            );
          }
          const key = props.rowKey(row);
          return (
            <div
              key={key}
              class={`vrow ${props.selected === key ? "selected" : ""}`}
              role="row"
              aria-rowindex={index + 2}
              data-index={index}
              style={style}
              onClick={() => props.onSelect?.(row)}
            >
              {shown.map((column, place) => (
                <div key={column.title} role="cell" class={column.end ? "end" : ""}>
                  {column.cell(row)}
                  {narrow && below && place === 0 && <div class="small muted clip">{below(row)}</div>}
                </div>
              ))}
            </div>
          );
        })}
      </div>
    </div>
  );
}
