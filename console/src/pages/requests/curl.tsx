/** A request as a command, and the address that it goes to. */
import { Code, Notice, Rich, TextField } from "../../ui/parts";
import { useCertificates } from "../certificates/data";
import { curl, gatewayAddress, isTrusted, schemeOf, setGatewayAddress, type Sent } from "./sample";
import { text } from "./text";

function Trusting({ sent }: { sent: Sent }) {
  const certificates = useCertificates().items ?? [];
  const trusted = isTrusted(sent.url, certificates);
  return <Code wrap>{(trusted ? "" : `# ${text.value.insecure}\n`) + curl(sent, trusted)}</Code>;
}

export function Curl({ sent }: { sent: Sent }) {
  const t = text.value;
  const scheme = schemeOf(sent.url);
  const address = gatewayAddress(scheme);
  return (
    <div class="stack tight">
      {address === null ? (
        <Notice tone="warn">
          <Rich>{scheme === "https" ? t.noTls : t.onlyTls}</Rich>
        </Notice>
      ) : scheme === "https" ? (
        <Trusting sent={sent} />
      ) : (
        <Code wrap>{curl(sent)}</Code>
      )}
      <TextField label={t.address} value={address ?? ""} onValue={(value) => setGatewayAddress(scheme, value)} mono />
    </div>
  );
}
