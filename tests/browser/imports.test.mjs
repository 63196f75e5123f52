// A file of orders by the keyboard alone: brought, a column chosen, a value mended, imported, its wrong rows seen, undone.

import assert from "node:assert/strict";
import { test } from "node:test";
import axe from "axe-core";
import { launch, openDesk, openPage } from "./desk.mjs";

const header = "date_uuid,user_id,Karte,Laden,product_code,product_quantity,order_date";
const row = (n, store) =>
  `00000000-0000-4000-8000-00000000000${n},00000000-0000-4000-8000-0000000000aa,4111111111111111,${store},R7-3126933h,2,2026-03-0${n} 10:00:00`;
const file = {
  name: "March.csv",
  mimeType: "text/csv",
  buffer: Buffer.from([header, row(1, "HI-9B97EE4E"), row(2, "HI-9B97EE4X"), row(3, "nowhere"), ""].join("\n")),
};

async function onDesk(options, story) {
  const [browser, desk] = await Promise.all([launch(), openDesk()]);
  const { page, complaints, close } = await openPage(browser, desk, options);
  try {
    await story(page);
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

async function assertFits(page) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(wide, 0, "the page scrolls sideways");
}

/** Presses a key on what leads to another page, and waits for that. */
async function press(page, locator, key = "Enter") {
  await locator.focus();
  await Promise.all([page.waitForNavigation(), page.keyboard.press(key)]);
}

/** Looks once more until the import is neither looked at nor under way. */
async function settled(page) {
  await page.locator("main:not(:has([data-again]))").waitFor();
}

for (const [name, options] of [
  ["light, with JavaScript", { colorScheme: "light" }],
  ["dark, on a phone", { colorScheme: "dark", viewport: { width: 390, height: 844 } }],
  ["without JavaScript", { javaScriptEnabled: false }],
]) {
  test(`a file is imported and undone: ${name}`, () =>
    onDesk(options, async (page) => {
      const check = async () => {
        await assertFits(page);
        if (options.javaScriptEnabled !== false) await assertAccessible(page);
      };
      await page.goto("/imports");
      await check();
      await press(page, page.getByRole("main").getByRole("link", { name: "Import a file" }).first());
      await check();
      await page.getByLabel("File").setInputFiles(file);
      await press(page, page.getByRole("button", { name: "Look at it" }));
      await settled(page);
      await check();
      await page.getByLabel("Laden is").selectOption("Store code");
      await page.getByLabel("Karte is").selectOption("Card number");
      await press(page, page.getByRole("button", { name: "Look again" }));
      await settled(page);
      assert.match(await page.getByRole("main").innerText(), /1 new, 2 wrong/);
      assert.match(await page.locator("#wrong").innerText(), /nowhere/);
      await check();
      await page.getByLabel("HI-9B97EE4X: read it as").fill("HI-9B97EE4E");
      await press(page, page.getByRole("button", { name: "Read them so" }));
      await settled(page);
      assert.match(await page.getByRole("main").innerText(), /2 new, 1 wrong/);
      await press(page, page.getByRole("button", { name: "Import 2 orders" }));
      await settled(page);
      assert.match(await page.getByRole("main").innerText(), /2 orders added. 1 row was wrong./);
      await check();
      const wrong = page.getByRole("link", { name: "Download the wrong rows" });
      const text = await (await page.request.get(await wrong.getAttribute("href"))).text();
      assert.match(text, /Row 4: Store code must look like/);
      assert.doesNotMatch(text, /4111111111111111/);
      await press(page, page.getByRole("link", { name: "Show its orders" }));
      assert.equal(await page.locator("tbody tr").count(), 2);
      await page.goto("/imports/1");
      await press(page, page.getByRole("button", { name: "Undo" }));
      await settled(page);
      assert.match(await page.getByRole("main").innerText(), /2 put back/);
      await page.goto("/imports");
      await check();
    }));
}
