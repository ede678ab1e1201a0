/** The files of the configuration, what was typed into them, and what the gateway says to that. */
import { useLocation } from "preact-iso";
import { useEffect, useState } from "preact/hooks";
import { ApiError, call } from "../../api/client";
import { changes, status } from "../../api/gateway";
import { useQuery } from "../../api/query";
import type { Changed, Document, Documents, Finding } from "../../api/schema";
import { mayWrite } from "../../session";
import { filesLink } from "../../shell/links";
import { bodyOf, drafts, type Draft } from "./drafts";

/** What the gateway said to what was typed. */
type Verdict = { error: unknown; findings: readonly Finding[] };

type Check = {
  /** The last one; it may be of a text before the present one. Null: none yet. */
  verdict: Verdict | null;
  /** Whether the present text was not checked yet. */
  waiting: boolean;
};

const PAUSE = 600;
const NONE: readonly Finding[] = [];

async function dryRun(body: string, abort: AbortSignal): Promise<Verdict> {
  try {
    const { data } = await call<Changed>("PUT", "/v1/files", { query: { dry_run: true }, body: JSON.parse(body) as unknown, abort });
    return { error: null, findings: data.change.warnings };
  } catch (error) {
    return { error, findings: findingsIn(error) };
  }
}

/** Asks for a dry run of all drafts when nothing was typed for a moment. */
function useCheck(changed: readonly Draft[]): Check {
  const [checked, setChecked] = useState<{ body: string; verdict: Verdict } | null>(null);
  const version = changes.value;
  const body = changed.length > 0 && mayWrite.value ? JSON.stringify(bodyOf(changed)) : null;
  useEffect(() => {
    if (body === null) return setChecked(null);
    const abort = new AbortController();
    const ask = async () => {
      const verdict = await dryRun(body, abort.signal);
      if (!abort.signal.aborted) setChecked({ body, verdict });
    };
    const timer = setTimeout(() => void ask(), PAUSE);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [body, version]);
  return { verdict: checked?.verdict ?? null, waiting: body !== null && checked?.body !== body };
}

/** Errors of files that were refused are of other texts than those that are shown. */
function findingsIn(error: unknown): readonly Finding[] {
  return error instanceof ApiError && error.problem.reason === "invalid" ? (error.problem.errors ?? []) : [];
}

/** A gateway that was started with a relative path names its files by it. */
export function isSameFile(file: string, named: string | null | undefined): boolean {
  return named === file || (Boolean(named) && !named?.startsWith("/") && file.endsWith(`/${named?.replace(/^(\.\/)+/, "")}`));
}

export type FilesView = {
  files: readonly Document[] | null;
  error: unknown;
  retry: () => void;
  /** The file that is shown. */
  shown: Document | null;
  /** The line that the address asks for. */
  line: number | null;
  show: (file: string, line?: number) => void;
  changed: readonly Draft[];
  check: Check;
  findings: readonly Finding[];
};

export function useFiles(): FilesView {
  const { query, route } = useLocation();
  const { data, error, reload } = useQuery<Documents>("/v1/files");
  const files = data?.items ?? null;
  const changed = [...drafts.value.values()];
  const check = useCheck(changed);
  const outdated = check.verdict?.error instanceof ApiError && check.verdict.error.status === 412;
  useEffect(() => {
    if (outdated) reload();
  }, [outdated, reload]);
  const asked = files?.find(({ file }) => isSameFile(file, query["file"]));
  return {
    files,
    error,
    retry: reload,
    shown: asked ?? files?.[0] ?? null,
    line: Number(query["line"]) || null,
    show: (file, line) => route(filesLink(file, line), true),
    changed,
    check,
    findings: changed.length > 0 ? (check.verdict?.findings ?? NONE) : (status.value?.warnings ?? NONE),
  };
}
