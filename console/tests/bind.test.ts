/** Binding from both sides, and what stands in its way. */
import { expect, test } from "vitest";
import { stand, tab, useStand } from "./browser";
import { eventually } from "./stand";

useStand();

test("from the side of the service: an API that has a function", async () => {
  const { page } = tab;
  await page.getByRole("navigation").getByRole("link", { name: "APIs" }).click();
  await page.getByRole("link", { name: "Bind an API" }).click();
  await page.getByLabel("Path", { exact: true }).fill("/carts/{id}");
  await page.getByLabel("Function", { exact: true }).fill("cart");
  // The gateway checks while somebody types.
  await page.locator(".wrong").getByText("cart").waitFor();
  await page.getByLabel("Function", { exact: true }).fill("carts");
  await page.getByText("The gateway accepts this.").waitFor();
  await page.getByRole("button", { name: "Review" }).click();
  const dialog = page.locator("dialog");
  await dialog.locator(".diff").waitFor();
  expect(await dialog.innerText()).toContain("fngate bind GET '/carts/{id}' --service shop --function carts");
  await tab.apply("Bind", "carts for the shop");
  await page.getByRole("heading", { name: "/carts/{id}" }).waitFor();
  expect((await stand.call("/carts/1")).body).toContain('"carts"');
  expect(stand.read()).toContain('path = "/carts/{id}"');
  expect(stand.read()).toContain('name = "orders" # takes orders');
  expect(stand.command("history")).toContain("carts for the shop");
});

test("from the side of the function: a trigger of three fields, the same object", async () => {
  const { page } = tab;
  await tab.go("functions/default/carts");
  await page.getByRole("heading", { name: "carts" }).waitFor();
  await page.getByLabel("Method").selectOption("POST");
  await page.getByLabel("Path", { exact: true }).fill("/carts");
  await page.locator("main").getByRole("button", { name: "Add", exact: true }).click();
  await tab.apply("Add");
  const row = page.getByRole("link", { name: "/carts", exact: true });
  await row.waitFor();
  await row.click();
  await page.getByRole("heading", { name: "/carts" }).waitFor();
  expect((await stand.call("/carts", "POST")).status).toBe(200);
});

test("a path that is bound already names its holder", async () => {
  const { page } = tab;
  await tab.go("functions/default/carts");
  await page.getByLabel("Path", { exact: true }).fill("/orders/{number}");
  await page.getByText("is bound already").waitFor();
  expect(await page.getByRole("alert").innerText()).toContain("GET /orders/{id}");
  expect(await page.locator("main").getByRole("button", { name: "Add", exact: true }).isDisabled()).toBe(true);
  await page.getByRole("link", { name: "Show what is there" }).click();
  await page.getByRole("heading", { name: "/orders/{id}" }).waitFor();
});

test("switched off and on again from the list", async () => {
  const { page } = tab;
  await tab.go("apis");
  await page.getByRole("button", { name: "Switch off GET /orders/{id}" }).click();
  await tab.apply("Switch off");
  await page.getByRole("button", { name: "Switch on GET /orders/{id}" }).waitFor();
  expect((await stand.call("/orders/1")).status).toBe(404);
  await page.getByRole("button", { name: "Switch on GET /orders/{id}" }).click();
  await tab.apply("Switch on");
  await page.getByRole("button", { name: "Switch off GET /orders/{id}" }).waitFor();
  expect((await stand.call("/orders/1")).status).toBe(200);
});

test("a service, a function and an API are made and deleted, each with its guard", async () => {
  const { page } = tab;
  await tab.go("services");
  await page.getByRole("button", { name: "Add a service" }).first().click();
  await page.getByLabel("Name", { exact: true }).fill("blog");
  await page.getByLabel("Host", { exact: true }).fill("shop.example.com");
  await page.locator("dialog .wrong, dialog [role=alert]").first().waitFor();
  await page.getByLabel("Host", { exact: true }).fill("blog.example.com");
  await page.locator("dialog").getByRole("button", { name: "Review" }).click();
  await tab.apply("Add a service");
  await page.getByText("blog.example.com").waitFor();

  await tab.go("add-function");
  await page.getByLabel("Name", { exact: true }).fill("posts");
  await page.getByLabel("Instances").fill("http://127.0.0.1:70000");
  await page.locator(".wrong").getByText("70000").waitFor();
  await page.getByLabel("Instances").fill(`http://127.0.0.1:${stand.ports.carts}`);
  await page.getByRole("button", { name: "Review" }).click();
  await tab.apply("Add");
  await page.getByLabel("Service").selectOption("blog");
  await page.getByLabel("Path", { exact: true }).fill("/posts");
  await page.locator("main").getByRole("button", { name: "Add", exact: true }).click();
  await tab.apply("Add");
  await page.getByText("Triggers (1)").waitFor();

  // In use: it says so.
  const guarded = page.getByRole("button", { name: "Delete" });
  expect([await guarded.isDisabled(), await guarded.getAttribute("title")]).toEqual([true, expect.stringContaining("Unbind")]);
  await page.getByRole("link", { name: "/posts" }).click();
  await page.getByRole("button", { name: "Unbind" }).click();
  await tab.apply("Unbind");
  await tab.go("functions/default/posts");
  await page.getByRole("button", { name: "Delete" }).click();
  const remove = page.locator("dialog footer").getByRole("button", { name: "Delete" });
  await page.locator("dialog .diff").waitFor();
  expect(await remove.isDisabled()).toBe(true);
  await page.getByLabel("Type posts to confirm").fill("posts");
  await tab.apply("Delete");
  await eventually("the function is gone", () => !stand.read().includes("posts"));
});
