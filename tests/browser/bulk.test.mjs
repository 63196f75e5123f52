// Many orders at once, as a clerk does it in the morning: with a mouse, by keyboard alone, without JavaScript, on a phone.

import assert from "node:assert/strict";
import { test } from "node:test";
import axe from "axe-core";
import { launch, leave, openDesk, openPage, sample, tabTo } from "./desk.mjs";

const TO_SHIP = "/?status=to-ship&sort=ordered&per_page=50";

/** Runs `story` on a desk of its own with forty orders to ship. */
async function onDesk(options, story) {
  const [browser, desk] = await Promise.all([launch(), openDesk()]);
  const { page, complaints, close } = await openPage(browser, desk, options);
  try {
    for (let nth = 0; nth < 40; nth++) {
      const answer = await page.request.post("/orders", { form: sample, headers: { prefer: "handling=lenient" }, maxRedirects: 0 });
      assert.equal(answer.status(), 303);
    }
    await story(page);
    await close();
    assert.deepEqual(complaints, []);
  } finally {
    await Promise.all([browser.close(), desk.close()]);
  }
}

/** While the page is open, somebody else cancels one of the orders and ships another one. */
async function interfere(page) {
  for (const [path, form] of [["/orders/7/cancel", { version: "1" }], ["/orders/9/ship", {}]]) {
    assert.equal((await page.request.post(path, { form, maxRedirects: 0 })).status(), 303);
  }
}

async function assertAccessible(page) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document));
  assert.deepEqual(violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`)), []);
}

const notice = (page) => page.locator(".notice");
const box = (page, number) => page.getByRole("checkbox", { name: `Order ${number}`, exact: true });

async function assertMorningDone(page) {
  const said = await notice(page).locator("p").innerText();
  assert.match(said, /^38 marked as shipped\. 2 were not: 7 is cancelled; 9 was shipped on \d+ \w+ \d{4}\. Action #1$/);
  assert.match(await page.locator(".found").innerText(), /^0 orders/);
}

async function assertUndone(page) {
  assert.match(await notice(page).locator("p").innerText(), /^38 put back\. Action #2$/);
  assert.match(await page.locator(".found").innerText(), /^38 orders/);
}

test("forty orders are shipped on a date in four clicks, and put back in one", () =>
  onDesk({ viewport: { width: 1440, height: 900 } }, async (page) => {
    await page.goto(TO_SHIP);
    await interfere(page);
    const pager = page.locator(".bar:not(.picked)");
    const before = await page.locator("tbody tr").first().boundingBox();
    const place = await pager.boundingBox();
    await page.getByRole("checkbox", { name: "All orders on this page" }).click();
    assert.equal(await page.locator("[data-count]").innerText(), "40 selected");
    await page.getByRole("status").filter({ hasText: "40 selected" }).waitFor({ state: "attached" });
    assert.deepEqual(await page.locator("tbody tr").first().boundingBox(), before, "nothing moves");
    const bar = await page.locator(".picked").boundingBox();
    assert.deepEqual([bar.y, bar.height], [place.y, place.height], "it takes the pager's place");
    assert.equal(await pager.isVisible(), false);
    await assertAccessible(page);
    await page.getByRole("button", { name: "Mark 40 as shipped" }).click();
    await assertMorningDone(page);
    await assertAccessible(page);
    await page.getByRole("button", { name: "Undo" }).click();
    await assertUndone(page);
    await page.goto("/bulk/1");
    assert.match(await page.locator("main").innerText(), /Undone by action #2/);
    await assertAccessible(page);
    await page.goto("/bulk");
    assert.equal(await page.locator("tbody tr").count(), 2);
    await assertAccessible(page);
  }));

test("a range is ticked with Shift, and Clear takes all ticks off", () =>
  onDesk({}, async (page) => {
    await page.goto(TO_SHIP);
    await box(page, 5).click();
    await box(page, 12).click({ modifiers: ["Shift"] });
    assert.equal(await page.locator("[data-count]").innerText(), "8 selected");
    await box(page, 8).click();
    assert.equal(await page.locator("[data-count]").innerText(), "7 selected");
    await page.getByRole("button", { name: "Clear" }).click();
    assert.equal(await page.locator("[name=order]:checked").count(), 0);
    assert.equal(await page.locator(".picked").isVisible(), false);
  }));

test("by keyboard alone", () =>
  onDesk({}, async (page) => {
    await page.goto(TO_SHIP);
    await interfere(page);
    await page.keyboard.press("x");
    assert.equal(await page.locator("[name=order]:checked").count(), 0, "no row has the focus");
    await tabTo(page, box(page, 1), 60);
    await page.keyboard.press("x");
    assert.equal(await page.locator("[data-count]").innerText(), "1 selected");
    await page.keyboard.press("x");
    for (let presses = 0; presses < 3; presses++) await page.keyboard.press("Shift+Tab");
    const all = page.getByRole("checkbox", { name: "All orders on this page" });
    await all.focus();
    await page.keyboard.press("Space");
    await page.getByLabel("On", { exact: true }).focus();
    await leave(page);
    await assertMorningDone(page);
    await tabTo(page, page.getByRole("button", { name: "Undo" }), 16);
    await leave(page);
    await assertUndone(page);
  }));

test("without JavaScript the bar is always there", () =>
  onDesk({ javaScriptEnabled: false }, async (page) => {
    await page.goto(TO_SHIP);
    await interfere(page);
    assert.equal(await page.getByRole("button", { name: "Mark ticked as shipped" }).isVisible(), true);
    assert.equal(await page.locator(".bar:not(.picked)").isVisible(), true);
    for (const one of await page.locator("[name=order]").all()) await one.check();
    await page.getByRole("button", { name: "Mark ticked as shipped" }).click();
    await assertMorningDone(page);
    await page.getByRole("button", { name: "Undo" }).click();
    await assertUndone(page);
  }));

test("all that match are looked at before anything is done, on a phone", () =>
  onDesk({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }, async (page) => {
    await page.goto("/?per_page=25");
    await box(page, 40).tap();
    assert.match(page.url(), /\?per_page=25$|\/$/, "the box does not open the order");
    const bar = await page.locator(".picked").boundingBox();
    assert.ok(bar.x >= 0 && bar.x + bar.width <= 390, "it fits");
    await page.getByRole("button", { name: "Select all 40" }).tap();
    await page.getByRole("heading", { name: "What to do with 40 orders?" }).waitFor();
    await assertAccessible(page);
    await interfere(page);
    await page.getByRole("button", { name: "Cancel…" }).tap();
    await page.getByRole("heading", { name: "Cancel?" }).waitFor();
    const said = await page.locator("main").innerText();
    assert.match(said, /38 orders will be cancelled\./);
    assert.match(said, /2 orders will be left out\./);
    await assertAccessible(page);
    await page.getByRole("button", { name: "Cancel (38 orders)" }).tap();
    assert.match(await notice(page).locator("p").innerText(), /^38 cancelled\. 2 were not: /);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 390, `${width} px`);
  }));
