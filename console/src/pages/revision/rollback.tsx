import { path } from "../../api/client";
import type { Change } from "../../change/change";
import { command } from "../../change/command";
import { Notice } from "../../ui/parts";
import { prose } from "../history/prose";
import { text } from "./text";

export function rollbackChange(revision: number): Change {
  const t = text.value;
  return {
    title: t.rollBackTitle(revision),
    method: "POST",
    path: path("revisions", String(revision), "rollback"),
    commands: [command("rollback", String(revision))],
    danger: true,
    verb: t.rollBack,
    remark: (
      <Notice tone="warn">
        <div>{prose(t.comesBack(revision))}</div>
        <div>{prose(t.neverComesBack)}</div>
      </Notice>
    ),
  };
}
