import { useEffect, useState } from "preact/hooks";
import type { Explained, Service } from "../../api/schema";
import { useInstances } from "../../objects/instances";
import { METHODS } from "../../objects/lists";
import { explainLink } from "../../shell/links";
import { Button, Card, Empty, Failure, Loading, Page, TextField } from "../../ui/parts";
import { useExplain } from "./data";
import { Flow } from "./flow";
import { hasHost, withScheme, type Asked } from "./lookup";
import { text } from "./text";
import { CommandLine, sentOf, Try, type Draft } from "./try";
import { Verdict } from "./verdict";
import { Why } from "./why";
import "./page.css";

function Options({ id, values }: { id: string; values: readonly string[] }) {
  return (
    <datalist id={id}>
      {values.map((value) => (
        <option value={value} />
      ))}
    </datalist>
  );
}

function Question({ asked, addresses, ask }: { asked: Asked | null; addresses: string[]; ask: (asked: Asked) => void }) {
  const t = text.value;
  const [method, setMethod] = useState(asked?.method ?? "GET");
  const [url, setUrl] = useState(asked?.url ?? "");
  const [hostless, setHostless] = useState(false);
  useEffect(() => {
    setMethod(asked?.method ?? "GET");
    setUrl(asked?.url ?? "");
  }, [asked?.method, asked?.url]);
  return (
    <Card>
      <form
        class="explain-question"
        onSubmit={(event) => {
          event.preventDefault();
          const found = hasHost(withScheme(url.trim()));
          setHostless(!found);
          if (found) ask({ method, url });
        }}
      >
        <TextField label={t.method} value={method} onValue={setMethod} list="known-methods" mono required />
        <TextField
          label={t.url}
          value={url}
          onValue={setUrl}
          error={hostless ? t.enterHost : null}
          list="known-addresses"
          placeholder={t.urlPlaceholder}
          mono
          required
          autoFocus={!asked}
        />
        <Button kind="primary" type="submit" disabled={url.trim() === ""}>
          {t.explain}
        </Button>
        <Options id="known-methods" values={METHODS} />
        <Options id="known-addresses" values={addresses} />
      </form>
    </Card>
  );
}

function Nothing({ samples }: { samples: Asked[] }) {
  const t = text.value;
  return (
    <Card>
      <Empty icon="explain" title={t.empty}>
        <p>{t.emptyText}</p>
        {samples.length > 0 && (
          <div class="stack tight">
            <span class="muted small">{t.tryOne}</span>
            {samples.map((asked) => (
              <a class="mono wrap-any" href={explainLink(asked)}>
                {asked.method} {asked.url}
              </a>
            ))}
          </div>
        )}
      </Empty>
    </Card>
  );
}

type StoryProps = {
  asked: Asked;
  explained: Explained;
  services: readonly Service[];
  draft: Draft;
  onDraft: (draft: Draft) => void;
};

function Story({ asked, explained, services, draft, onDraft }: StoryProps) {
  const sent = sentOf(asked, draft);
  const { selected } = explained;
  const now = useInstances(selected ? `${selected.route.function}:${selected.route.version}` : null);
  const instances = now ?? selected?.instances ?? [];
  return (
    <>
      <Card>
        <div class="stack">
          <Verdict explained={explained} instances={instances} />
          <Flow explained={explained} instances={instances} />
        </div>
      </Card>
      <div class="explain-halves">
        <div class="stack">
          <Try sent={sent} draft={draft} onDraft={onDraft} forwarded={selected?.forwarded_path} />
        </div>
        <div class="stack">
          <Why explained={explained} services={services} />
          <CommandLine sent={sent} />
        </div>
      </div>
    </>
  );
}

/** Which API a request selects, and why; and what comes of it when it is sent. */
export function Explain() {
  const t = text.value;
  const { asked, ask, explained, services, samples, addresses } = useExplain();
  // Headers and body stay for the next request: often it needs the same.
  const [draft, setDraft] = useState<Draft>({ headers: [], body: "" });
  // What is shown belongs to the address, also while the next look-up is under way.
  const story = asked && !explained.loading ? explained.data : null;
  return (
    <Page title={t.title} lead={t.lead}>
      <Question asked={asked} addresses={addresses} ask={ask} />
      {!asked && <Nothing samples={samples} />}
      {asked && explained.error !== null && <Failure error={explained.error} retry={explained.reload} />}
      {asked && !story && explained.loading && <Loading />}
      {asked && story && !explained.error && <Story asked={asked} explained={story} services={services} draft={draft} onDraft={setDraft} />}
    </Page>
  );
}
