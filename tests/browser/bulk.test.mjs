// Many orders at once, as a clerk does it in the morning: with a mouse, by keyboard alone, without JavaScript, on a phone.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import axe from "axe-core";
import { launch, leave, openDesk, openPage, sample, tabTo } from "./desk.mjs";

const TO_SHIP = "/?status=to-ship&sort=ordered&per_page=50";

/** Runs `story` on a desk of its own with forty orders to ship, in a browser that keeps the pages behind or does not. */
async function onDesk({ keepsPages = false, ...options }, story) {
  const ignoreDefaultArgs = keepsPages ? ["--disable-back-forward-cache"] : [];
  const [browser, desk] = await Promise.all([launch({ ignoreDefaultArgs }), openDesk()]);
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

async function assertAccessible(page, hasScripts = true) {
  if (!hasScripts) return;
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
    assert.ok(bar.x >= 0 && bar.x + bar.width <= 390 && bar.height <= 100, `it fits in two short rows: ${JSON.stringify(bar)}`);
    assert.equal(await page.getByRole("button", { name: "Mark 1 as shipped" }).isVisible(), true);
    await page.getByRole("button", { name: "Select all 40" }).tap();
    await page.getByRole("heading", { name: "What to do with 40 orders?" }).waitFor();
    await assertAccessible(page);
    const scrolled = await page.evaluate(() => [document.documentElement, ...document.querySelectorAll(".job-orders, .orders")].filter((one) => one.scrollWidth > one.clientWidth + 1).length);
    assert.equal(scrolled, 0, "nothing is wider than the screen");
    for (const row of await page.locator(".orders tbody tr").all()) assert.ok((await row.boundingBox()).height <= 64, "two lines an order");
    await interfere(page);
    await page.getByRole("button", { name: "Cancel…" }).tap();
    await page.getByRole("heading", { name: "Cancel?" }).waitFor();
    for (const way of [page.getByRole("link", { name: "Choose something else" }), page.getByRole("button", { name: "Do nothing" })]) {
      const { x, width } = await way.boundingBox();
      assert.ok(x >= 0 && x + width <= 390, "every way on can be reached");
    }
    const said = await page.locator("main").innerText();
    assert.match(said, /38 orders will be cancelled\./);
    assert.match(said, /2 orders will be left out\./);
    await assertAccessible(page);
    await page.getByRole("button", { name: "Cancel (38 orders)" }).tap();
    assert.match(await notice(page).locator("p").innerText(), /^38 cancelled\. 2 were not: /);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 390, `${width} px`);
  }));

for (const keepsPages of [true, false]) {
  test(`after Back the bar says what is ticked, in a browser that ${keepsPages ? "keeps pages" : "loads them again"}`, () =>
    onDesk({ keepsPages }, async (page) => {
      await page.addInitScript(() => addEventListener("pageshow", ({ persisted }) => (globalThis.wasKept = persisted)));
      await page.goto(TO_SHIP);
      for (const number of [3, 5, 8]) await box(page, number).check();
      for (const [leaveBy, isOver] of [
        [() => page.locator("#order-5 th a").click(), /\/orders\/5/],
        [() => page.getByRole("button", { name: "More…" }).click(), /\/bulk\/\d+$/],
      ]) {
        const before = await page.locator("[name=order]:checked").count();
        await leaveBy();
        await page.waitForURL(isOver);
        await page.goBack({ waitUntil: "commit" });
        await page.locator(".orders [name=order]").first().waitFor();
        await page.waitForFunction(() => globalThis.wasKept !== undefined);
        assert.equal(await page.evaluate(() => globalThis.wasKept), keepsPages);
        const ticked = await page.locator("[name=order]:checked").count();
        assert.equal(ticked, keepsPages ? before : 0, "a page that is loaded again is as it was sent");
        assert.equal(await page.locator(".picked").isVisible(), ticked > 0);
        assert.equal(await page.locator("[data-count]").textContent(), `${ticked} selected`);
        if (!ticked) for (const number of [3, 5, 8]) await box(page, number).check();
      }
      await page.getByRole("button", { name: "Mark 3 as shipped" }).click();
      assert.match(await notice(page).locator("p").innerText(), /^3 marked as shipped\./);
    }));
}

test("Select all takes exactly what is shown: after a search, a filter, a saved view, and Back", () =>
  onDesk({ keepsPages: true }, async (page) => {
    const store = "DE-00000001";
    for (let nth = 0; nth < 30; nth++) {
      const form = { ...sample, store_code: store };
      await page.request.post("/orders", { form, headers: { prefer: "handling=lenient" }, maxRedirects: 0 });
    }
    const named = await page.request.post(`/views?store=${store}`, { form: { name: "Mine" }, maxRedirects: 0 });
    assert.equal(named.status(), 303);
    const of = (rows) => rows.evaluateAll((rows) => rows.map((row) => row.id));
    const selectsAll = async (how) => {
      assert.match(await page.locator(".found").innerText(), /^30 orders/, how);
      const shown = await of(page.locator(".orders tbody tr"));
      assert.equal(shown.length, 25);
      await page.locator("[name=order]").first().check();
      await page.getByRole("button", { name: "Select all 30" }).click();
      await page.getByRole("heading", { name: "What to do with 30 orders?" }).waitFor();
      assert.deepEqual(await of(page.locator(".orders tbody tr")), shown.slice(0, 10), how);
    };
    await page.goto("/");
    await page.locator("#q").fill(store);
    await leave(page);
    await selectsAll("a search");
    await page.goBack({ waitUntil: "commit" });
    await page.locator(".chips").waitFor();
    await page.locator("[name=order]").first().uncheck();
    await selectsAll("Back to a search");

    await page.goto("/");
    await page.locator(".filters summary").click();
    await page.getByRole("textbox", { name: "Store", exact: true }).fill(store);
    await page.getByRole("button", { name: "Show orders" }).click();
    await page.waitForURL(/store=/);
    await selectsAll("a filter");

    // Another list in between, and Back over it.
    await page.goto("/");
    await page.getByRole("link", { name: /^Mine/ }).click();
    await page.waitForURL(/view=|store=/);
    await page.getByRole("link", { name: /^All orders/ }).click();
    await page.waitForURL((url) => !url.search.includes("store="));
    await page.goBack({ waitUntil: "commit" });
    await page.locator(".chips").waitFor();
    await selectsAll("Back to a saved view");
  }));

for (const javaScriptEnabled of [true, false]) {
  test(`ticked orders are taken along as a file, ${javaScriptEnabled ? "and stay ticked" : "without scripts"}`, () =>
    onDesk({ javaScriptEnabled, acceptDownloads: true }, async (page) => {
      await page.goto(TO_SHIP);
      for (const number of [2, 7]) await box(page, number).check();
      for (const format of ["CSV", "NDJSON"]) {
        await page.locator(".picked summary").click();
        await assertAccessible(page, javaScriptEnabled);
        const [download] = await Promise.all([
          page.waitForEvent("download"),
          page.getByRole("button", { name: format, exact: true }).click(),
        ]);
        assert.match(download.suggestedFilename(), /^orders-selected-20.*\.(csv|ndjson)$/);
        const lines = readFileSync(await download.path(), "utf8").trim().split("\n");
        const numbers = lines.filter((line) => !line.startsWith("number")).map((line) => line.match(/\d+/)[0]);
        assert.deepEqual(numbers, ["2", "7"]);
        if (!javaScriptEnabled) await page.locator(".picked summary").click();
      }
      assert.equal(await page.locator("[name=order]:checked").count(), 2);
      // The page goes on: nothing waits for a file.
      await page.getByRole("button", { name: /^Mark (2|ticked) as shipped$/ }).click();
      assert.match(await notice(page).locator("p").innerText(), /^2 marked as shipped\./);
    }));
}
