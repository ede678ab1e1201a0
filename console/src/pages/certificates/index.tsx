import { useState } from "preact/hooks";
import type { Certificate } from "../../api/schema";
import { Badge, Card, Code, Empty, Failure, Loading, Page, Rich } from "../../ui/parts";
import { VirtualTable, type Column } from "../../ui/virtual";
import { fileOf, issuerName, keyOf, useCertificates } from "./data";
import { Advice, CertificateDialog } from "./certificate";
import { LifeBar, StateBadge } from "./life";
import { text } from "./text";
import "./page.css";

const WITH_FILES = `[[listener]]
address = "0.0.0.0:8443"

[[listener.tls.certificates]]
certificate = "/etc/fngate/shop.pem"
key = "/etc/fngate/shop.key"`;

const WITH_ACME = `[acme]
contact = ["mailto:operations@example.com"]
terms_agreed = true

[[listener]]
address = "0.0.0.0:443"

[listener.tls]
acme = ["shop.example.com"]

[[listener]]
address = "0.0.0.0:80"
redirect_https = true`;

function columns(open: (certificate: Certificate) => void): Column<Certificate>[] {
  const t = text.value;
  return [
    {
      title: t.names,
      width: "minmax(150px, 1.6fr)",
      narrow: "keep",
      cell: (certificate) => (
        <button type="button" class="certificate-name" aria-haspopup="dialog" onClick={() => open(certificate)}>
          <span class="clip">{certificate.names[0]}</span>
          {certificate.names.length > 1 && <Badge>+{certificate.names.length - 1}</Badge>}
        </button>
      ),
    },
    { title: t.state, width: "104px", narrow: "keep", cell: ({ state }) => <StateBadge state={state} /> },
    { title: t.life, width: "minmax(150px, 1.3fr)", cell: (certificate) => <LifeBar certificate={certificate} /> },
    {
      title: t.issuer,
      width: "minmax(0, 0.9fr)",
      cell: ({ issuer }) => (
        <div class="clip" title={issuer ?? ""}>
          {issuer ? issuerName(issuer) : <span class="muted">–</span>}
        </div>
      ),
    },
    {
      title: t.source,
      width: "minmax(0, 1.2fr)",
      cell: (certificate) => (
        <div class={`clip ${fileOf(certificate) === null ? "" : "mono"}`} title={certificate.source}>
          {fileOf(certificate) ?? t.ordered}
        </div>
      ),
    },
    {
      title: t.listener,
      width: "minmax(0, 1fr)",
      cell: ({ listener }) => <div class={listener ? "clip mono" : "clip"}>{listener ?? <span class="muted">{t.toFunctions}</span>}</div>,
    },
  ];
}

/** More would push the table out of sight. */
const MOST_ADVICE = 3;

function Advices({ items }: { items: readonly Certificate[] }) {
  const t = text.value;
  const urgent = items.filter(({ state }) => state !== "valid");
  const rest = urgent.slice(MOST_ADVICE);
  const shown = (certificates: readonly Certificate[]) =>
    certificates.map((certificate) => <Advice key={keyOf(certificate)} certificate={certificate} />);
  if (urgent.length === 0) return null;
  return (
    <div class="stack tight">
      {shown(urgent.slice(0, MOST_ADVICE))}
      {rest.length > 0 && (
        <details>
          <summary>{t.more(rest.length)}</summary>
          <div class="stack tight more-advice">{shown(rest)}</div>
        </details>
      )}
    </div>
  );
}

function NoTls() {
  const t = text.value;
  return (
    <Card>
      <Empty icon="certificates" title={t.none}>
        <p>{t.noneText}</p>
        <div class="tls-examples">
          <div class="stack tight">
            <h3>{t.withFiles}</h3>
            <Code>{WITH_FILES}</Code>
            <p class="small">
              <Rich>{t.withFilesText}</Rich>
            </p>
          </div>
          <div class="stack tight">
            <h3>{t.withAcme}</h3>
            <Code>{WITH_ACME}</Code>
            <p class="small">{t.withAcmeText}</p>
          </div>
        </div>
      </Empty>
    </Card>
  );
}

export function Certificates() {
  const t = text.value;
  const { items, error, retry } = useCertificates();
  const [opened, setOpened] = useState<Certificate | null>(null);
  return (
    <Page title={t.title} lead={t.lead}>
      <Failure error={error} retry={retry} />
      {!items && !error && <Loading />}
      {items?.length === 0 && <NoTls />}
      {items && items.length > 0 && (
        <>
          <Advices items={items} />
          <Card class="fill" flush>
            <VirtualTable
              label={t.title}
              columns={columns(setOpened)}
              rows={items}
              rowKey={keyOf}
              rowHeight={58}
              below={(certificate) => <LifeBar certificate={certificate} />}
            />
          </Card>
        </>
      )}
      {opened && <CertificateDialog certificate={opened} onClose={() => setOpened(null)} />}
    </Page>
  );
}
