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

  stand.command("unbind", "GET", "/orders/{id}", "--service", "shop");
  expect((await stand.call("/orders/1")).status).toBe(200);
  await environment("release")
    .getByText(/1 revision/)
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
  await page.getByText("back to the first").first().waitFor();
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
