/** Where an object stands in the files, and whether it can be changed from here. */
import { Badge } from "../ui/parts";
import { filesLink } from "../shell/links";
import type { Origin as Place } from "../api/schema";
import { text } from "./text";

export function Origin({ origin }: { origin: Place }) {
  return (
    <span class="row tight">
      <a class="mono wrap-any" href={filesLink(origin.file, origin.line)}>
        {origin.file}:{origin.line}
      </a>
      {origin.read_only && (
        <Badge tone="warn" title={origin.read_only}>
          {text.value.readOnlyFile}
        </Badge>
      )}
    </span>
  );
}
