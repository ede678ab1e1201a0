/** Objects by their addresses under `/v1`, as changes and the audit log name them. */
import { ENVIRONMENTS } from "./lists";
import { apiLink, filesLink, functionLink, releasesLink, revisionLink, serviceLink } from "../shell/links";
import { shortId } from "./parts";
import { text } from "./text";

type Named = { kind: "api" | "function" | "service" | "environment" | "revision" | "files" | "other"; name: string; href: string | null };

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

export function objectOf(address: string): Named {
  const [first = "", second = "", third = "", fourth = ""] = address
    .replace(/^\/v1\//, "")
    .split("/")
    .map(decoded);
  if (address.startsWith("/v1/services/")) {
    if (third === "apis") return { kind: "api", name: `${fourth} · ${second}`, href: apiLink(second, fourth) };
    return { kind: "service", name: second, href: serviceLink(second) };
  }
  if (address.startsWith("/v1/functions/"))
    return { kind: "function", name: shortId(`${second}/${third}`), href: functionLink(second, third) };
  if (/^\d+$/.test(address)) return { kind: "revision", name: address, href: revisionLink(Number(address)) };
  if (ENVIRONMENTS.some((name) => name === address)) return { kind: "environment", name: address, href: releasesLink() };
  // Of a change of whole files: one path, or several with spaces between them.
  if (address.startsWith("/") && !address.startsWith("/v1/"))
    return { kind: "files", name: address, href: address.includes(" ") ? null : filesLink(address) };
  return first === "" ? { kind: "files", name: "", href: null } : { kind: "other", name: address, href: null };
}

/** In one line: `API order · shop`. */
export function objectLabel(address: string): string {
  const { kind, name } = objectOf(address);
  return `${text.value.kinds[kind]} ${name}`.trim();
}
