/** How the forms of an API and of a function begin and end. */
import type { ComponentChildren } from "preact";
import { useRef } from "preact/hooks";
import type { Loaded } from "../api/query";
import { Refused, type Change } from "../change/change";
import { withoutPointers, type Draft } from "../change/draft";
import { NotInForce } from "../change/pinned";
import { text as changes } from "../change/text";
import { dictionary } from "../i18n";
import { mayWrite } from "../session";
import { Card, Code, Notice, WriteButton } from "../ui/parts";
import { text as ui } from "../ui/text";

const text = dictionary({
  en: { review: "Review", fine: "The gateway accepts this." },
  zh: { review: "检查变更", fine: "网关接受该设置。" },
});

/** What a form is opened with. It stays: a change of somebody else is a conflict, not new text under the hands. */
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
  return (
    <>
      {change && rest !== null && <Refused error={rest} change={change} again={again} />}
      {change && <NotInForce path={change.path} environments={change.environments} />}
      <Toml draft={draft} />
      <div class="row">
        {!locked && (
          <WriteButton kind="primary" type="submit" disabled={!change || !draft.outcome}>
            {t.review}
          </WriteButton>
        )}
        <a class="button" href={back} onClick={onCancel}>
          {changes.value.cancel}
        </a>
        <span class="small muted" role="status">
          {draft.checking ? changes.value.checking : draft.outcome && t.fine}
        </span>
      </div>
    </>
  );
}
