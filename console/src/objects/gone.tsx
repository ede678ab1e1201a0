/** An object that is not there any more. */
import { apisLink, functionsLink, historyLink, servicesLink } from "../shell/links";
import { Empty, LinkButton, Page } from "../ui/parts";
import { text as shell } from "../shell/text";
import { text } from "./text";

const LISTS = { apis: apisLink, functions: functionsLink, services: servicesLink };

export function Gone({ kind, name }: { kind: keyof typeof LISTS; name: string }) {
  return (
    <Page title={name}>
      <Empty icon={kind} title={text.value.gone[kind]}>
        <div class="row">
          <LinkButton href={LISTS[kind]()}>{shell.value[kind]}</LinkButton>
          <LinkButton href={historyLink()}>{shell.value.history}</LinkButton>
        </div>
      </Empty>
    </Page>
  );
}
