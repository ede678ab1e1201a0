/** Releases, the history and the way back. */
import { expect, test } from "vitest";
import { stand, tab, useStand } from "./browser";

useStand();

function environment(name: string) {
  return tab.page.locator("section.card").filter({ has: tab.page.getByRole("heading", { name, exact: true }) });
}

test("a released environment stays while the files move on, and follows again", async () => {
  const { page } = tab;
  await tab.go("releases");
  await environment("release")
    .getByRole("button", { name: /^(Pin|Release)/ })
    .first()
    .click();
  const dialog = page.locator("dialog");
  await dialog.getByText("fngate release release").waitFor();
  await dialog.locator("footer").getByRole("button").last().click();
  await dialog.waitFor({ state: "detached" });
  await environment("release")
    .getByText(/Pinned/i)
    .first()
    .waitFor();

  // Wherever somebody could believe that a change is in force everywhere.
  await page.getByText("release serves revision 1 now").waitFor();
  await page.locator(".bar").getByText("release @1").waitFor();
  await tab.go("");
  await page.locator("main").getByText("release is pinned to revision 1").first().waitFor();
  await tab.go("apis");
  await page.getByRole("button", { name: "Switch off GET /orders/{id}" }).click();
  await dialog.getByText("is pinned to revision 1: a change has no effect there").waitFor();
  await tab.apply("Switch off");
  await page.getByText(/\/orders\/\{id\} is off\. Revision 2 is in use, not in release @1/).waitFor();
  await page.locator(".vrow").getByText("On in release @1").waitFor();
  expect((await stand.call("/orders/1")).status).toBe(200);
  await tab.go("releases");

  stand.command("unbind", "GET", "/orders/{id}", "--service", "shop");
  expect((await stand.call("/orders/1")).status).toBe(200);
  await environment("release")
    .getByText(/2 revisions/)
    .first()
    .waitFor();

  await environment("release")
    .getByRole("button", { name: /^Follow/ })
    .click();
  await dialog.locator("footer").getByRole("button").last().click();
  await dialog.waitFor({ state: "detached" });
  await environment("release")
    .getByText(/Follows/i)
    .first()
    .waitFor();
  expect((await stand.call("/orders/1")).status).toBe(404);
});

test("rolled back to the revision before, from its page", async () => {
  const { page } = tab;
  await tab.go("history");
  await tab.go("history/1");
  await page.getByRole("button", { name: /Roll back/ }).click();
  await tab.apply(/Roll back/, "back to the first");
  expect((await stand.call("/orders/1")).status).toBe(200);
  expect(stand.command("history")).toContain("back to the first");
  await tab.go("history");
  const row = page.locator(".vrow").first();
  await row.getByText("Rolled back to 1").waitFor();
  await row.getByText("back to the first").waitFor();
  await page.getByText("− API GET /orders/{id} · shop").waitFor();
  await page.getByText("~ API GET /orders/{id} · shop: enabled: true → false").waitFor();
  await tab.go("history?tab=audit");
  await page.getByText("Set `admin.audit`".replaceAll("`", "")).or(page.getByText("since this process started")).first().waitFor();
  await page.locator(".vrow").getByText("enabled: true → false").waitFor();
  await page.locator(".vrow").getByText("127.0.0.1").first().waitFor();
});

test("taking an environment offline needs its name", async () => {
  const { page } = tab;
  await tab.go("releases");
  await environment("test")
    .getByRole("button", { name: /offline/i })
    .click();
  const dialog = page.locator("dialog");
  const apply = dialog.locator("footer").getByRole("button").last();
  await dialog.getByText("fngate unrelease test").waitFor();
  expect(await apply.isDisabled()).toBe(true);
  await dialog.getByLabel(/to confirm/).fill("test");
  await apply.click();
  await dialog.waitFor({ state: "detached" });
  expect(stand.command("releases")).toMatch(/test\s+.*(unreleased|offline)/i);
});
