/** The files of the configuration: a list beside the editor, or a choice above it. */
import type { Document, Finding } from "../../api/schema";
import { Icon } from "../../ui/icon";
import { Select } from "../../ui/parts";
import { isSameFile, type FilesView } from "./data";
import { drafts } from "./drafts";
import { text } from "./text";

/** As seen from the directory of the main file, where that is shorter. */
export function shortName(file: string, files: readonly Document[]): string {
  const main = files.find(({ role }) => role === "main")?.file ?? "";
  const directory = main.slice(0, main.lastIndexOf("/") + 1);
  return directory && file.startsWith(directory) ? file.slice(directory.length) : file;
}

function errorsIn(file: string, findings: readonly Finding[]): number {
  return findings.filter((finding) => finding.severity === "error" && isSameFile(file, finding.file)).length;
}

function Entry({ file, view }: { file: Document; view: FilesView }) {
  const t = text.value;
  const errors = errorsIn(file.file, view.findings);
  const changed = drafts.value.has(file.file);
  return (
    <button
      type="button"
      title={file.file}
      aria-current={view.shown?.file === file.file ? "true" : undefined}
      onClick={() => view.show(file.file)}
    >
      <Icon name={file.read_only ? "lock" : "files"} />
      <span class="grow name">
        <span class="wrap-any">{shortName(file.file, view.files ?? [])}</span>
        <span class="small muted">
          {t.roles[file.role]}
          {file.read_only && ` · ${t.readOnly}`}
        </span>
      </span>
      {errors > 0 && <span class="badge error">{t.errors(errors)}</span>}
      {changed && errors === 0 && <span class="badge warn">{t.changedFile}</span>}
    </button>
  );
}

export function FileList({ view }: { view: FilesView }) {
  const t = text.value;
  const files = view.files ?? [];
  const choices = files.map(({ file, role }) => ({
    value: file,
    label: `${drafts.value.has(file) ? "● " : ""}${shortName(file, files)} · ${t.roles[role]}`,
  }));
  return (
    <>
      <div class="file-choice">
        <Select aria-label={t.file} value={view.shown?.file ?? ""} onValue={(file) => view.show(file)} choices={choices} />
      </div>
      <ul class="file-list card" aria-label={t.fileList}>
        {files.map((file) => (
          <li key={file.file}>
            <Entry file={file} view={view} />
          </li>
        ))}
      </ul>
    </>
  );
}
