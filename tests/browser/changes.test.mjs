// What is done with one order and undone again, notes, changes, and single keys.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { add, launch, leave, meet, openDesk, openPage, sample, tabTo } from "./desk.mjs";

let browser, desk;
before(async () => ([browser, desk] = await Promise.all([launch(), openDesk({ rows: 60 })])));
after(() => Promise.all([browser, desk].map((one) => one?.close())));

/** Runs `story` with a page of the desk that all tests here share. */
async function withPage(options, story) {
  const { page, complaints, close } = await openPage(browser, desk, options);
  await story(page);
  await close();
  assert.deepEqual(complaints, []);
}

const notice = (page) => page.getByRole("status").locator("p").innerText();

/** Adds an order and opens its page. */
async function added(page, fields = {}) {
  await add(page, { ...sample, ...fields });
  await page.getByRole("status").waitFor();
  return new URL(page.url()).pathname;
}

for (const javaScriptEnabled of [true, false]) {
  const how = javaScriptEnabled ? "with scripts" : "without scripts";
  test(`an order is shipped on a date, delivered, cancelled and reopened, and each undone, ${how}`, () =>
    withPage({ javaScriptEnabled }, async (page) => {
      await added(page);
      const today = await page.getByLabel("Shipped on").inputValue();
      assert.match(today, /^\d{4}-\d\d-\d\d$/);
      await page.getByLabel("Shipped on").fill("2026-03-04");
      await page.getByRole("button", { name: "Mark as shipped" }).click();
      assert.match(await notice(page), /marked as shipped\.$/);
      assert.match(await page.locator(".steps").innerText(), /Wednesday 4 March 2026/);
      await page.getByRole("button", { name: "Mark as delivered" }).click();
      assert.match(await notice(page), /marked as delivered\.$/);
      await page.getByRole("button", { name: "Undo" }).click();
      assert.match(await notice(page), /^Undone\. Order \d+ is as it was before\.$/);
      assert.equal(await page.locator(".head .status").innerText(), "Shipped");
      await page.getByRole("link", { name: "Cancel order" }).click();
      await page.getByLabel("Reason").fill("Sold out");
      await page.getByRole("button", { name: "Cancel the order" }).click();
      assert.match(await page.locator(".remarks").innerText(), /Reason: Sold out/);
      await page.getByRole("button", { name: "Reopen" }).click();
      assert.match(await notice(page), /reopened\.$/);
      await page.getByRole("button", { name: "Undo" }).click();
      assert.equal(await page.locator(".head .status").innerText(), "Cancelled");
      await page.reload();
      assert.equal(await page.getByRole("button", { name: "Undo" }).count(), 0, "a notice is told once");
    }));
}

test("what does not collide is saved with one button", () =>
  withPage({}, async (page) => {
    await meet(page, { shipping_date: "2026-03-04" }, { product_quantity: "9" });
    assert.match(await page.locator(".versions").innerText(), /only you changed this/i);
    await page.getByRole("button", { name: "Save both changes" }).click();
    assert.match(await notice(page), /changed\.$/);
    assert.match(await page.locator(".facts").first().innerText(), /Quantity\s+9/);
  }));

test("a note is marked in the list and read out there", () =>
  withPage({}, async (page) => {
    const path = await added(page, { note: "Call before delivery" });
    await page.getByRole("link", { name: "Back to the list" }).click();
    const row = page.locator(`#order-${path.split("/").pop()}`);
    assert.equal(await row.locator(".remark").getAttribute("title"), "Call before delivery");
    assert.match(await row.locator("th").innerText(), /note: Call before delivery/);
  }));

test("changes are narrowed and lead to their orders", () =>
  withPage({}, async (page) => {
    await added(page);
    await page.getByRole("button", { name: "Mark as shipped" }).click();
    await page.getByRole("link", { name: "Changes" }).click();
    await page.getByLabel("What happened").selectOption("Shipped");
    await page.getByLabel("Day").fill("today");
    await page.getByRole("button", { name: "Show" }).click();
    await page.waitForURL(/kind=shipped/);
    const kinds = await page.locator("[data-field=what]").allInnerTexts();
    assert.ok(kinds.length > 0 && kinds.every((kind) => kind.endsWith("Shipped")), `${kinds}`);
    await page.locator("[data-field=order] a").first().click();
    await page.waitForURL(/\/orders\/\d+$/);
  }));

test("an order is found, opened, shipped and undone by keys alone", () =>
  withPage({}, async (page) => {
    const path = await added(page);
    const number = path.split("/").pop();
    await page.goto("/?status=to-ship&per_page=100");
    const focused = () => page.evaluate(() => document.activeElement.closest("tr")?.id);
    await page.keyboard.press("j");
    const first = await focused();
    await page.keyboard.press("j");
    assert.notEqual(await focused(), first);
    await page.keyboard.press("k");
    assert.equal(await focused(), first);
    for (let steps = 0; steps < 100 && (await focused()) !== `order-${number}`; steps++) await page.keyboard.press("j");
    await page.keyboard.press("e");
    await page.waitForURL(new RegExp(`${path}/edit`));
    await page.goBack();
    for (let steps = 0; steps < 100 && (await focused()) !== `order-${number}`; steps++) await page.keyboard.press("j");
    await page.keyboard.press("Enter");
    await page.waitForURL(new RegExp(`${path}\\?`));
    await leave(page, "s");
    assert.match(await notice(page), /marked as shipped\.$/);
    await leave(page, "u");
    await page.getByText("Undone.").waitFor();
    await page.keyboard.press("e");
    await page.waitForURL(/\/edit/);
    // In a field keys are characters.
    await page.getByLabel("Note", { exact: true }).press("n");
    assert.equal(await page.getByLabel("Note", { exact: true }).inputValue(), "n");
    await page.goto("/");
    await page.keyboard.press("n");
    await page.waitForURL(/\/orders\/new/);
    await page.goto("/");
    await page.keyboard.press("?");
    await page.waitForURL("/keys");
  }));

test("an order is shipped from its row, and the page that tells it offers to undo", () =>
  withPage({}, async (page) => {
    await page.goto("/?status=to-ship");
    await page.keyboard.press("j");
    await leave(page, "s");
    assert.match(await notice(page), /marked as shipped\.$/);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("Undone.").waitFor();
  }));

test("keys that are turned off do nothing, on every page, until they are turned on", () =>
  withPage({}, async (page) => {
    await page.goto("/keys");
    await page.getByRole("checkbox", { name: "Single keys are on" }).uncheck();
    for (const path of ["/", "/orders/60"]) {
      await page.goto(path);
      for (const key of ["j", "e", "s", "n", "?"]) await page.keyboard.press(key);
      assert.equal(new URL(page.url()).pathname, path);
      assert.equal(await page.evaluate(() => document.activeElement === document.body), true);
    }
    await page.getByRole("checkbox", { name: "Single keys are on" }).check();
    await page.locator("h1").click();
    await page.keyboard.press("e");
    await page.waitForURL("/orders/60/edit");
  }));

test("without scripts no switch is shown, and the page of keys is reached by its link", () =>
  withPage({ javaScriptEnabled: false }, async (page) => {
    await page.goto("/");
    assert.equal(await page.getByRole("checkbox", { name: "Single keys are on" }).isVisible(), false);
    await page.getByRole("link", { name: "Keys" }).click();
    await page.waitForURL("/keys");
    assert.equal(await page.locator("kbd").count(), 10);
  }));

test("undo is near for who uses the keyboard", () =>
  withPage({}, async (page) => {
    await added(page);
    await page.getByRole("button", { name: "Mark as shipped" }).click();
    await page.getByRole("status").waitFor();
    await tabTo(page, page.getByRole("button", { name: "Undo" }), 9);
  }));

for (const colorScheme of ["light", "dark"]) {
  test(`no accessibility fault where something can be undone, among changes and keys, ${colorScheme}`, () =>
    withPage({ colorScheme }, async (page) => {
      const faults = async (what) => {
        await page.evaluate(axe.source);
        const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
        assert.deepEqual(violations.map(({ id, nodes }) => `${what} ${id}: ${nodes[0].html}`), []);
      };
      await added(page, { note: "Gift" });
      await page.getByRole("button", { name: "Mark as shipped" }).click();
      await page.getByRole("button", { name: "Undo" }).waitFor();
      await faults("an order");
      for (const path of ["/changes", "/changes?day=someday", "/changes?by=nobody", "/keys", "/orders/new?note=Gift"]) {
        await page.goto(path);
        await faults(path);
      }
    }));
}
