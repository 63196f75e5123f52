// Own views as a clerk meets them: saved, changed, reset, ordered; by keyboard, on a phone, without JavaScript.

import assert from "node:assert/strict";
import { test } from "node:test";
import axe from "axe-core";
import { launch, openDesk, openPage, tabTo } from "./desk.mjs";

const tabs = (page) => page.getByRole("navigation", { name: "Views" }).getByRole("link");
const current = (page) => page.locator(".views [aria-current=page]").innerText();
/** Names without counts. */
const names = async (page) => (await tabs(page).allInnerTexts()).map((text) => text.replace(/ [\d,]+\+?$/, ""));
const builtIn = (all) => all.filter((name) => ["To ship", "Late", "On the way", "To check", "All orders"].includes(name));

/** Runs `story` on a desk of its own. */
async function onDesk(options, story) {
  const [browser, desk] = await Promise.all([launch(), openDesk({ rows: 60 })]);
  const { page, complaints, close } = await openPage(browser, desk, options);
  try {
    await story(page, { browser, desk });
    await close();
    assert.deepEqual(complaints, []);
  } finally {
    await Promise.all([browser.close(), desk.close()]);
  }
}

async function assertAccessible(page) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document));
  assert.deepEqual(violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`)), []);
}

for (const javaScriptEnabled of [true, false]) {
  test(`a view is saved, changed, reset and saved ${javaScriptEnabled ? "with" : "without"} JavaScript`, () =>
    onDesk({ javaScriptEnabled }, async (page) => {
      await page.goto("/?status=delivered&sort=store");
      const before = await names(page);
      await page.getByRole("link", { name: "Save this view" }).click();
      await page.getByLabel("Name").fill("Delivered, by store");
      await page.getByRole("button", { name: "Save" }).click();
      assert.equal(await page.getByRole("status").innerText(), "View ‘Delivered, by store’ saved.");
      assert.match(await current(page), /^Delivered, by store/);
      assert.deepEqual(await names(page), [...before.slice(0, -1), "Delivered, by store", "All orders"]);
      const saved = page.url();
      await page.reload();
      assert.equal(await page.getByRole("status").count(), 0, "it is said once");

      await page.getByRole("link", { name: "Remove sorting" }).click();
      assert.match(await current(page), /^Delivered, by store/);
      assert.match(await page.locator(".changed").innerText(), /^Changed\s*Save\s*Save as new\s*Reset$/);
      if (javaScriptEnabled) await assertAccessible(page);
      await page.getByRole("link", { name: "Reset" }).click();
      assert.equal(page.url(), saved);
      assert.equal(await page.locator(".changed").count(), 0);

      await page.goBack();
      await page.getByRole("button", { name: "Save", exact: true }).click();
      assert.equal(await page.getByRole("status").innerText(), "View ‘Delivered, by store’ saved.");
      await page.getByRole("link", { name: "To ship" }).first().click();
      await page.getByRole("link", { name: "Delivered, by store" }).click();
      assert.match(page.url(), /\/\?status=delivered&view=1$/);
      assert.deepEqual(builtIn(await names(page)), before);
    }));
}

test("an order in a view leads back to it", () =>
  onDesk({}, async (page) => {
    await page.request.post("/views?sort=store", { form: { name: "By store" } });
    await page.goto("/");
    await page.getByRole("link", { name: "By store" }).click();
    await page.locator("tbody th a").first().click();
    await page.locator(".trail .back, a.back").first().click();
    assert.match(await current(page), /^By store/);
  }));

test("views are ordered, renamed and deleted by keyboard alone", () =>
  onDesk({}, async (page) => {
    for (const [name, store] of [["One", "HI"], ["Two", "WEB"]]) {
      await page.request.post(`/views?store=${store}`, { form: { name } });
    }
    await page.goto("/views/1");
    const press = async (name, role = "button") => {
      const target = page.getByRole(role, { name });
      await tabTo(page, target, 30);
      await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
    };
    await press("Edit views", "link");
    await press("Move ‘Two’ Up");
    assert.equal(await page.getByRole("status").innerText(), "View ‘Two’ moved.");
    const field = page.getByLabel("Name of ‘Two’");
    await tabTo(page, field);
    await page.keyboard.press("ControlOrMeta+A");
    await page.keyboard.type("First");
    await page.keyboard.press("Enter");
    await page.getByText("The view is called ‘First’ now.").waitFor();
    await press("Delete ‘One’", "link");
    await press("Delete the view");
    assert.equal(await page.getByRole("status").innerText(), "View deleted.");
    await page.goto("/");
    assert.deepEqual((await names(page)).slice(-2), ["First", "All orders"]);
  }));

test("on a phone the views scroll sideways and the page does not", () =>
  onDesk({ viewport: { width: 390, height: 844 } }, async (page) => {
    for (let number = 1; number <= 12; number++) {
      await page.request.post(`/views?store=HI&quantity_from=${number}`, { form: { name: `Quantity ${number} or more` } });
    }
    await page.goto("/");
    const widths = await page.evaluate(() => {
      const [nav, html] = [document.querySelector(".views"), document.documentElement];
      return { nav: [nav.clientWidth, nav.scrollWidth], html: [html.clientWidth, html.scrollWidth] };
    });
    assert.ok(widths.nav[1] > widths.nav[0], "they are wider than the screen");
    assert.equal(widths.html[1], widths.html[0]);
    await page.getByRole("link", { name: "Quantity 12 or more" }).click();
    assert.match(await current(page), /^Quantity 12 or more/);
  }));

test("two clerks who change one view are asked, and the second one decides", () =>
  onDesk({}, async (page, { browser, desk }) => {
    await page.request.post("/views?store=HI", { form: { name: "Shared" } });
    const other = await openPage(browser, desk);
    await page.goto("/?store=HI&sort=store&view=1");
    await other.page.goto("/?store=IW&view=1");
    await other.page.getByRole("button", { name: "Save", exact: true }).click();
    await other.page.getByRole("status").waitFor();
    await page.getByRole("button", { name: "Save", exact: true }).click();
    assert.match(await page.title(), /^Error: View ‘Shared’ was changed meanwhile/);
    await assertAccessible(page);
    await page.getByRole("link", { name: "Leave theirs" }).click();
    assert.match(page.url(), /\/\?store=IW&view=1$/);
    assert.equal(await page.locator(".changed").count(), 0);
    await other.close();
    assert.deepEqual(other.complaints, []);
  }));
