/** The object of a line of the audit log, by its address under `/v1`. */
import { ENVIRONMENTS } from "../../objects/lists";
import { apiLink, filesLink, functionLink, releasesLink, revisionLink, servicesLink } from "../../shell/links";
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
    return { kind: "service", name: second, href: servicesLink() };
  }
  if (address.startsWith("/v1/functions/")) return { kind: "function", name: `${second}/${third}`, href: functionLink(second, third) };
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
