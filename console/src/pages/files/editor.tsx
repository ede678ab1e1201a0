/**
 * A text area that looks like an editor.
 *
 * The coloured text lies below the text area, whose own text is transparent; both are as large as the text, and the box
 * around them scrolls. So nothing has to be kept in step.
 */
import { useEffect, useId, useMemo, useRef, useState } from "preact/hooks";
import type { Finding } from "../../api/schema";
import { Ink } from "./ink";
import { useEditorKeys } from "./keys";
import { Rich } from "../../ui/parts";
import { text as texts } from "./text";

/** Also in page.css. */
const LINE_HEIGHT = 20;

export type Jump = {
  file: string;
  line: number;
  /** Whether the caret goes there, too. */
  focus: boolean;
};

type Props = {
  label: string;
  text: string;
  onText: (text: string) => void;
  onReview: () => void;
  readOnly: boolean;
  /** Those of this file. */
  findings: readonly Finding[];
  jump: Jump | null;
};

/** The messages of a line, behind its end. */
function Lens({ finding, lines }: { finding: Finding; lines: readonly string[] }) {
  const line = finding.line ?? 1;
  const left = `${(lines[line - 1]?.length ?? 0) + 3}ch`;
  return (
    <span class={`lens ${finding.severity}`} style={{ top: `${(line - 1) * LINE_HEIGHT}px`, left }}>
      {finding.message.replaceAll("`", "")}
    </span>
  );
}

function Mark({ line, kind }: { line: number; kind: string }) {
  return <div class={`mark ${kind}`} style={{ top: `${(line - 1) * LINE_HEIGHT}px` }} />;
}

/** One for each line, the errors first. */
function firstOfLines(findings: readonly Finding[]): Finding[] {
  const byLine = new Map<number, Finding>();
  for (const finding of findings) {
    if (!finding.line) continue;
    const other = byLine.get(finding.line);
    if (!other || (other.severity !== "error" && finding.severity === "error")) byLine.set(finding.line, finding);
  }
  return [...byLine.values()];
}

function offsetOf(lines: readonly string[], line: number): number {
  return lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
}

export function Editor({ label, text, onText, onReview, readOnly, findings, jump }: Props) {
  const t = texts.value;
  const box = useRef<HTMLDivElement>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const hint = useId();
  const [caret, setCaret] = useState({ line: 1, column: 1 });
  const keys = useEditorKeys(onReview);
  const lines = useMemo(() => text.split("\n"), [text]);
  const marked = useMemo(() => firstOfLines(findings), [findings]);
  const marks = useMemo(() => marked.map(({ line, severity }) => <Mark line={line ?? 1} kind={severity} />), [marked]);
  const gutterMarks = useMemo(() => marked.map(({ line, severity }) => <Mark line={line ?? 1} kind={severity} />), [marked]);
  const numbers = useMemo(() => lines.map((_, place) => place + 1).join("\n"), [lines.length]);

  useEffect(() => {
    const [frame, input] = [box.current, area.current];
    if (!jump || !frame || !input) return;
    const line = Math.min(jump.line, lines.length);
    const place = offsetOf(lines, line);
    input.setSelectionRange(place, place);
    if (jump.focus) input.focus({ preventScroll: true });
    frame.scrollIntoView({ block: "nearest" });
    frame.scrollTo(0, (line - 1) * LINE_HEIGHT - frame.clientHeight / 2);
    setCaret({ line, column: 1 });
  }, [jump, label]);

  const follow = () => {
    const before = area.current?.value.slice(0, area.current.selectionStart).split("\n") ?? [""];
    setCaret({ line: before.length, column: (before.at(-1)?.length ?? 0) + 1 });
  };
  const here = findings.filter((finding) => finding.line === caret.line);

  return (
    <div class="editor">
      <div class="box" ref={box}>
        <div class="sheet">
          <div class="gutter" aria-hidden="true">
            {gutterMarks}
            <pre>{numbers}</pre>
          </div>
          <div class="paper">
            <div class="marks" aria-hidden="true">
              {jump && <Mark line={jump.line} kind="target" />}
              {marks}
            </div>
            <div class="ink" aria-hidden="true">
              <Ink text={text} />
            </div>
            <div class="lenses" aria-hidden="true">
              {marked.map((finding) => (
                <Lens finding={finding} lines={lines} />
              ))}
            </div>
            <textarea
              ref={area}
              aria-label={label}
              aria-describedby={hint}
              aria-invalid={findings.some(({ severity }) => severity === "error")}
              value={text}
              readOnly={readOnly}
              wrap="off"
              spellcheck={false}
              autocomplete="off"
              autocapitalize="off"
              onInput={(event) => onText(event.currentTarget.value)}
              onKeyUp={follow}
              onClick={follow}
              {...(readOnly ? {} : keys)}
            />
          </div>
        </div>
      </div>
      <div class="foot small muted">
        <span class="num nowrap">{t.caret(caret.line, caret.column)}</span>
        {here.length > 0 ? (
          <span class={`grow clip ${here[0]?.severity}`}>
            <Rich>{here.map(({ message }) => message).join(" · ")}</Rich>
          </span>
        ) : (
          <span class="grow" />
        )}
        <span id={hint} class={readOnly ? "hidden-visually" : "keys-hint"}>
          {readOnly ? t.readOnlyEditor : t.keysHint}
        </span>
      </div>
    </div>
  );
}
