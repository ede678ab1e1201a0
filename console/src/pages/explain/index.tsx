import { useEffect, useState } from "preact/hooks";
import { explainLink } from "../../shell/links";
import { Button, Card, Empty, Failure, Loading, Page, TextField } from "../../ui/parts";
import { useExplain, type Asked } from "./data";
import { Flow } from "./flow";
import { text } from "./text";
import { Try } from "./try";
import { Verdict } from "./verdict";
import { Why } from "./why";
import "./page.css";

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

function Options({ id, values }: { id: string; values: string[] }) {
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
          ask({ method, url });
        }}
      >
        <TextField label={t.method} value={method} onValue={setMethod} list="known-methods" mono required />
        <TextField
          label={t.url}
          value={url}
          onValue={setUrl}
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

export function Explain() {
  const t = text.value;
  const { asked, ask, explained, services, samples, addresses } = useExplain();
  const story = asked && explained.data;
  return (
    <Page title={t.title} lead={t.lead}>
      <Question asked={asked} addresses={addresses} ask={ask} />
      {!asked && <Nothing samples={samples} />}
      {asked && explained.error !== null && <Failure error={explained.error} retry={explained.reload} />}
      {asked && !story && explained.loading && <Loading />}
      {asked && story && !explained.error && (
        <>
          <Card>
            <div class="stack" aria-live="polite">
              <Verdict explained={story} />
              <Flow explained={story} />
            </div>
          </Card>
          <div class="explain-halves">
            <Try key={`${asked.method} ${asked.url}`} asked={asked} explained={story} />
            <Why explained={story} services={services} />
          </div>
        </>
      )}
    </Page>
  );
}
