/** What else was looked at, and why it was not taken. */
import type { ComponentChildren } from "preact";
import type { Explained, Service } from "../../api/schema";
import { domainName } from "../../objects/api";
import { explainLink } from "../../shell/links";
import { Badge, Card, Method, Rich } from "../../ui/parts";
import { requestIn, selectedDomain } from "./lookup";
import { text } from "./text";
import { readingWords, whyLost } from "./words";

function Table({ heads, children }: { heads: string[]; children: ComponentChildren }) {
  return (
    <div class="scroll-x">
      <table class="table">
        <thead>
          <tr>
            {heads.map((head) => (
              <th scope="col">{head}</th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
    </div>
  );
}

function Verdict({ lost }: { lost?: string | null }) {
  if (!lost) return <Badge tone="ok">{text.value.selected}</Badge>;
  return (
    <span class="small">
      <Rich>{whyLost(lost)}</Rich>
    </span>
  );
}

function Candidates({ explained }: { explained: Explained }) {
  const t = text.value;
  if (!selectedDomain(explained)) return null;
  return (
    <Card title={t.candidates} flush>
      {explained.candidates.length === 0 ? (
        <p class="body muted">{t.noCandidates}</p>
      ) : (
        <Table heads={[t.tableColumns.rule, t.tableColumns.why]}>
          {explained.candidates.map(({ method, path, lost }) => (
            <tr>
              <td>
                <span class="row tight explain-rule">
                  <Method method={method} />
                  <span class="mono">{path}</span>
                </span>
              </td>
              <td>
                <Verdict lost={lost} />
              </td>
            </tr>
          ))}
        </Table>
      )}
    </Card>
  );
}

function Domains({ explained }: { explained: Explained }) {
  const t = text.value;
  if (explained.domains.length < 2) return null;
  return (
    <Card title={t.domains} flush>
      <Table heads={[t.tableColumns.domain, t.tableColumns.leads, t.tableColumns.why]}>
        {explained.domains.map((domain) => (
          <tr>
            <td>
              <span class="mono">{domainName(domain)}</span>
            </td>
            <td>
              {domain.service} · {domain.environment}
            </td>
            <td>
              <Verdict lost={domain.lost} />
            </td>
          </tr>
        ))}
      </Table>
    </Card>
  );
}

function Readings({ explained }: { explained: Explained }) {
  const t = text.value;
  if (explained.readings.length === 0) return null;
  return (
    <Card title={t.readings} flush>
      <p class="body muted small">{t.readingsText}</p>
      <Table heads={[t.tableColumns.reading, t.tableColumns.path, t.tableColumns.selects]}>
        {explained.readings.map(({ reading, path, selects, agrees }) => (
          <tr>
            <td class="small">
              <Rich>{readingWords(reading)}</Rich>
            </td>
            <td>
              <span class="mono wrap-any">{path}</span>
            </td>
            <td class="small">
              <Badge tone={agrees ? "ok" : "error"}>{agrees ? t.agrees : t.differs}</Badge> {selects ?? t.nothing}
            </td>
          </tr>
        ))}
      </Table>
    </Card>
  );
}

function Elsewhere({ explained, services }: { explained: Explained; services: readonly Service[] }) {
  const t = text.value;
  if (explained.elsewhere.length === 0) return null;
  return (
    <Card title={t.elsewhere}>
      <ul class="stack tight">
        {explained.elsewhere.map(({ environment, method, path }) => {
          const asked = requestIn(environment, path, explained, services);
          return (
            <li class="row">
              <Method method={method} />
              <code>{path}</code>
              {t.elsewhereIn(environment)}
              {asked ? <a href={explainLink(asked)}>{asked.url}</a> : <span class="muted small">{t.noDomain}</span>}
            </li>
          );
        })}
      </ul>
    </Card>
  );
}

export function Why({ explained, services }: { explained: Explained; services: readonly Service[] }) {
  return (
    <>
      <Candidates explained={explained} />
      <Elsewhere explained={explained} services={services} />
      <Readings explained={explained} />
      <Domains explained={explained} />
    </>
  );
}
