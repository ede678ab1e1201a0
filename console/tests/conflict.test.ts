/** Two writers: one wins, the other sees the difference; and nobody overwrites what was changed by hand. */
import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch, newContext, Tab } from "./browser";
import { Stand } from "./stand";

const EDIT = "apis/shop/GET%20%2Forders%2F%7Bid%7D/edit";

let stand: Stand;
let browser: Browser;
let context: BrowserContext;

beforeAll(async () => {
  [stand, browser] = await Promise.all([Stand.start(), launch()]);
  context = await newContext(browser);
});

afterAll(async () => {
  await browser?.close();
  await stand?.stop();
});

async function fill(tab: Tab, timeout: string): Promise<void> {
  await tab.go(EDIT);
  await tab.page.getByLabel("Timeout", { exact: true }).fill(timeout);
}

async function review(tab: Tab): Promise<void> {
  await tab.page.getByRole("button", { name: "Review" }).click();
}

test("two tabs in conflict: the second sees what the first did, and can go on", async () => {
  const first = await Tab.enter(context, stand.login());
  const second = await Tab.enter(context, stand.login());
  await fill(first, "7s");
  await fill(second, "9s");
  await second.page.getByText("The gateway accepts this.").waitFor();
  await review(second);
  await second.page.locator("dialog .diff").waitFor();
  await review(first);
  await first.apply("Change", "seven");
  await second.page.locator("dialog footer").getByRole("button", { name: "Change" }).click();
  await second.page.getByText("The object has changed since you opened it").waitFor();
  const difference = await second.page.locator("dialog .diff").innerText();
  expect(difference).toContain("7s");
  expect(difference).toContain("9s");
  // The form has taken over the rest, says who it was, and keeps what was typed.
  await second.page.getByRole("button", { name: "Back to the form" }).click();
  await second.page.getByText(/local changed it meanwhile.*seven/).waitFor();
  await second.page.getByText("You both changed timeout").waitFor();
  expect(await second.page.getByLabel("Timeout", { exact: true }).inputValue()).toBe("9s");
  await review(second);
  await second.apply("Change");
  expect(stand.read()).toContain('timeout = "9s"');
  first.healthy();
  second.healthy();
  await first.page.close();
  await second.page.close();
});

test("a form takes over what it has not touched, and does not undo it", async () => {
  const tab = await Tab.enter(context, stand.login());
  await fill(tab, "11s");
  stand.command("bind", "GET", "/orders/{id}", "--service", "shop", "--function", "carts", "--replace", "--note", "moved");
  await tab.page.getByText(/local changed it meanwhile.*moved/).waitFor();
  expect(await tab.page.getByLabel("Function", { exact: true }).inputValue()).toBe("carts");
  expect(await tab.page.getByLabel("Timeout", { exact: true }).inputValue()).toBe("11s");
  await review(tab);
  await tab.apply("Change");
  expect(stand.read()).toMatch(/function = "carts"/);
  expect(stand.read()).toContain('timeout = "11s"');
  await tab.page.close();
});

test("a file that is changed by hand is seen at once, and its comments stay", async () => {
  const tab = await Tab.enter(context, stand.login());
  await fill(tab, "13s");
  await tab.page.getByText("The gateway accepts this.").waitFor();
  stand.write(stand.read().replace('timeout = "11s"', 'timeout = "10s" # by hand'));
  await tab.page.getByText("You both changed timeout").waitFor();
  await review(tab);
  await tab.page.locator("dialog .diff").getByText('timeout = "10s" # by hand').first().waitFor();
  await tab.page.keyboard.press("Escape");
  expect(stand.read()).toContain('timeout = "10s" # by hand');
  await tab.go("apis/shop/GET%20%2Forders%2F%7Bid%7D");
  await tab.page.locator("dd").getByText("10s").first().waitFor();
  stand.write(stand.read().replace('timeout = "10s" # by hand', "timeout = 10"));
  await tab.page.getByText("Last reload refused").waitFor();
  stand.write(stand.read().replace("timeout = 10", 'timeout = "12s"'));
  await tab.page.locator("dd").getByText("12s").first().waitFor();
  tab.healthy();
  await tab.page.close();
});
