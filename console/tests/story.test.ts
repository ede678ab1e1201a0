/** A newcomer at `fngate dev`: binds a second function, calls it, sees the call, breaks it, sees why, and goes back. */
import { spawn, type ChildProcess } from "node:child_process";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch, newContext, Tab } from "./browser";
import { BINARY, freePort, send, Stand } from "./stand";

let stand: Stand;
let browser: Browser;
let dev: ChildProcess;
let data: number;
let address: string;

beforeAll(async () => {
  // Its functions run; its gateway is not needed here.
  [stand, browser] = await Promise.all([Stand.start(), launch()]);
  data = await freePort();
  dev = spawn(BINARY, ["dev", "--listen", `127.0.0.1:${data}`], {
    cwd: stand.directory,
    env: stand.environment,
    stdio: ["ignore", "pipe", "inherit"],
  });
  address = await new Promise((done, failed) => {
    let text = "";
    dev.stdout?.on("data", (part: Buffer) => {
      text += part.toString();
      const found = /^console:\s+(\S+)/m.exec(text);
      if (found?.[1]) done(found[1]);
    });
    dev.once("exit", () => failed(new Error(text)));
  });
});

afterAll(async () => {
  await browser?.close();
  dev?.kill();
  await stand?.stop();
});

test("bind, call, see it in the tail, break it, see why, roll back", async () => {
  const context = await newContext(browser);
  const tab = await Tab.enter(context, address);
  const { page } = tab;

  // The overview says where to begin, and that nothing of it stays.
  await page.getByText("Temporary:").waitFor();
  await page
    .locator("main")
    .getByRole("link", { name: /function/i })
    .first()
    .click();
  if (!page.url().endsWith("/add-function")) await page.getByRole("link", { name: "Add a function" }).first().click();
  await page.getByLabel("Name", { exact: true }).fill("orders");
  await page.getByLabel("Instances").fill(`http://127.0.0.1:${stand.ports.orders}`);
  await page.getByRole("button", { name: "Review" }).click();
  await tab.apply("Add");
  await page.getByLabel("Path", { exact: true }).fill("/orders/{id}");
  await page.locator("main").getByRole("button", { name: "Add", exact: true }).click();
  await tab.apply("Add", "orders are here");
  await page.getByText("Triggers (1)").waitFor();

  // The call, in the tail.
  await page.getByRole("navigation").getByRole("link", { name: "Requests" }).click();
  await page.getByRole("heading", { name: "Requests", exact: true }).waitFor();
  expect((await send(data, "localhost", "/orders/1")).body).toContain('"orders"');
  await page.getByText("/orders/1", { exact: false }).first().waitFor();

  // Broken: an instance that nobody listens at.
  await tab.go("functions/default/orders/edit");
  await page.getByLabel("Instances").fill(`http://127.0.0.1:${await freePort()}`);
  await page.getByRole("button", { name: "Review" }).click();
  await tab.apply("Change", "moved");
  // The call comes first: the tab has kept it.
  expect((await send(data, "localhost", "/orders/2")).status).toBe(502);
  await tab.go("requests");
  await page.getByText("/orders/2", { exact: false }).first().click();
  // Why, in words, with what to do.
  await page.locator(".tail-panel").getByText("Function unreachable").first().waitFor();

  // And back.
  await page.getByRole("link", { name: "History", exact: true }).click();
  await page.locator(".vrow", { hasText: "orders are here" }).getByRole("link").first().click();
  await page.getByRole("button", { name: /Roll back/ }).click();
  await tab.apply(/Roll back/);
  await page.getByText(/Rolled back to \d+\. Revision \d+ is in use/).waitFor();
  expect((await send(data, "localhost", "/orders/3")).status).toBe(200);
  // The way back says what it was.
  await tab.go("history");
  await page
    .locator(".vrow")
    .first()
    .getByText(/Rolled back to \d+/)
    .waitFor();
  tab.healthy();
  await context.close();
});
