/** What a tab has kept of requests, and what a page says before it knows anything. */
import { expect, test } from "vitest";
import { stand, tab, useStand } from "./browser";

useStand();

test("the tail has what ended before the page was opened, and filters it", async () => {
  const { page } = tab;
  await tab.go("apis");
  await page.locator(".vrow").first().waitFor();
  // The stream of this tab is open when the figures of a second have come.
  await tab.go("");
  await page.locator(".stat .value", { hasText: /\d/ }).first().waitFor();
  expect((await stand.call("/orders/1")).status).toBe(200);
  expect((await stand.call("/nothing")).status).toBe(404);
  await tab.go("requests?status=4xx");
  const rows = page.locator(".vrow");
  await rows.getByText("/nothing").waitFor();
  await rows.getByText("No API at this path").waitFor();
  expect(await rows.count()).toBe(1);
  await page.getByText(/1 since \d\d:\d\d/).waitFor();
  await page.getByRole("button", { name: "Remove all filters" }).click();
  await rows.getByText("/orders/1").waitFor();
  expect(await rows.count()).toBe(2);
});

test("a list that was never read is not called empty", async () => {
  const { page } = tab;
  for (const [path, none] of [
    ["functions", "No function yet"],
    ["apis", "No API yet"],
    ["services", "No service yet"],
    ["history", "No revisions yet"],
    ["history?tab=audit", "No changes yet"],
    ["functions/default/orders", "No path leads to this function yet"],
    ["bind", "There is none yet"],
  ] as const) {
    await page.route(/\/v1\/(functions|apis|services|revisions|audit)/, (route) => route.abort());
    await tab.go("nowhere");
    await tab.go(path);
    await page.waitForTimeout(400);
    expect([path, await page.locator("main").getByText(none).count()]).toEqual([path, 0]);
    expect([path, await page.locator("main").getByText(/^0 /).count()]).toEqual([path, 0]);
    await page.unrouteAll();
  }
});
