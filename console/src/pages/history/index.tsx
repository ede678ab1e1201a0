import { status } from "../../api/gateway";
import { historyLink } from "../../shell/links";
import { Page } from "../../ui/parts";
import { Audit } from "./audit";
import { auditLink, useView } from "./data";
import { RevisionList } from "./revision-list";
import { text } from "./text";
import "./page.css";

export function History() {
  const t = text.value;
  const { tab } = useView();
  const file = status.value?.audit;
  return (
    <Page title={t.title} lead={tab === "audit" ? (file ? t.auditLead(file) : t.auditMemory) : t.lead}>
      <div class="tabs" role="navigation" aria-label={t.title}>
        <a href={historyLink()} aria-current={tab === "revisions" ? "page" : undefined}>
          {t.revisions}
        </a>
        <a href={auditLink()} aria-current={tab === "audit" ? "page" : undefined}>
          {t.audit}
        </a>
      </div>
      {tab === "audit" ? <Audit /> : <RevisionList />}
    </Page>
  );
}
