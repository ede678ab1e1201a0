/** What surrounds every page: navigation, the state of the gateway, messages. */
import type { ComponentChildren } from "preact";
import { useLocation } from "preact-iso";
import { useEffect, useRef, useState } from "preact/hooks";
import { connected, restarted, status } from "../api/gateway";
import { drafts } from "../pages/files/drafts";
import { logOut, person } from "../session";
import { Icon, type IconName } from "../ui/icon";
import { Badge, Button, Dialog } from "../ui/parts";
import { text as parts } from "../ui/text";
import { Toasts } from "../ui/toast";
import * as links from "./links";
import { LookButtons } from "./look";
import { text } from "./text";
import "./shell.css";

type PageName = "overview" | "requests" | "explain" | "apis" | "functions" | "services" | "releases" | "history" | "files" | "certificates";
type Entry = { name: PageName; href: string; key: string; alike?: string[] };

const GROUPS: { name: "watch" | "bind" | "change"; entries: Entry[] }[] = [
  {
    name: "watch",
    entries: [
      { name: "overview", href: links.overviewLink(), key: "o" },
      { name: "requests", href: links.requestsLink(), key: "r" },
      { name: "explain", href: links.explainLink(), key: "e" },
    ],
  },
  {
    name: "bind",
    entries: [
      { name: "apis", href: links.apisLink(), key: "a", alike: ["/console/bind"] },
      { name: "functions", href: links.functionsLink(), key: "f", alike: ["/console/add-function"] },
      { name: "services", href: links.servicesLink(), key: "s" },
    ],
  },
  {
    name: "change",
    entries: [
      { name: "releases", href: links.releasesLink(), key: "l" },
      { name: "history", href: links.historyLink(), key: "h" },
      { name: "files", href: links.filesLink(), key: "c" },
      { name: "certificates", href: links.certificatesLink(), key: "t" },
    ],
  },
];

function isCurrent({ name, href, alike = [] }: Entry, path: string): boolean {
  if (name === "overview") return path === href || path === links.ROOT;
  return [href, ...alike].some((prefix) => path === prefix || path.startsWith(`${prefix}/`));
}

function Navigation({ path }: { path: string }) {
  const t = text.value;
  return (
    <nav aria-label={t.navigation}>
      {GROUPS.map((group) => (
        <div>
          <div class="group">{t.groups[group.name]}</div>
          <ul>
            {group.entries.map((entry) => (
              <li>
                <a href={entry.href} aria-current={isCurrent(entry, path) ? "page" : undefined}>
                  <Icon name={entry.name as IconName} />
                  {t[entry.name]}
                  {entry.name === "files" && drafts.value.size > 0 && (
                    <span class="badge warn" title={t.drafts}>
                      <span class="dot" />
                      <span class="hidden-visually">{t.drafts}</span>
                    </span>
                  )}
                </a>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}

function StateLine() {
  const t = text.value;
  const now = status.value;
  if (!now) return null;
  return (
    <div class="row state-line">
      <a href={links.revisionLink(now.revision)} class="badge accent" aria-label={t.revision(now.revision)}>
        <span class="wide-only">{t.revision(now.revision)}</span>
        <span class="narrow-only">#{now.revision}</span>
      </a>
      {now.environments.map(
        ({ name, state, revision }) =>
          state !== "follows" && (
            <a href={links.releasesLink()} class="badge warn" title={t.elsewhere(name, now.revision)}>
              {state === "pinned" ? `${name} @${revision}` : t.serveStates[state](name)}
            </a>
          ),
      )}
      {now.refused && (
        <a href={links.overviewLink()} class="badge error">
          {t.refused}
        </a>
      )}
      {now.pending.length > 0 && (
        <a href={links.overviewLink()} class="badge warn" title={now.pending.join(", ")}>
          {t.pending}
        </a>
      )}
      {now.warnings.length > 0 && (
        <a
          href={links.overviewLink()}
          class="badge warn"
          aria-label={t.warnings(now.warnings.length)}
          title={t.warnings(now.warnings.length)}
        >
          <Icon name="warning" />
          <span class="wide-only">{t.warnings(now.warnings.length)}</span>
          <span class="narrow-only">{now.warnings.length}</span>
        </a>
      )}
    </div>
  );
}

function Person() {
  const t = text.value;
  const who = person.value;
  return (
    <div class="row tight">
      {who?.role === "read" && (
        <Badge tone="info" title={t.readOnlyWhy}>
          {t.readOnly}
        </Badge>
      )}
      <span class="muted small clip person">{who?.name}</span>
      <LookButtons />
      <Button kind="quiet" icon="logout" label={t.logOut} onClick={() => void logOut()} />
    </div>
  );
}

/** `g a` goes to the APIs, `?` shows the list. */
function useShortcuts(showKeys: () => void): void {
  const { route } = useLocation();
  useEffect(() => {
    let went = 0;
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if ((event.target as HTMLElement).closest("input, textarea, select, dialog")) return;
      if (event.key === "?") showKeys();
      else if (event.key === "g") went = event.timeStamp;
      else if (event.timeStamp - went < 1500) {
        const entry = GROUPS.flatMap((group) => group.entries).find(({ key }) => key === event.key);
        went = 0;
        if (entry) route(entry.href);
      }
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [route, showKeys]);
}

/** A reader of the screen hears the title of the page that it came to. */
function useFocusOnTitle(path: string): void {
  const first = useRef(true);
  useEffect(() => {
    if (!first.current) document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
    first.current = false;
    document.querySelector("main")?.scrollTo(0, 0);
  }, [path]);
}

export function Shell({ children }: { children: ComponentChildren }) {
  const t = text.value;
  const { path } = useLocation();
  const [open, setOpen] = useState(false);
  const [keys, setKeys] = useState(false);
  useShortcuts(() => setKeys(true));
  useFocusOnTitle(path);
  useEffect(() => setOpen(false), [path]);
  // Whoever logs in next was not there.
  useEffect(() => () => void (restarted.value = null), []);
  return (
    <div class={`shell ${open ? "open" : ""}`}>
      <a class="skip" href="#content">
        {t.skip}
      </a>
      <aside>
        <a class="brand" href={links.overviewLink()}>
          <img src="/console/favicon.svg" width="26" height="26" alt="" />
          {t.product}
        </a>
        <Navigation path={path} />
        <div class="muted small version">{status.value?.version && `fngate ${status.value.version}`}</div>
      </aside>
      <div class="veil" onClick={() => setOpen(false)} />
      <div class="right">
        <header class="bar">
          <span class="menu">
            <Button kind="quiet" icon="menu" label={t.menu} aria-expanded={open} onClick={() => setOpen(!open)} />
          </span>
          <div class="grow">
            <StateLine />
          </div>
          <Person />
        </header>
        {!connected.value && (
          <div class="strip error" role="alert">
            <span class="pulse">{t.lost}</span>
          </div>
        )}
        {connected.value && restarted.value && (
          <div class="strip info" role="status">
            {t.restarted}
            <Button kind="quiet" icon="cross" label={parts.value.close} onClick={() => (restarted.value = null)} />
          </div>
        )}
        <main id="content">{children}</main>
      </div>
      <Toasts />
      {keys && (
        <Dialog title={t.keys} narrow onClose={() => setKeys(false)}>
          <dl class="facts">
            {t.keysList.map(([key, meaning]) => (
              <>
                <dt>
                  <kbd>{key}</kbd>
                </dt>
                <dd>{meaning}</dd>
              </>
            ))}
          </dl>
        </Dialog>
      )}
    </div>
  );
}
