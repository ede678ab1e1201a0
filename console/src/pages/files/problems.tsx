/** What the gateway says to the text: a line each, which leads to its place. */
import { ApiError } from "../../api/client";
import type { Finding } from "../../api/schema";
import { Icon } from "../../ui/icon";
import { Badge, Failure, Rich } from "../../ui/parts";
import { isSameFile, type FilesView } from "./data";
import { shortName } from "./list";
import { text } from "./text";

/** Somebody who has more of them mends these first. */
const MOST = 50;

type Go = (file: string, line: number) => void;

function Problem({ finding, view, go }: { finding: Finding; view: FilesView; go: Go }) {
  const files = view.files ?? [];
  const file = files.find((one) => isSameFile(one.file, finding.file));
  const isError = finding.severity === "error";
  const content = (
    <>
      <Icon name={isError ? "error" : "warning"} />
      <span class="grow">
        <span class="hidden-visually">{isError ? text.value.error : text.value.warning}: </span>
        <Rich>{finding.message}</Rich>
        {finding.advice && (
          <span class="muted">
            {" "}
            · <Rich>{finding.advice}</Rich>
          </span>
        )}
      </span>
      {file && finding.line && (
        <code class="muted nowrap">
          {shortName(file.file, files)}:{finding.line}
        </code>
      )}
    </>
  );
  const line = finding.line;
  if (!file || !line) return <div class={`problem ${finding.severity}`}>{content}</div>;
  return (
    <button type="button" class={`problem ${finding.severity}`} onClick={() => go(file.file, line)}>
      {content}
    </button>
  );
}

const isOutdatedError = (error: unknown) => error instanceof ApiError && error.status === 412;

/** Files that were changed or refused on the disk have a notice of their own. */
const hasNotice = (error: unknown) => isOutdatedError(error) || (error instanceof ApiError && error.problem.reason === "files_refused");

/** Said aloud when it changes. */
export function CheckState({ view }: { view: FilesView }) {
  const t = text.value;
  const { verdict, waiting } = view.check;
  const errors = view.findings.filter(({ severity }) => severity === "error").length;
  if (view.changed.length === 0) return null;
  return (
    <span role="status">
      {waiting ? (
        <Badge>{t.checking}</Badge>
      ) : verdict?.error ? (
        <Badge tone="error">{isOutdatedError(verdict.error) ? t.changedOnDisk : errors > 0 ? t.errors(errors) : t.refused}</Badge>
      ) : (
        <Badge tone="ok">{t.valid}</Badge>
      )}
    </span>
  );
}

export function Problems({ view, go }: { view: FilesView; go: Go }) {
  const t = text.value;
  const error = view.changed.length > 0 ? view.check.verdict?.error : null;
  const other = Boolean(error) && view.findings.length === 0 && !hasNotice(error);
  if (!other && view.findings.length === 0) return null;
  return (
    <section class="problems" aria-label={t.problems} tabIndex={0}>
      {other && <Failure error={error} />}
      <ul>
        {view.findings.slice(0, MOST).map((finding) => (
          <li>
            <Problem finding={finding} view={view} go={go} />
          </li>
        ))}
      </ul>
      {view.findings.length > MOST && <p class="muted small problem">{t.moreProblems(view.findings.length - MOST)}</p>}
    </section>
  );
}
