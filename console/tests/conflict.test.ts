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
  await second.page.getByRole("button", { name: "Review against the current state" }).click();
  await second.apply("Change");
  expect(stand.read()).toContain('timeout = "9s"');
  first.healthy();
  second.healthy();
  await first.page.close();
  await second.page.close();
});

test("a file that is changed by hand is seen at once, and an open form does not overwrite it", async () => {
  const tab = await Tab.enter(context, stand.login());
  await fill(tab, "11s");
  await tab.page.getByText("The gateway accepts this.").waitFor();
  stand.write(stand.read().replace('timeout = "9s"', 'timeout = "10s" # by hand'));
  await tab.page.getByText("The object has changed since you opened it").or(tab.page.getByText("Revision 4")).first().waitFor();
  await review(tab);
  await tab.page.locator("dialog").getByText("The object has changed since you opened it").waitFor();
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
