/** The changes of releases, for the review. */
import { path } from "../../api/client";
import type { Environment } from "../../api/schema";
import type { Change } from "../../change/change";
import { command } from "../../change/command";
import { Notice, Rich } from "../../ui/parts";
import { ReleaseDiff } from "./diff";
import { text } from "./text";

/** What an environment serves now; null: nothing that a diff could start from. */
export function servedRevision(environment: Environment): number | null {
  return environment.state === "unreleased" ? null : (environment.revision ?? null);
}

export function releaseChange(environment: Environment, revision: number): Change {
  const t = text.value;
  const served = servedRevision(environment);
  return {
    title: t.releaseTitle(environment.name, revision),
    method: "POST",
    path: path("environments", environment.name, "release"),
    body: { revision },
    commands: [command("release", environment.name, "--revision", String(revision))],
    verb: t.pinTo(revision),
    done: t.servesNow(environment.name, revision),
    remark: (
      <>
        <p>
          <Rich>{t.releaseRemark(environment.name, revision)}</Rich>
        </p>
        <ReleaseDiff from={served} to={revision} />
      </>
    ),
  };
}

export function followChange(environment: Environment, current: number | null): Change {
  const t = text.value;
  return {
    title: t.followTitle(environment.name),
    method: "POST",
    path: path("environments", environment.name, "follow"),
    commands: [command("follow", environment.name)],
    verb: t.follow,
    done: t.followsNow(environment.name, current),
    remark: (
      <>
        <p>
          <Rich>{t.followRemark(environment.name)}</Rich>
        </p>
        <ReleaseDiff from={servedRevision(environment)} to={current} />
      </>
    ),
  };
}

export function unreleaseChange(environment: Environment): Change {
  const t = text.value;
  return {
    title: t.unreleaseTitle(environment.name),
    method: "POST",
    path: path("environments", environment.name, "unrelease"),
    commands: [command("unrelease", environment.name)],
    verb: t.unrelease,
    done: t.isOffline(environment.name),
    danger: true,
    confirm: environment.name,
    remark: (
      <Notice tone="warn">
        <div>
          <Rich>{t.unreleaseRemark(environment)}</Rich>
        </div>
      </Notice>
    ),
  };
}
