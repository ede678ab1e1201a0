/** The domains of a service, each with its environment. */
import type { Service } from "../../api/schema";
import { domainName } from "../../objects/api";
import { EnvironmentBadge } from "../../objects/parts";
import { Badge } from "../../ui/parts";
import { text } from "./text";

export function DomainList({ service }: { service: Service }) {
  return (
    <ul class="stack tight">
      {service.domains.length === 0 && <Badge tone="warn">{text.value.noDomains}</Badge>}
      {service.domains.map((domain) => (
        <li class="row between">
          <code class="wrap-any">{domainName(domain)}</code>
          <EnvironmentBadge name={domain.environment ?? "release"} />
        </li>
      ))}
    </ul>
  );
}
