/** What to do with a gateway that has little to show yet. */
import type { ComponentChildren } from "preact";
import type { Route, Status } from "../../api/schema";
import { newApiLink, newFunctionLink, requestsLink } from "../../shell/links";
import { Icon } from "../../ui/icon";
import { Card, LinkButton, WriteLink } from "../../ui/parts";
import { FirstRequest } from "../requests/empty";
import { text } from "./text";

export function isNew({ counts }: Status): boolean {
  return counts.apis === 0 || counts.functions <= 1;
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
  return (
    <Card title={t.first}>
      <ol class="overview-steps">
        {apis === 0 ? (
          <Step number={1} title={t.firstApi}>
            <p class="muted">{t.firstApiText}</p>
            <div class="row">
              {functions === 0 && <WriteLink href={newFunctionLink()}>{t.addFunction}</WriteLink>}
              <WriteLink kind="primary" href={newApiLink()}>
                {t.bind}
              </WriteLink>
            </div>
          </Step>
        ) : (
          <Step number={1} title={t.call} done={called}>
            <p class="muted">{t.callText}</p>
            <FirstRequest routes={routes} />
          </Step>
        )}
        <Step number={2} title={t.watch}>
          <p class="muted">{t.watchText}</p>
          <div>
            <LinkButton icon="requests" href={requestsLink()}>
              {t.openTail}
            </LinkButton>
          </div>
        </Step>
        <Step number={3} title={t.another} done={functions > 1}>
          <p class="muted">{t.anotherText}</p>
          <div class="row">
            <WriteLink icon="plus" href={newFunctionLink()}>
              {t.addFunction}
            </WriteLink>
            <WriteLink icon="link" href={newApiLink()}>
              {t.bind}
            </WriteLink>
          </div>
        </Step>
      </ol>
    </Card>
  );
}
