import { useChange } from "../../change/change";
import { Code, Failure, Loading, Notice, Page, Rich } from "../../ui/parts";
import { useReleases } from "./data";
import { EnvironmentCard } from "./environment";
import { text } from "./text";
import "./page.css";

function NoHistory({ reason }: { reason: string }) {
  const t = text.value;
  return (
    <Notice tone="warn" title={t.noHistory}>
      <div>
        <Rich>{reason}</Rich>
      </div>
      <div>
        <Rich>{t.noHistoryAdvice}</Rich>
      </div>
      <Code>{'[history]\ndirectory = "/var/lib/fngate/history"'}</Code>
    </Notice>
  );
}

export function Releases() {
  const t = text.value;
  const { environments, revisions, error, retry, current, noHistory } = useReleases();
  const { review, dialog } = useChange();
  return (
    <Page title={t.title}>
      <p class="release-what">
        <Rich>{t.what}</Rich>
      </p>
      {noHistory !== null && <NoHistory reason={noHistory} />}
      <Failure error={error} retry={retry} />
      {!environments && !error && <Loading />}
      <div class="stack">
        {environments?.map((environment) => (
          <EnvironmentCard key={environment.name} {...{ environment, revisions, current, review }} />
        ))}
      </div>
      {dialog}
    </Page>
  );
}
