// What the form for new orders keeps and asks, in the browser.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { countOrders, fill, launch, sample, send, tabTo, withDesk } from "./desk.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const focusedId = (page) => page.evaluate(() => document.activeElement.id);

for (const javaScriptEnabled of [true, false]) {
  const scripts = javaScriptEnabled ? "with" : "without";
  test(`a right card is kept, and another can be typed, ${scripts} JavaScript`, () =>
    withDesk(browser, { rows: 1, javaScriptEnabled }, async (page) => {
      await send(page, { ...sample, product_quantity: "none" });
      await page.locator("#problem:focus").waitFor();
      assert.deepEqual(await page.locator("#problem a").allInnerTexts(), ["Quantity must be a whole number, like 4 or 1,000"]);
      await page.getByText("Visa •••• 1111, kept").waitFor();
      assert.ok(!(await page.locator("#card_number").isVisible()));

      // By the keyboard: from the field that is wrong to the customer, the card and what changes it.
      await page.locator("#problem a").press("Enter");
      await page.locator("#product_quantity:focus").fill("4");
      await page.keyboard.press("Tab");
      assert.equal(await focusedId(page), "user_id");
      await page.keyboard.press("Tab");
      assert.equal(await page.locator(":focus").innerText(), "Change");
      await page.keyboard.press("Enter");
      await page.keyboard.press("Tab");
      assert.equal(await focusedId(page), "card_number");
      await page.keyboard.type("5555 5555 5555 4444");
      await page.keyboard.press("Enter");
      await page.waitForURL("/orders/2");
      assert.ok((await page.locator("main").innerText()).includes("Mastercard •••• 4444"));
    }));

  test(`an order that looks the same is asked about once, ${scripts} JavaScript`, () =>
    withDesk(browser, { rows: 1, javaScriptEnabled }, async (page) => {
      await send(page, sample);
      await page.waitForURL("/orders/2");
      await send(page, { ...sample, product_quantity: "5" });
      await page.locator("#problem:focus").waitFor();
      assert.equal(await page.title(), "Question: Add an order · Orders");
      const question = page.locator("#problem li");
      assert.equal(
        await question.textContent(),
        "Order 2 (opens in a new tab) looks the same: 4 of R7-3126933h for the same customer, ordered on 3 March 2026.",
      );
      await page.keyboard.press("Tab");
      const [other] = await Promise.all([page.context().waitForEvent("page"), page.keyboard.press("Enter")]);
      await other.getByRole("heading", { name: "Order 2" }).waitFor();
      await other.close();
      // The form is still there, with all that was typed; the card is kept.
      assert.equal(await page.inputValue("#product_quantity"), "5");
      assert.equal(await page.inputValue("#card_number"), "");
      await tabTo(page, page.getByRole("button", { name: "Add it all the same" }));
      await page.keyboard.press("Enter");
      await page.waitForURL("/orders/3");
      assert.equal(await countOrders(page), 3);
    }));
}

test("a telephone shows the new form from its start", () =>
  withDesk(browser, { rows: 60, viewport: { width: 390, height: 844 } }, async (page) => {
    await page.goto("/orders/new");
    assert.equal(await focusedId(page), "store_code");
    assert.equal(await page.evaluate(() => scrollY), 0);
    await fill(page, { ...sample, product_quantity: "0" });
    await page.locator("#product_quantity").press("Enter");
    await page.getByText("Visa •••• 1111, kept").waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
    await page.getByText("Change", { exact: true }).click();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  }));
