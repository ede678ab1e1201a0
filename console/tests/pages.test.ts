/** Every page in both languages and themes: no serious finding of axe, nothing wider than the window, no request to another place. */
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { launch, newContext, Tab, type Look } from "./browser";
import { Stand } from "./stand";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const DIST = join(import.meta.dirname, "../dist");
const API = "apis/shop/GET%20%2Forders%2F%7Bid%7D";

/** Pages, and a selector that is there when their data has come. */
const PAGES: [path: string, ready: string][] = [
  ["", ".stat"],
  ["requests", "h1"],
  ["explain?method=GET&url=http://shop.example.com/orders/1", 'text="/orders/{id}"'],
  ["explain?method=GET&url=http://shop.example.com/order/1", "text=404"],
  ["apis", ".vrow"],
  ["apis?q=nothing", ".empty"],
  [API, ".way"],
  [`${API}/edit`, "form"],
  ["bind", "form select"],
  ["functions", ".vrow"],
  ["functions/default/orders", "table"],
  ["functions/default/orders/edit", "form"],
  ["add-function", "form"],
  ["apis/shop/nothing/edit", ".empty"],
  ["functions/default/nothing/edit", ".empty"],
  ["services", ".card"],
  ["services/shop", "table"],
  ["services/nothing", ".empty"],
  ["releases", ".card"],
  ["history", "h1"],
  ["history/1", ".card"],
  ["files", "textarea"],
  ["certificates", "h1"],
  ["nowhere", ".empty"],
];

type Violation = { id: string; impact: string; nodes: { target: string[]; failureSummary: string }[] };

let stand: Stand;
let browser: Browser;

beforeAll(async () => {
  [stand, browser] = await Promise.all([Stand.start(), launch()]);
});

afterAll(async () => {
  await browser?.close();
  await stand?.stop();
});

async function seriousFindings({ page }: Tab): Promise<string[]> {
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => {
    const axe = (window as unknown as { axe: { run: (where: Document, how: object) => Promise<{ violations: Violation[] }> } }).axe;
    return (await axe.run(document, { resultTypes: ["violations"] })).violations;
  });
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.target.join(" ")} ${node.failureSummary}`).join(" | ")}`);
}

async function visit(tab: Tab, path: string, ready: string): Promise<void> {
  await tab.go(path);
  await tab.page.locator("main").locator(ready).first().waitFor();
}

describe.each<Look>([
  { theme: "light", locale: "en" },
  { theme: "dark", locale: "en" },
  { theme: "light", locale: "zh" },
  { theme: "dark", locale: "zh" },
])("in $theme and $locale", (look) => {
  test("no page has a serious finding of axe", async () => {
    const context = await newContext(browser, look);
    const login = await Tab.open(context, `${stand.origin}/console/`);
    await login.page.locator("form").waitFor();
    expect(await seriousFindings(login)).toEqual([]);
    const tab = await Tab.enter(context, stand.login());
    for (const [path, ready] of PAGES) {
      await visit(tab, path, ready);
      expect([path, await seriousFindings(tab)]).toEqual([path, []]);
    }
    tab.healthy();
    await context.close();
  }, 180_000);
});

test.each([390, 800, 1280, 2560])(
  "nothing is wider than a window of %d pixels",
  async (width) => {
    for (const locale of ["en", "zh"] as const) {
      const context = await newContext(browser, { width, locale });
      const tab = await Tab.enter(context, stand.login());
      for (const [path, ready] of PAGES) {
        await visit(tab, path, ready);
        const wide = await tab.page.evaluate(() => {
          const main = document.querySelector("main") as HTMLElement;
          return [document.documentElement.scrollWidth - innerWidth, main.scrollWidth - main.clientWidth];
        });
        expect([path, locale, wide]).toEqual([path, locale, [0, 0]]);
      }
      tab.healthy();
      await context.close();
    }
  },
  180_000,
);

test("Chinese pages have no English titles or actions", async () => {
  const context = await newContext(browser, { locale: "zh" });
  const tab = await Tab.enter(context, stand.login());
  expect(await tab.page.evaluate(() => document.documentElement.lang)).toBe("zh-CN");
  // Names of things that have no other name in Chinese.
  const names = /^(API|fngate|English|TOML|CSS|GET|local|[^A-Za-z]*)$/;
  for (const [path, ready] of PAGES.filter(([path]) => !path.includes("/"))) {
    await visit(tab, path, ready);
    const texts = await tab.page.locator("main h1, main h2, main .button, nav a, main th").allInnerTexts();
    const english = texts
      .flatMap((text) => text.split("\n"))
      .filter((text) => /[A-Za-z]{3}/.test(text) && !/[\u4e00-\u9fff]/.test(text) && !names.test(text.trim()));
    expect([path, english.filter((text) => !/^[\w./:$@-]+$/.test(text))]).toEqual([path, []]);
  }
  await tab.page.getByRole("button", { name: "English" }).click();
  await tab.page.getByRole("link", { name: "Overview", exact: true }).waitFor();
  await context.close();
});

test("every page is reached by the keyboard", async () => {
  const context = await newContext(browser);
  const { page } = await Tab.enter(context, stand.login());
  for (const [key, title] of [
    ["a", "APIs"],
    ["f", "Functions"],
    ["s", "Services"],
    ["e", "Explain and try"],
    ["r", "Requests"],
    ["l", "Releases"],
    ["h", "History"],
    ["c", "Configuration"],
    ["t", "Certificates"],
  ] as const) {
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await page.keyboard.press("g");
    await page.keyboard.press(key);
    await page.locator("main h1", { hasText: title }).waitFor();
    // The title has the focus, so that a reader of the screen says where it is.
    await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe("H1");
  }
  await page.keyboard.press("g");
  await page.keyboard.press("a");
  await page.locator(".vrow a").first().waitFor();
  await page.keyboard.press("/");
  expect(await page.evaluate(() => (document.activeElement as HTMLInputElement).type)).toBe("search");
  await page.keyboard.press("Escape");
  await page.locator(".vrow a").first().focus();
  await page.keyboard.press("Enter");
  await page.locator(".way").waitFor();
  await context.close();
});

test("the first paint comes within 300 ms, of less than 120 kB", async () => {
  const files = readdirSync(DIST, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const bytes = files.reduce((sum, { parentPath, name }) => sum + gzipSync(readFileSync(join(parentPath, name)), { level: 9 }).length, 0);
  expect(bytes).toBeLessThan(120_000);
  const paints: number[] = [];
  for (let round = 0; round < 5; round += 1) {
    const context = await newContext(browser);
    const { page } = await Tab.open(context, `${stand.origin}/console/`);
    paints.push(
      await page.evaluate(async () => {
        for (;;) {
          const paint = performance.getEntriesByName("first-contentful-paint")[0];
          if (paint) return paint.startTime;
          await new Promise((done) => setTimeout(done, 5));
        }
      }),
    );
    await context.close();
  }
  console.info(`first paint: ${paints.map((paint) => Math.round(paint)).join(", ")} ms; ${bytes} bytes gzipped`);
  // What else the machine does only adds to it.
  expect(Math.min(...paints)).toBeLessThan(300);
});
