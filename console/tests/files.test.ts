/** Editing files, and trying a request. */
import { expect, test } from "vitest";
import { stand, tab, useStand } from "./browser";
import { eventually } from "./stand";

useStand(`
[[function]]
name = "secret"
instances = ["http://127.0.0.1:9"]

[function.headers]
Authorization = "Bearer secret-of-the-shop"
`);

test("an error is shown at its line, and a mended text is applied as it was typed", async () => {
  const { page } = tab;
  await tab.go("files");
  const editor = page.locator("textarea");
  await editor.waitFor();
  const text = await editor.inputValue();
  expect(text).toContain('Authorization = "***"');
  expect(text).not.toContain("secret-of-the-shop");
  await editor.fill(text.replace('path = "/orders/{id}"', 'path = "orders/{id}"'));
  const line = text.split("\n").findIndex((one) => one.includes('path = "/orders/{id}"')) + 1;
  await page
    .getByText(new RegExp(`\\b${line}\\b`))
    .first()
    .waitFor();
  await page
    .locator("main")
    .getByRole("button", { name: new RegExp(`${line}`) })
    .or(page.locator("main .wrong, main [role=alert]"))
    .first()
    .waitFor();
  await editor.fill(text.replace('path = "/orders/{id}"', 'path = "/orders/{id}" # by hand'));
  const review = page.getByRole("button", { name: /^Review/ });
  await expect.poll(() => review.isEnabled()).toBe(true);
  await review.click();
  await tab.apply("Apply", "a comment");
  await eventually("the file has the comment", () => stand.read().includes('path = "/orders/{id}" # by hand'));
  expect(stand.read()).toContain("secret-of-the-shop");
});

test("what must not be changed from here is refused with its place", async () => {
  const { page } = tab;
  await tab.go("files");
  const editor = page.locator("textarea");
  await editor.waitFor();
  const text = await editor.inputValue();
  await editor.fill(text.replace('level = "warn"', 'level = "debug"'));
  await page
    .getByText(/cannot be changed through the admin API/)
    .first()
    .waitFor();
  await page.getByRole("button", { name: /^Review/ }).click();
  await page.locator("dialog").getByText("`log.level`".replaceAll("`", "")).first().waitFor();
  expect(await page.locator("dialog").getByRole("button", { name: "Apply" }).isEnabled()).toBe(false);
});

test("a look-up says who wins; the request is sent and its answer shown", async () => {
  const { page } = tab;
  await tab.go("explain?method=GET&url=http://shop.example.com/orders/7");
  await page.locator("main").getByText("/orders/{id}").first().waitFor();
  await page.getByRole("button", { name: /^Send/ }).click();
  await page.locator("main").getByText("200").first().waitFor();
  await page.locator("main").getByText('"orders"').first().waitFor();
  await tab.go("explain?method=GET&url=http://shop.example.com/order/7");
  await page.locator("main").getByText("/orders/{id}").first().waitFor();
  await page.getByRole("link", { name: /Bind/ }).first().waitFor();
});

test("curl of an https address needs a listener with TLS", async () => {
  const { page } = tab;
  await tab.go("explain?method=GET&url=https://shop.example.com/orders/7");
  await page.getByText("No listener has TLS").waitFor();
  await tab.go("explain?method=GET&url=http://shop.example.com/orders/7");
  await page.getByText(`curl --include --connect-to ::127.0.0.1:${stand.data}`).waitFor();
});

test("a look-up warns of a function that does not answer", async () => {
  const { page } = tab;
  stand.command("bind", "GET", "/down", "--service", "shop", "--function", "secret");
  expect((await stand.call("/down")).status).toBe(502);
  await tab.go("explain?method=GET&url=http://shop.example.com/down");
  await page.getByText("none of its instances answers").waitFor();
  // The answer is in view, and the request is in the tail.
  await page.getByRole("button", { name: /^Send/ }).click();
  await page.locator(".explain-answer").getByText("Function unreachable").first().waitFor();
  await expect
    .poll(() => page.locator(".explain-answer > .card header").evaluate((head) => head.getBoundingClientRect().top < innerHeight))
    .toBe(true);
});
