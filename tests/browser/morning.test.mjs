// A clerk's morning on a desk full of demo data, as one story: orders are found, a view is made and left and come back
// to, at a desk, on a phone, by keyboard alone and without JavaScript. Every stop is looked at in both colour schemes.

import assert from "node:assert/strict";
import { test } from "node:test";
import axe from "axe-core";
import { launch, leave, openDesk, openPage, tabTo } from "./desk.mjs";

const ways = {
  "at a desk": { options: { viewport: { width: 1280, height: 800 } } },
  "on a phone": { options: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } },
  "by keyboard alone": { options: { viewport: { width: 1280, height: 800 } }, byKeyboard: true },
  "without JavaScript": { options: { javaScriptEnabled: false } },
};

for (const [way, { options, byKeyboard }] of Object.entries(ways)) {
  test(`a clerk's morning ${way}`, async () => {
    const [browser, desk] = await Promise.all([launch(), openDesk({ rows: 1000, dirty: true, until: "now" })]);
    const { page, complaints, close } = await openPage(browser, desk, { reducedMotion: "reduce", ...options });
    try {
      await morning(page, handOf(page, options, byKeyboard), await regularOf(desk), () => look(page, options));
      await close();
      assert.deepEqual(complaints, []);
    } finally {
      await Promise.all([browser.close(), desk.close()]);
    }
  });
}

async function morning(page, hand, regular, lookAround) {
  const search = page.getByRole("searchbox");
  const rows = page.locator("tbody tr");
  const orderLink = (number) => page.getByRole("link", { name: String(number), exact: true });
  const back = page.getByRole("link", { name: "Back to the list" });
  const current = page.locator(".views [aria-current=page]");
  const chips = page.locator(".chips a");

  // What is there to do today?
  await page.goto("/");
  const work = Object.fromEntries((await page.locator(".views a").allInnerTexts()).map(nameAndCount));
  assert.equal(work["All orders"], 1000);
  for (const view of ["To ship", "On the way", "To check"]) assert.ok(work[view] > 0 && work[view] < 150, `${view}: ${work[view]}`);
  await lookAround();

  // Somebody calls who has the card in sight, and asks for the older one of their orders.
  await hand.write(search, regular.lastFour);
  await page.keyboard.press("Enter");
  await page.waitForURL(`/?last4=${regular.lastFour}`);
  assert.deepEqual((await rows.evaluateAll((all) => all.map((row) => row.id))).sort(), regular.orders.map(({ number }) => `order-${number}`).sort());
  await lookAround();
  const { number, uuid } = regular.orders.at(-1);
  await hand.press(orderLink(number));
  await page.getByRole("heading", { name: `Order ${number}` }).waitFor();
  await lookAround();
  await hand.press(back);
  await page.waitForURL(`/?last4=${regular.lastFour}#order-${number}`);
  await assertLedTo(page, number);

  // The next mail has nothing but the UUID of an order, pasted with its frame.
  await hand.write(search, `{${uuid.toUpperCase()}}`);
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => url.pathname === `/orders/${number}`);
  await page.goBack();
  await page.waitForURL(`/?last4=${regular.lastFour}#order-${number}`);
  await page.goForward();
  await page.getByRole("heading", { name: `Order ${number}` }).waitFor();
  await hand.press(back);

  // Parcels with more than one piece go out first: a view of one's own.
  await hand.press(page.locator(".views a", { hasText: "To ship" }));
  await page.waitForURL("/?status=to-ship&sort=ordered");
  await hand.press(page.getByText("Filters", { exact: true }));
  await hand.write(page.getByRole("textbox", { name: "Quantity from" }), "2");
  await hand.press(page.getByRole("button", { name: "Show orders" }));
  await page.waitForURL("/?status=to-ship&quantity_from=2&sort=ordered");
  await hand.press(page.getByRole("link", { name: "Save this view" }));
  await hand.write(page.getByLabel("Name"), "Parcels");
  await leave(page);
  assert.equal(await page.getByRole("status").innerText(), "View ‘Parcels’ saved.");
  const [name, parcels] = nameAndCount(await current.innerText());
  assert.ok(name === "Parcels" && parcels >= 3 && parcels <= work["To ship"], `${name}: ${parcels}`);
  const saved = page.url();
  await lookAround();

  // What belongs to it is taken off piece by piece, and comes back by the way back.
  const left = ["/?status=to-ship&sort=ordered&view=1", "/?sort=ordered&view=1", "/?view=1"];
  for (const [nth, what] of ["Remove filter: Quantity", "Remove filter: Status To ship", "Remove sorting"].entries()) {
    assert.equal(await chips.count(), 3 - nth);
    await hand.press(page.getByRole("link", { name: what }));
    await page.waitForURL(left[nth]);
    assert.match(await current.innerText(), /^Parcels/);
    assert.match(await page.locator(".changed").innerText(), /^Changed/);
  }
  assert.equal(await chips.count(), 0);
  await lookAround();
  for (const url of [left[1], left[0], saved]) {
    await page.goBack();
    await page.waitForURL(url);
  }
  assert.equal(await chips.count(), 3);
  assert.equal(await page.locator(".changed").count(), 0);
  await page.goForward();
  await page.waitForURL(left[0]);
  await page.goBack();
  await page.waitForURL(saved);

  // Its second order is opened, then the third: that is the row which one comes back to.
  const [second, third] = await rows.evaluateAll((all) => all.slice(1, 3).map((row) => Number(row.id.replace("order-", ""))));
  await hand.press(orderLink(second));
  await page.getByText(`2 of ${parcels} in Parcels`).waitFor();
  await hand.press(page.getByRole("link", { name: "Next" }));
  await page.getByText(`3 of ${parcels} in Parcels`).waitFor();
  await page.goBack();
  await page.getByText(`2 of ${parcels} in Parcels`).waitFor();
  await page.goForward();
  await page.getByText(`3 of ${parcels} in Parcels`).waitFor();
  await hand.press(back);
  await page.waitForURL(`${saved}#order-${third}`);
  assert.match(await current.innerText(), /^Parcels/);
  await assertLedTo(page, third);
  await lookAround();
}

/** The row that one has come back to is in sight. */
async function assertLedTo(page, number) {
  const row = page.locator("tr:target");
  assert.equal(await row.getAttribute("id"), `order-${number}`);
  const { y, height } = await row.boundingBox();
  assert.ok(y >= 0 && y + height <= page.viewportSize().height, `order ${number} is at ${y} px`);
}

/** How things are done: with the keys, with a finger or with the mouse. */
function handOf(page, { hasTouch }, byKeyboard) {
  const most = 120;
  if (byKeyboard) {
    return {
      press: async (target) => {
        await tabTo(page, target, most);
        await page.keyboard.press("Enter");
      },
      write: async (field, text) => {
        await tabTo(page, field, most);
        await page.keyboard.press("ControlOrMeta+A");
        await page.keyboard.type(text);
      },
    };
  }
  return { press: (target) => (hasTouch ? target.tap() : target.click()), write: (field, text) => field.fill(text) };
}

/** Nothing sticks out sideways, and no rule of accessibility is broken in light or in dark. */
async function look(page, { javaScriptEnabled = true }) {
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth), page.url());
  // Axe runs as a script.
  if (!javaScriptEnabled) return;
  await page.evaluate(axe.source);
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await page.evaluate(() => globalThis.axe.run(document));
    const found = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`));
    assert.deepEqual(found, [], `${page.url()}, ${colorScheme}`);
  }
}

function nameAndCount(tab) {
  const [, name, count] = tab.match(/^(.*?)\s*([\d,]+)$/);
  return [name, Number(count.replaceAll(",", ""))];
}

/** A customer with several orders, newest first, and a card whose last four digits no other customer has. */
async function regularOf(desk) {
  const byLastFour = new Map();
  for (let number = 1; number <= 10; number++) {
    const html = await (await fetch(`${desk.url}/?per_page=100&page=${number}`)).text();
    for (const [, row] of html.matchAll(/<tr (id="order-.*?)<\/tr>/gs)) {
      const order = {
        number: Number(row.match(/^id="order-(\d+)"/)[1]),
        lastFour: row.match(/•••• (\d{4})/)[1],
        customer: row.match(/data-field="customer"><span>([^<]+)/)[1],
        uuid: row.match(/data-field="uuid">([^<]+)/)[1],
      };
      byLastFour.set(order.lastFour, [...(byLastFour.get(order.lastFour) ?? []), order]);
    }
  }
  const isRegular = (orders) => orders.length >= 3 && new Set(orders.map(({ customer }) => customer)).size === 1;
  const [lastFour, orders] = [...byLastFour].find(([, orders]) => isRegular(orders));
  return { lastFour, orders };
}
