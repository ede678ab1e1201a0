/** The small parts that pages are made of. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { ApiError } from "../api/client";
import type { Finding } from "../api/schema";
import { formatAgo, formatTime } from "../i18n";
import { mayWrite } from "../session";
import { filesLink } from "../shell/links";
import { Icon, type IconName } from "./icon";
import { text } from "./text";

export type Tone = "ok" | "warn" | "error" | "info" | "accent" | "violet" | "plain";
type Children = { children?: ComponentChildren };

/** Text with `code` in backticks. */
export function Rich({ children }: Children) {
  if (typeof children !== "string") return <>{children}</>;
  return <span>{children.split("`").map((part, index) => (index % 2 === 1 ? <code class="wrap-any">{part}</code> : part))}</span>;
}

export function Page({
  title,
  lead,
  actions,
  children,
}: Children & { title: ComponentChildren; lead?: ComponentChildren; actions?: ComponentChildren }) {
  return (
    <div class="page">
      <header class="page-head">
        <div class="grow">
          <h1 tabIndex={-1}>{title}</h1>
          {lead && (
            <div class="muted">
              <Rich>{lead}</Rich>
            </div>
          )}
        </div>
        {actions && <div class="row">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export function Card({
  title,
  actions,
  children,
  flush,
  class: more = "",
}: Children & { title?: ComponentChildren; actions?: ComponentChildren; flush?: boolean; class?: string }) {
  return (
    <section class={`card ${more}`}>
      {(title || actions) && (
        <header>
          <h2>{title}</h2>
          {actions}
        </header>
      )}
      {flush ? children : <div class="body">{children}</div>}
    </section>
  );
}

export function Stat({
  label,
  value,
  note,
  tone = "plain",
  href,
}: {
  label: string;
  value: ComponentChildren;
  note?: ComponentChildren;
  tone?: Tone;
  href?: string;
}) {
  return (
    <div class={`stat ${tone}`}>
      <div class="label">{href ? <a href={href}>{label}</a> : label}</div>
      <div class="value">{value}</div>
      {note && <div class="note">{note}</div>}
    </div>
  );
}

type ButtonProps = Omit<JSX.ButtonHTMLAttributes<HTMLButtonElement>, "icon"> & {
  icon?: IconName;
  kind?: "primary" | "quiet" | "danger" | "danger primary" | "";
  /** For buttons that show only their icon. */
  label?: string;
};

export function Button({ icon, kind = "", label, children, ...rest }: ButtonProps) {
  const classes = `button ${kind} ${children ? "" : "icon"}`;
  return (
    <button type="button" class={classes} aria-label={label} title={label} {...rest}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A button that changes something: with a read-only token it is disabled, and says why. */
export function WriteButton(props: ButtonProps) {
  const refused = !mayWrite.value;
  return (
    <Button {...props} disabled={refused || props.disabled} title={refused ? text.value.readOnlyToken : (props.title ?? props.label)} />
  );
}

export function LinkButton({ icon, kind = "", href, children }: Children & { icon?: IconName; kind?: string; href: string }) {
  return (
    <a class={`button ${kind}`} href={href}>
      {icon && <Icon name={icon} />}
      {children}
    </a>
  );
}

/** A link to a form that changes something; with a read-only token it is not a link. */
export function WriteLink({ icon, kind = "", href, children }: Children & { icon?: IconName; kind?: string; href: string }) {
  if (mayWrite.value) return <LinkButton icon={icon} kind={kind} href={href} children={children} />;
  return (
    <Button icon={icon} disabled title={text.value.readOnlyToken}>
      {children}
    </Button>
  );
}

export function Badge({ tone = "plain", dot, title, children }: Children & { tone?: Tone; dot?: boolean; title?: string }) {
  return (
    <span class={`badge ${tone}`} title={title}>
      {dot && <span class="dot" />}
      <span class="clip">{children}</span>
    </span>
  );
}

const METHODS: Record<string, Tone> = { GET: "info", POST: "ok", PUT: "warn", PATCH: "warn", DELETE: "error", ANY: "violet" };

export function Method({ method }: { method: string }) {
  return <span class={`badge method ${METHODS[method] ?? "accent"}`}>{method || "–"}</span>;
}

function statusTone(status: number): Tone {
  if (status >= 500) return "error";
  if (status >= 400) return "warn";
  return status >= 300 ? "info" : "ok";
}

export function StatusCode({ status }: { status: number }) {
  return <span class={`badge num ${statusTone(status)}`}>{status}</span>;
}

const NOTICES = { info: "info", ok: "check", warn: "warning", error: "error" } as const;

export function Notice({ tone = "info", title, children }: Children & { tone?: keyof typeof NOTICES; title?: ComponentChildren }) {
  return (
    <div class={`notice ${tone}`} role={tone === "error" ? "alert" : undefined}>
      <Icon name={NOTICES[tone]} />
      <div class="stack tight grow wrap-any">
        {title && <strong>{title}</strong>}
        <Rich>{children}</Rich>
      </div>
    </div>
  );
}

/** An error or a warning of a configuration, with its place and what to do. */
export function FindingNotice({ finding }: { finding: Finding }) {
  const place =
    finding.file && [finding.file, finding.line, finding.column].filter((part) => part !== null && part !== undefined).join(":");
  return (
    <Notice tone={finding.severity === "error" ? "error" : "warn"}>
      <div>
        <Rich>{finding.message}</Rich>
      </div>
      {finding.advice && (
        <div class="advice small">
          <Rich>{finding.advice}</Rich>
        </div>
      )}
      {place && (
        <div>
          <a class="small wrap-any" href={filesLink(finding.file ?? "", finding.line ?? undefined)}>
            {place}
          </a>
        </div>
      )}
    </Notice>
  );
}

/** Why something could not be read or changed. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  if (!error) return null;
  const t = text.value;
  const again = retry && (
    <div>
      <Button onClick={retry}>{t.retry}</Button>
    </div>
  );
  if (!(error instanceof ApiError)) {
    return (
      <Notice tone="error" title={t.unreachable}>
        <div class="small">
          <Rich>{t.unreachableAdvice}</Rich>
        </div>
        {again}
      </Notice>
    );
  }
  const findings = (error.problem.errors ?? []) as Finding[];
  return (
    <div class="stack tight">
      <Notice tone="error">
        <Rich>{error.problem.detail}</Rich>
        {again}
      </Notice>
      {findings.map((finding) => (
        <FindingNotice finding={finding} />
      ))}
    </div>
  );
}

export function Empty({ icon, title, children }: Children & { icon: IconName; title: string }) {
  return (
    <div class="empty">
      <Icon name={icon} />
      <h2>{title}</h2>
      {children}
    </div>
  );
}

export function Loading() {
  return (
    <div class="empty muted" role="status">
      {text.value.loading}
    </div>
  );
}

type FieldProps = Children & { label: string; hint?: ComponentChildren; error?: string | null };

/** A labelled control. The child gets the ids of its label and its hints. */
export function Field({
  label,
  hint,
  error,
  control,
}: Omit<FieldProps, "children"> & {
  control: (ids: { id: string; "aria-describedby": string; "aria-invalid": boolean }) => ComponentChildren;
}) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {control({ id, "aria-describedby": `${id}-hint`, "aria-invalid": Boolean(error) })}
      <div id={`${id}-hint`} class={hint || error ? "" : "hidden-visually"}>
        {error && (
          <div class="wrong">
            <Rich>{error}</Rich>
          </div>
        )}
        {hint && (
          <div class="hint">
            <Rich>{hint}</Rich>
          </div>
        )}
      </div>
    </div>
  );
}

type InputProps = {
  label: string;
  hint?: ComponentChildren;
  error?: string | null;
  value: string;
  onValue: (value: string) => void;
  mono?: boolean;
  placeholder?: string;
  required?: boolean;
  type?: string;
  list?: string;
  autoFocus?: boolean;
  maxLength?: number;
  autocomplete?: string;
};

export function TextField({ label, hint, error, value, onValue, mono, type = "text", autocomplete = "off", ...rest }: InputProps) {
  return (
    <Field
      label={label}
      hint={hint}
      error={error}
      control={(ids) => (
        <input
          {...ids}
          {...rest}
          class={`input ${mono ? "mono" : ""}`}
          type={type}
          value={value}
          autocomplete={autocomplete}
          spellcheck={false}
          onInput={(event) => onValue(event.currentTarget.value)}
        />
      )}
    />
  );
}

export type Choice = { value: string; label: string };

export function SelectField({
  label,
  hint,
  error,
  value,
  onValue,
  choices,
  disabled,
}: {
  label: string;
  hint?: ComponentChildren;
  error?: string | null;
  value: string;
  onValue: (value: string) => void;
  choices: Choice[];
  disabled?: boolean;
}) {
  return (
    <Field
      label={label}
      hint={hint}
      error={error}
      control={(ids) => <Select {...ids} value={value} onValue={onValue} choices={choices} disabled={disabled} />}
    />
  );
}

/** A choice without a visible label needs `aria-label`. */
export function Select({
  value,
  onValue,
  choices,
  ...rest
}: {
  value: string;
  onValue: (value: string) => void;
  choices: Choice[];
  id?: string;
  disabled?: boolean;
  "aria-label"?: string;
  "aria-describedby"?: string;
  "aria-invalid"?: boolean;
}) {
  return (
    <select class="input" value={value} onChange={(event) => onValue(event.currentTarget.value)} {...rest}>
      {choices.map((choice) => (
        <option value={choice.value} selected={choice.value === value}>
          {choice.label}
        </option>
      ))}
    </select>
  );
}

type CheckProps = { label: ComponentChildren; checked: boolean; onValue: (checked: boolean) => void };

export function Check({ label, checked, onValue }: CheckProps) {
  return (
    <label class="check">
      <input type="checkbox" checked={checked} onChange={(event) => onValue(event.currentTarget.checked)} />
      {label}
    </label>
  );
}

/** `/` moves here from anywhere on the page. */
export function SearchBox({ value, onValue, label }: { value: string; onValue: (value: string) => void; label: string }) {
  const input = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState(value);
  const timer = useRef(0);
  // The filters may be others by the time that the search begins.
  const latest = useRef(onValue);
  latest.current = onValue;
  useEffect(() => setTyped(value), [value]);
  // Whoever goes to another page does not search any more.
  useEffect(() => () => clearTimeout(timer.current), []);
  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || (event.target as HTMLElement).closest("input, textarea, select, dialog"))
        return;
      event.preventDefault();
      input.current?.focus();
    };
    addEventListener("keydown", focus);
    return () => removeEventListener("keydown", focus);
  }, []);
  const later = (next: string) => {
    setTyped(next);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => latest.current(next), 150);
  };
  return (
    <div class="search">
      <Icon name="search" />
      <input
        ref={input}
        class="input"
        type="search"
        aria-label={label}
        placeholder={label}
        value={typed}
        spellcheck={false}
        autocomplete="off"
        onInput={(event) => later(event.currentTarget.value)}
      />
    </div>
  );
}

export function Segments<T extends string>({
  value,
  onValue,
  choices,
  label,
}: {
  value: T;
  onValue: (value: T) => void;
  choices: { value: T; label: string }[];
  label: string;
}) {
  return (
    <div class="segments" role="group" aria-label={label}>
      {choices.map((choice) => (
        <button type="button" aria-pressed={choice.value === value} onClick={() => onValue(choice.value)}>
          {choice.label}
        </button>
      ))}
    </div>
  );
}

/** Text that people take along: a command, TOML. */
export function Code({ children, wrap }: { children: string; wrap?: boolean }) {
  const [copied, setCopied] = useState(false);
  const t = text.value;
  const copy = async () => {
    await copyText(children);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <div class={`copyable ${wrap ? "wrapped" : ""}`}>
      <pre class="code" tabIndex={0}>
        <code>{children}</code>
      </pre>
      <Button icon={copied ? "check" : "copy"} label={copied ? t.copied : t.copy} onClick={() => void copy()} />
    </div>
  );
}

/** The clipboard is only there for https and localhost. */
async function copyText(value: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(value);
  const area = document.createElement("textarea");
  area.value = value;
  (document.querySelector("dialog[open]") ?? document.body).append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}

/** The time that counts, for texts such as "3 minutes ago". */
function useNow(every: number): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), every);
    return () => clearInterval(timer);
  }, [every]);
  return now;
}

export function Ago({ time }: { time: string }) {
  const isFresh = Date.now() - Date.parse(time) < 60_000;
  const now = useNow(isFresh ? 1_000 : 10_000);
  return (
    <time dateTime={time} title={formatTime(time)} class="nowrap">
      {formatAgo(time, Math.max(now, Date.now()))}
    </time>
  );
}

export function Dialog({
  title,
  onClose,
  children,
  footer,
  narrow,
}: Children & { title: string; onClose: () => void; footer?: ComponentChildren; narrow?: boolean }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      class={narrow ? "narrow" : ""}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <header>
        <h2 id={id}>{title}</h2>
        <Button icon="cross" kind="quiet" label={text.value.close} onClick={onClose} />
      </header>
      <div class="body">{children}</div>
      {footer && <footer>{footer}</footer>}
    </dialog>
  );
}
