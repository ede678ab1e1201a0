/** A gateway that has nothing yet: the first steps lead to a function that answers, without a page being lost on the way. */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch, newContext, Tab } from "./browser";
import { BINARY, eventually, freePort, send, Stand } from "./stand";

let stand: Stand;
let browser: Browser;
let gateway: ChildProcess;
let data: number;
let login: () => string;

beforeAll(async () => {
  // Its functions run; its gateway is not needed here.
  [stand, browser] = await Promise.all([Stand.start(), launch()]);
  const [admin, directory] = [await freePort(), join(stand.directory, "first")];
  data = await freePort();
  mkdirSync(join(directory, "run"), { recursive: true });
  const [file, env] = [join(directory, "fngate.toml"), { ...stand.environment, RUNTIME_DIRECTORY: join(directory, "run") }];
  writeFileSync(
    file,
    `[[listener]]\naddress = "127.0.0.1:${data}"\n[admin]\naddress = "127.0.0.1:${admin}"\n[history]\ndirectory = "${directory}/history"\n`,
  );
  gateway = spawn(BINARY, ["run", "-c", file], { cwd: directory, env, stdio: "ignore" });
  const isReady = () =>
    send(admin, "127.0.0.1", "/readyz").then(
      ({ status }) => status === 200,
      () => false,
    );
  await eventually("the gateway is ready", isReady);
  login = () => execFileSync(BINARY, ["console", "-c", file], { cwd: directory, env, encoding: "utf8", stdio: "pipe" }).trim();
});

afterAll(async () => {
  await browser?.close();
  gateway?.kill();
  await stand?.stop();
});

test("a function, a service in place, a path, and a try", async () => {
  const tab = await Tab.enter(await newContext(browser), login());
  const { page } = tab;
  await page.locator("main").getByRole("link", { name: "Add a function" }).click();
  await page.getByLabel("Name", { exact: true }).fill("orders");
  await page.getByLabel("Instances").fill(`http://127.0.0.1:${stand.ports.orders}`);
  await page.getByRole("button", { name: "Review" }).click();
  await tab.apply("Add");
  await page.getByText("Created: Function orders").waitFor();
  // No service yet: it is made where it is needed, for every host.
  await page.locator("main").getByRole("button", { name: "Add a service" }).click();
  await page.locator("dialog").getByRole("button", { name: "Review" }).click();
  await tab.apply("Add a service");
  await page.getByLabel("Path", { exact: true }).fill("/orders");
  await page.locator("main").getByRole("button", { name: "Add", exact: true }).click();
  await tab.apply("Add");
  await page.getByText("Bound GET /orders to orders").waitFor();
  expect((await send(data, "localhost", "/orders")).status).toBe(200);
  await tab.go("");
  await page.locator("main").getByRole("link", { name: "Explain and try" }).click();
  await page.getByText("The request reaches orders").waitFor();
  tab.healthy();
});
