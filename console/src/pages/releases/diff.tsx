/** What a release would change in what an environment serves. */
import { isGone } from "../../api/query";
import { Diff } from "../../ui/diff";
import { Failure, Loading, Rich } from "../../ui/parts";
import { useDiff } from "./data";
import { text } from "./text";

export function ReleaseDiff({ from, to }: { from: number | null; to: number | null }) {
  const t = text.value;
  const { data, error, loading } = useDiff(from, to);
  if (from === null || to === null) return null;
  if (from === to) return <p class="muted small">{t.sameRevision(to)}</p>;
  if (isGone(error)) return <p class="muted small">{t.notInHistory(from)}</p>;
  if (error) return <Failure error={error} />;
  if (loading || !data) return <Loading />;
  if (data.diff === "") return <p class="muted small">{t.sameFiles(from, to)}</p>;
  return (
    <div class="stack tight">
      <h3>{t.wouldChange(from, to)}</h3>
      <Diff diff={data.diff} />
      <p class="muted small">
        <Rich>{t.diffHint}</Rich>
      </p>
    </div>
  );
}
