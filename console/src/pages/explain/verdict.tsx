/** What comes of the request, in a sentence, with a way on where it is refused. */
import type { Explained, Instance } from "../../api/schema";
import { isSilent } from "../../objects/instances";
import { shortId } from "../../objects/parts";
import { explainLink, newApiLink, servicesLink } from "../../shell/links";
import { LinkButton, Notice, Rich, WriteLink } from "../../ui/parts";
import { reasonWords } from "../requests/reasons";
import { nearMisses, pathInService, selectedDomain } from "./lookup";
import { text } from "./text";
import { outcomeWords } from "./words";

function Near({ explained }: { explained: Explained }) {
  const near = nearMisses(explained);
  if (near.length === 0) return null;
  return (
    <div class="row explain-near">
      {text.value.didYouMean}
      {near.map(({ label, asked }) => (
        <a class="mono" href={explainLink(asked)}>
          {label}
        </a>
      ))}
    </div>
  );
}

function WayOn({ explained }: { explained: Explained }) {
  const t = text.value;
  const { reason, method } = explained;
  const service = selectedDomain(explained)?.service;
  if (reason === "no_service") return <LinkButton href={servicesLink()}>{t.addHost}</LinkButton>;
  if (reason !== "no_api" && reason !== "method_not_allowed") return null;
  return (
    <WriteLink icon="plus" href={newApiLink({ service, path: pathInService(explained), method })}>
      {t.bind}
    </WriteLink>
  );
}

export function Verdict({ explained, instances }: { explained: Explained; instances: readonly Instance[] }) {
  const t = text.value;
  const { selected, reason, status, outcome } = explained;
  if (selected) {
    const { function: name, version } = selected.route;
    const id = shortId(`${name}:${version}`);
    if (!instances.every(isSilent)) return <Notice tone="ok" title={t.reaches(id)} />;
    return (
      <Notice tone="warn" title={t.silent(id)}>
        <Rich>{t.silentText}</Rich>
      </Notice>
    );
  }
  const words = reasonWords(reason ?? "");
  return (
    <Notice tone="warn" title={t.answered(status ?? 404, words.title)}>
      <div>
        <Rich>{words.what}</Rich>
      </div>
      <div class="small">
        <Rich>{reason === "no_api" ? t.noApi(explained.path) : words.todo}</Rich>
      </div>
      <div class="small muted">
        <code>{reason}</code> · <Rich>{outcomeWords(outcome)}</Rich>
      </div>
      <Near explained={explained} />
      <div class="row">
        <WayOn explained={explained} />
      </div>
    </Notice>
  );
}
