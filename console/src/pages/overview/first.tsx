/** What to do with a gateway that has little to show yet. */
import type { ComponentChildren } from "preact";
import type { Route, Status } from "../../api/schema";
import { explainLink, filesLink, newApiLink, newFunctionLink, requestsLink } from "../../shell/links";
import { Icon } from "../../ui/icon";
import { Card, LinkButton, Notice, Rich, WriteLink } from "../../ui/parts";
import { FirstRequest } from "../requests/empty";
import { easiest, sampleRequest } from "../requests/sample";
import { text } from "./text";

export function isNew({ counts }: Status): boolean {
  return counts.apis === 0 || counts.functions <= 1;
}

function sampleOf(routes: readonly Route[]): { method: string; url: string } | undefined {
  const route = easiest(routes);
  return (route && sampleRequest(route)) ?? undefined;
}

function Step({ number, title, done, children }: { number: number; title: string; done?: boolean; children: ComponentChildren }) {
  return (
    <li class={`overview-step ${done ? "done" : ""}`}>
      <span class="overview-mark">{done ? <Icon name="check" /> : number}</span>
      <div class="stack tight grow">
        <h3>
          {title}
          {done && <span class="hidden-visually">, {text.value.done}</span>}
        </h3>
        {children}
      </div>
    </li>
  );
}

export function FirstSteps({ status, routes, called }: { status: Status; routes: readonly Route[]; called: boolean }) {
  const t = text.value;
  const { apis, functions } = status.counts;
  const kind = (isNext: boolean) => (isNext ? "primary" : "");
  return (
    <Card title={t.first}>
      <div class="stack">
        {status.temporary && (
          <Notice tone="warn">
            <div>
              <Rich>{t.temporary}</Rich> <a href={filesLink()}>{t.showFiles}</a>
            </div>
          </Notice>
        )}
        <ol class="overview-steps">
          <Step number={1} title={t.addFunction} done={functions > 0}>
            <p class="muted">{t.functionText}</p>
            <div>
              <WriteLink icon="plus" kind={kind(functions === 0)} href={newFunctionLink()}>
                {functions === 0 ? t.addFunction : t.another}
              </WriteLink>
            </div>
          </Step>
          <Step number={2} title={t.bind} done={apis > 0}>
            <p class="muted">{t.bindText}</p>
            <div>
              <WriteLink icon="link" kind={kind(functions > 0 && apis === 0)} href={newApiLink()}>
                {t.bind}
              </WriteLink>
            </div>
          </Step>
          <Step number={3} title={t.call} done={called}>
            <p class="muted">{t.callText}</p>
            <FirstRequest routes={routes} />
            <div class="row">
              <LinkButton icon="explain" kind={kind(apis > 0 && !called)} href={explainLink(sampleOf(routes))}>
                {t.tryIt}
              </LinkButton>
              <LinkButton icon="requests" href={requestsLink()}>
                {t.openTail}
              </LinkButton>
            </div>
          </Step>
        </ol>
      </div>
    </Card>
  );
}
