import { path } from "../../api/client";
import type { Change } from "../../change/change";
import { command } from "../../change/command";
import { Notice, Rich } from "../../ui/parts";
import { text } from "./text";

export function rollbackChange(revision: number, onDone: Change["onDone"]): Change {
  const t = text.value;
  return {
    title: t.rollBackTitle(revision),
    method: "POST",
    path: path("revisions", String(revision), "rollback"),
    commands: [command("rollback", String(revision))],
    danger: true,
    done: t.rolledBack(revision),
    onDone,
    verb: t.rollBack,
    remark: (
      <Notice tone="warn">
        <div>
          <Rich>{t.comesBack(revision)}</Rich>
        </div>
        <div>
          <Rich>{t.neverComesBack}</Rich>
        </div>
      </Notice>
    ),
  };
}
