/** Debian's Chromium, and tabs that note what they should not do. */
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { Stand } from "./stand";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
}

export type Look = { width?: number; height?: number; theme?: "light" | "dark"; locale?: "en" | "zh" };

export async function newContext(
  browser: Browser,
  { width = 1280, height = 860, theme = "light", locale = "en" }: Look = {},
): Promise<BrowserContext> {
  return browser.newContext({ viewport: { width, height }, colorScheme: theme, locale: locale === "zh" ? "zh-CN" : "en-US" });
}

/** A tab whose errors, refused resources and requests to other places fail the test. */
export class Tab {
  readonly faults: string[] = [];

  private constructor(
    readonly page: Page,
    origin: string,
  ) {
    page.setDefaultTimeout(10_000);
    page.on("pageerror", (error) => this.faults.push(`error: ${error.message}`));
    page.on("console", (message) => {
      // A refused request is said there, too: the tests of refusals look at the page.
      if (message.type() === "error" && !/Failed to load resource/.test(message.text())) this.faults.push(`console: ${message.text()}`);
    });
    page.on("request", (request) => {
      if (new URL(request.url()).origin !== origin) this.faults.push(`request to ${request.url()}`);
    });
  }

  static async open(context: BrowserContext, address: string): Promise<Tab> {
    const tab = new Tab(await context.newPage(), new URL(address).origin);
    await tab.page.goto(address);
    return tab;
  }

  /** Logs in by an address of `fngate console`. */
  static async enter(context: BrowserContext, address: string): Promise<Tab> {
    const tab = await Tab.open(context, address);
    await tab.page.locator(".shell").waitFor();
    return tab;
  }

  /** To another page without loading the document again: that would forget the token. */
  async go(path: string): Promise<void> {
    await this.page.evaluate((address) => {
      const link = document.createElement("a");
      link.href = address;
      document.querySelector(".shell")?.append(link);
      link.click();
      link.remove();
    }, `/console/${path}`);
  }

  /** Applies the change that is under review, once the gateway has checked it. */
  async apply(verb: string | RegExp, note?: string): Promise<void> {
    const dialog = this.page.locator("dialog");
    await dialog.locator(".diff").first().waitFor();
    if (note) await dialog.getByLabel(/^(Note|备注)$/).fill(note);
    await dialog.locator("footer").getByRole("button", { name: verb, exact: true }).click();
    await dialog.waitFor({ state: "detached" });
  }

  healthy(): void {
    expect(this.faults).toEqual([]);
  }
}

/** The gateway of a file that calls `useStand`. */
export let stand: Stand;
/** Logged in anew for each test, and healthy at its end. */
export let tab: Tab;

/** One gateway for the tests of a file; `more` is added to its configuration. */
export function useStand(more?: string): void {
  let browser: Browser;
  let context: BrowserContext;

  beforeAll(async () => {
    [stand, browser] = await Promise.all([Stand.start(more), launch()]);
  });

  beforeEach(async () => {
    context = await newContext(browser);
    tab = await Tab.enter(context, stand.login());
  });

  afterEach(async () => {
    tab.healthy();
    await context.close();
  });

  afterAll(async () => {
    await browser?.close();
    await stand?.stop();
  });
}
