/** An object that is not there any more. */
import { apisLink, functionsLink, historyLink } from "../shell/links";
import { Empty, LinkButton, Page } from "../ui/parts";
import { text as shell } from "../shell/text";
import { text } from "./text";

export function Gone({ kind, name }: { kind: "apis" | "functions"; name: string }) {
  const { apis, functions, history } = shell.value;
  return (
    <Page title={name}>
      <Empty icon={kind} title={text.value.gone[kind]}>
        <div class="row">
          <LinkButton href={kind === "apis" ? apisLink() : functionsLink()}>{kind === "apis" ? apis : functions}</LinkButton>
          <LinkButton href={historyLink()}>{history}</LinkButton>
        </div>
      </Empty>
    </Page>
  );
}
