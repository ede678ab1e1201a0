/** Who gets in, how long, and what stays in the browser. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch, newContext, Tab } from "./browser";
import { Stand } from "./stand";

let stand: Stand;
let browser: Browser;

beforeAll(async () => {
  [stand, browser] = await Promise.all([Stand.start(), launch()]);
});

afterAll(async () => {
  await browser?.close();
  await stand?.stop();
});

test("an address of `fngate console` lets in once", async () => {
  const address = stand.login();
  const context = await newContext(browser);
  const tab = await Tab.enter(context, address);
  // The code is not in the address any more, so it cannot be bookmarked or sent along.
  expect(tab.page.url()).toBe(`${stand.origin}/console/`);
  const second = await Tab.open(context, address);
  await second.page.getByText("This address was already used").waitFor();
  expect(await second.page.locator(".shell").count()).toBe(0);
  tab.healthy();
  await context.close();
});

test("the token is in the memory of the tab and nowhere else", async () => {
  const context = await newContext(browser);
  const tab = await Tab.enter(context, stand.login());
  expect(await context.cookies()).toEqual([]);
  const kept = await tab.page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href, history.state]),
  );
  expect(kept).not.toMatch(/fng[a-z]?_/);
  await tab.page.reload();
  await tab.page.getByLabel("Token").waitFor();
  await context.close();
});

test("log out ends the session at the gateway", async () => {
  const context = await newContext(browser);
  const tab = await Tab.enter(context, stand.login());
  const asked = tab.page.waitForRequest((request) => request.url().includes("/v1/apis"));
  await tab.go("apis");
  const authorization = (await asked).headers()["authorization"] ?? "";
  expect(authorization).toMatch(/^Bearer fngs_/);
  await tab.page.getByRole("button", { name: "Log out" }).click();
  await tab.page.getByText("You are logged out.").waitFor();
  const answer = await fetch(`${stand.origin}/v1/status`, { headers: { Authorization: authorization } });
  expect([answer.status, ((await answer.json()) as { reason: string }).reason]).toEqual([401, "session_ended"]);
  tab.healthy();
  await context.close();
});

test("a wrong token is refused in words", async () => {
  const context = await newContext(browser);
  const tab = await Tab.open(context, `${stand.origin}/console/`);
  await tab.page.getByLabel("Token").fill("fng_wrong");
  await tab.page.getByRole("button", { name: "Log in" }).click();
  await tab.page.getByText("The gateway does not know this token.").waitFor();
  await context.close();
});

test("a read-only session sees everything, and every action says why it is off", async () => {
  const context = await newContext(browser);
  const tab = await Tab.enter(context, stand.login("--read-only"));
  await tab.page.locator(".bar").getByText("Read-only").waitFor();
  const off: [string, string[]][] = [
    ["apis", ["Bind an API"]],
    ["functions", ["Add a function"]],
    ["services", ["Add a service"]],
    ["apis/shop/GET%20%2Forders%2F%7Bid%7D", ["Change", "Switch off", "Unbind"]],
    ["functions/default/orders", ["Change", "Delete", "Add"]],
  ];
  for (const [path, names] of off) {
    await tab.go(path);
    for (const name of names) {
      const button = tab.page.locator("main").getByRole("button", { name, exact: true }).first();
      await button.waitFor();
      expect([path, name, await button.isDisabled(), await button.getAttribute("title")]).toEqual([
        path,
        name,
        true,
        expect.stringContaining("role `write`"),
      ]);
    }
  }
  // A form does not ask the gateway for what the token may not do.
  const asked: string[] = [];
  tab.page.on("request", (request) => request.url().includes("dry_run") && asked.push(request.url()));
  await tab.page.getByLabel("Path", { exact: true }).fill("/orders/all");
  await tab.page.waitForTimeout(1_000);
  expect(asked).toEqual([]);
  tab.healthy();
  await context.close();
});

test("a page that stays open over a restart says so and goes on", async () => {
  const context = await newContext(browser);
  const tab = await Tab.enter(context, stand.login());
  await tab.go("apis");
  await tab.page.getByText("/orders/{id}").waitFor();
  await stand.end();
  await tab.page.getByText("Connection to the gateway lost").waitFor();
  await stand.run();
  await tab.page.getByText("The gateway has restarted.").waitFor({ timeout: 20_000 });
  await tab.go("functions/default/carts");
  await tab.page.getByText("No path leads to this function yet").waitFor();
  await context.close();
});

test("five tabs with all their streams do not keep each other waiting", async () => {
  const context = await newContext(browser);
  const tabs: Tab[] = [];
  // Browsers open six connections to one host, over all tabs.
  for (let number = 0; number < 5; number += 1) tabs.push(await Tab.enter(context, stand.login()));
  for (const tab of tabs) {
    await tab.go("apis/shop/GET%20%2Forders%2F%7Bid%7D");
    await tab.page.locator(".way").first().waitFor();
  }
  for (const tab of tabs) {
    await tab.go("functions");
    await tab.page.locator(".vrow").first().waitFor();
    tab.healthy();
  }
  await context.close();
});
