/** What can be done with services, from whatever page. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { call } from "../../api/client";
import type { Service } from "../../api/schema";
import { useChange } from "../../change/change";
import { Notice, Rich, WriteButton } from "../../ui/parts";
import { say } from "../../ui/toast";
import { NEW_DOMAIN, servicePath } from "./data";
import { ServiceForm, type Known } from "./form";
import { text } from "./text";

/** A service for every host, which is enough for a beginning. */
const FIRST = { name: "web", domains: [{ ...NEW_DOMAIN, host: "*" }] };

type Actions = {
  add: (isFirst?: boolean) => void;
  edit: (name: string) => void;
  remove: (name: string) => void;
  dialogs: ComponentChildren;
};

export function useServiceActions(onRemoved?: () => void): Actions {
  const t = text.value;
  const [form, setForm] = useState<{ known: Known; first?: typeof FIRST } | null>(null);
  const { review, dialog } = useChange();
  // A list has no ETags.
  const withTag = (name: string, then: (service: Service, etag: string) => void) =>
    void call<Service>("GET", servicePath(name)).then(
      ({ data, etag }) => then(data, etag ?? ""),
      (error: Error) => say(error.message, "error"),
    );
  return {
    add: (isFirst = false) => setForm({ known: null, first: isFirst ? FIRST : undefined }),
    edit: (name) => withTag(name, (now, etag) => setForm({ known: { name, domains: now.domains, etag } })),
    remove: (name) =>
      withTag(name, (_now, etag) =>
        review({
          title: t.removeTitle(name),
          verb: t.remove,
          danger: true,
          method: "DELETE",
          path: servicePath(name),
          etag,
          confirm: name,
          onDone: onRemoved,
        }),
      ),
    dialogs: (
      <>
        {form && (
          <ServiceForm
            known={form.known}
            first={form.first}
            onClose={() => setForm(null)}
            hidden={Boolean(dialog)}
            onReview={(made) => review({ ...made, onDone: () => setForm(null) })}
          />
        )}
        {dialog}
      </>
    ),
  };
}

/** In place of a choice of services where there is none: makes the first one. */
export function FirstService() {
  const t = text.value;
  const { add, dialogs } = useServiceActions();
  return (
    <Notice>
      <div>
        <Rich>{t.firstText}</Rich>
      </div>
      <div>
        <WriteButton icon="plus" onClick={() => add(true)}>
          {t.add}
        </WriteButton>
      </div>
      {dialogs}
    </Notice>
  );
}
