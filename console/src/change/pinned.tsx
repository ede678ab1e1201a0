/** Says which environments serve something else than the files. */
import { status } from "../api/gateway";
import type { Environment } from "../api/schema";
import { releasesLink } from "../shell/links";
import { Notice, Rich } from "../ui/parts";
import { untouched } from "./force";
import { text } from "./text";

export function untouchedNow(changed: Parameters<typeof untouched>[0]): Environment[] {
  return untouched(changed, status.value?.environments ?? []);
}

/** Stands wherever somebody could believe that a change is in force everywhere. */
export function NotInForce(changed: Parameters<typeof untouched>[0]) {
  const t = text.value;
  const found = untouchedNow(changed);
  if (found.length === 0) return null;
  return (
    <Notice tone="warn">
      {found.map(({ name, state, revision }) => (
        <div>
          <Rich>{state === "pinned" ? t.notInForce(name, revision ?? 0) : t.offline(name)}</Rich>
        </div>
      ))}
      <div>
        <a href={releasesLink()}>{t.toReleases}</a>
      </div>
    </Notice>
  );
}
