/** How the forms of an API and of a function begin and end. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { useQuery, type Loaded, type Page } from "../api/query";
import type { Line } from "../api/schema";
import { Refused, type Change } from "../change/change";
import { withoutPointers, type Draft } from "../change/draft";
import { NotInForce } from "../change/pinned";
import { text as changes } from "../change/text";
import { dictionary } from "../i18n";
import { mayWrite } from "../session";
import { Ago, Card, Code, Notice, WriteButton } from "../ui/parts";
import { text as ui } from "../ui/text";
import { merge } from "./merge";
import { objectLabel } from "./named";

const text = dictionary({
  en: {
    review: "Review",
    fine: "The gateway accepts this.",
    unchanged: "No change yet",
    incomplete: "Fill in the required fields.",
    meanwhile: "It was changed meanwhile",
    meanwhileBy: (author: string) => `${author} changed it meanwhile`,
    takenOver: "Fields that you have not touched show the new values.",
    both: (fields: string) => `You both changed ${fields}: what you typed stays.`,
  },
  zh: {
    review: "检查变更",
    fine: "网关接受该设置。",
    unchanged: "尚无修改",
    incomplete: "请填写必填项。",
    meanwhile: "它刚刚被修改过",
    meanwhileBy: (author: string) => `${author} 刚刚修改了它`,
    takenOver: "您没有改动的字段已更新为新值。",
    both: (fields: string) => `双方都修改了 ${fields}：保留您输入的值。`,
  },
});

type Meanwhile = { path: string; both: string[] };

/** Who changed the object, if the audit log knows. */
function useAuthor({ path }: Meanwhile): Line | null {
  const { data } = useQuery<Page<Line>>("/v1/audit", { limit: 20 });
  return data?.items.find(({ object }) => object.startsWith("/v1/") && objectLabel(object) === objectLabel(path)) ?? null;
}

export function ChangedMeanwhile(meanwhile: Meanwhile) {
  const t = text.value;
  const line = useAuthor(meanwhile);
  const title = line ? (
    <>
      {t.meanwhileBy(line.author)} · <Ago time={line.time} />
      {line.note && `: ${line.note}`}
    </>
  ) : (
    t.meanwhile
  );
  return (
    <Notice tone="warn" title={title}>
      <div>{t.takenOver}</div>
      {meanwhile.both.length > 0 && <div>{t.both(meanwhile.both.join(", "))}</div>}
    </Notice>
  );
}

/** When the object under a form changes: `take` gets what the form is to hold, and the object as it is now. */
export function useMeanwhile<T, F extends object>(
  loaded: Loaded<T> | undefined,
  known: { etag: string; form: F } | null,
  mine: F,
  formOf: (data: T) => F,
  take: (form: F, now: { etag: string; form: F }) => void,
): string[] | null {
  const [both, setBoth] = useState<string[] | null>(null);
  const { data, etag } = loaded ?? { data: null, etag: null };
  useEffect(() => {
    if (!known || !data || !etag || etag === known.etag) return;
    const theirs = formOf(data);
    const merged = merge(known.form, mine, theirs);
    setBoth(merged.both);
    take(merged.form, { etag, form: theirs });
  }, [etag]);
  return both;
}

/** What a form is opened with. */
export function useFirst<T, First>({ data, etag }: Loaded<T>, make: (data: T, etag: string) => First): First | null {
  const first = useRef<First | null>(null);
  if (data && etag) first.current ??= make(data, etag);
  return first.current;
}

type Props = {
  /** Why the object cannot be changed from here. */
  locked?: { title: string; reason: string | null } | null;
  children: ComponentChildren;
};

/** The fields, and why they cannot be used. */
export function FormFields({ locked, children }: Props) {
  return (
    <>
      {!mayWrite.value && <Notice tone="warn">{ui.value.readOnlyToken}</Notice>}
      {locked?.reason && (
        <Notice tone="warn" title={locked.title}>
          {locked.reason}
        </Notice>
      )}
      <fieldset class="plain" disabled={Boolean(locked?.reason)}>
        <Card>
          <div class="stack">{children}</div>
        </Card>
      </fieldset>
    </>
  );
}

/** The TOML of the last draft that the gateway accepted, also while the next one is checked: the page stays in its place. */
function Toml({ draft }: { draft: Draft }) {
  const last = useRef<string | null>(null);
  if (!draft.checking) last.current = draft.outcome?.toml ?? null;
  return (
    last.current && (
      <Card title="TOML">
        <Code>{last.current}</Code>
      </Card>
    )
  );
}

type EndProps = {
  change: Change | null;
  draft: Draft;
  /** Pointers whose errors are beside a field. */
  shown: readonly string[];
  again?: () => void;
  locked: boolean;
  back: string;
  onCancel?: () => void;
};

/** What the gateway says of the form, and the buttons. */
export function FormEnd({ change, draft, shown, again, locked, back, onCancel }: EndProps) {
  const t = text.value;
  const rest = withoutPointers(draft.error, shown);
  const isSame = draft.outcome?.result === "unchanged";
  return (
    <>
      {change && rest !== null && <Refused error={rest} change={change} again={again} />}
      {change && <NotInForce path={change.path} environments={change.environments} />}
      <Toml draft={draft} />
      <div class="row">
        {!locked && (
          <WriteButton kind="primary" type="submit" disabled={!change || !draft.outcome || isSame}>
            {t.review}
          </WriteButton>
        )}
        <a class="button" href={back} onClick={onCancel}>
          {changes.value.cancel}
        </a>
        <span class="small muted" role="status">
          {draft.checking ? changes.value.checking : isSame ? t.unchanged : draft.outcome ? t.fine : !change && !locked && t.incomplete}
        </span>
      </div>
    </>
  );
}
