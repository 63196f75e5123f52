// What a clerk does, in the browser: with the keyboard, without scripts, with a nervous finger.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { countOrders, fill, launch, meet, sample, send, tabTo, withDesk } from "./desk.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const focusedId = (page) => page.evaluate(() => document.activeElement.id);

test("a clerk adds an order with the keyboard alone", () =>
  withDesk(browser, { rows: 60, dirty: true }, async (page) => {
    await page.goto("/");
    await page.keyboard.press("Tab");
    assert.equal(await page.locator(":focus").innerText(), "Skip to the content");
    await page.keyboard.press("Enter");
    assert.equal(await focusedId(page), "main");
    await page.keyboard.press("Tab");
    assert.equal(await page.locator("main :focus").count(), 1, "the skip link leads into the content");

    await page.reload();
    await tabTo(page, page.getByRole("link", { name: "Add order" }));
    await page.keyboard.press("Enter");
    await page.waitForURL("/orders/new");
    assert.match(await page.inputValue("#order_date"), /^\d{4}-\d\d-\d\d$/, "today, unless another date is typed");
    assert.equal(await focusedId(page), "store_code", "the first field that is to be filled in");
    for (const [nth, id] of ["store_code", "product_code", "product_quantity", "user_id", "card_number"].entries()) {
      if (nth > 0) await page.keyboard.press("Tab");
      assert.equal(await focusedId(page), id);
      await page.keyboard.type(sample[id]);
    }
    await page.keyboard.press("Enter");

    await page.waitForURL("/orders/61");
    assert.match(await page.getByRole("status").innerText(), /^Order 61 has been added\./);
    const facts = await page.locator("main").innerText();
    for (const fact of ["HI-9B97EE4E", "R7-3126933h", "Visa •••• 1111", sample.user_id]) {
      assert.ok(facts.includes(fact), fact);
    }
    assert.ok(!(await page.content()).replaceAll(" ", "").includes("4111111111111111"));
    await tabTo(page, page.getByRole("link", { name: "Add another order" }));
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/orders\/new\?/);
    assert.equal(await page.inputValue("#store_code"), sample.store_code);
    assert.equal(await page.inputValue("#product_code"), "");
    assert.equal(await countOrders(page), 61);
  }));

test("after a mistake the summary has the focus and leads to the fields, which keep what was typed", () =>
  withDesk(browser, { rows: 60 }, async (page) => {
    await page.goto("/orders/new");
    await fill(page, { ...sample, store_code: "nonsense", product_quantity: "0", user_id: "" });
    await page.locator("#card_number").press("Enter");
    await page.locator("#problem:focus").waitFor();

    assert.match(await page.title(), /^Error: /);
    const links = page.locator("#problem a");
    assert.deepEqual(await links.evaluateAll((all) => all.map((link) => link.hash.slice(1))), [
      "store_code",
      "product_quantity",
      "user_id",
    ]);
    for (const link of await links.all()) {
      await link.press("Enter");
      const field = page.locator(":focus");
      assert.equal(`#${await field.getAttribute("id")}`, await link.getAttribute("href"));
      assert.equal(await field.getAttribute("aria-invalid"), "true");
      const [error] = (await field.getAttribute("aria-describedby")).split(" ");
      assert.equal(await page.locator(`#${error}`).textContent(), `Error: ${await link.innerText()}`);
    }
    assert.equal(await page.inputValue("#store_code"), "nonsense");
    assert.equal(await page.inputValue("#product_quantity"), "0");
    assert.equal(await page.inputValue("#order_date"), sample.order_date);
    assert.equal(await page.inputValue("#card_number"), "");
    assert.match(await page.locator(".kept > div > p").innerText(), /^Visa •••• 1111, kept/);
    assert.ok(!(await page.content()).replaceAll(" ", "").includes("4111111111111111"));
    assert.equal(await countOrders(page), 60, "nothing was stored");
  }));

test("a number of 19 digits that may be 16 and a security code is asked for, and taken when it is confirmed", () =>
  withDesk(browser, { rows: 60 }, async (page) => {
    const number = "4111 1111 1111 1111 128";
    await page.goto("/orders/new");
    assert.equal(await page.getByRole("main").getByRole("checkbox").count(), 0);
    await fill(page, { ...sample, card_number: number });
    await page.locator("#card_number").press("Enter");
    await page.locator("#problem a").press("Enter");
    await page.locator("#card_number:focus").waitFor();
    await page.keyboard.type(number);
    await page.keyboard.press("Tab");
    const box = page.getByRole("checkbox", { name: "The card has 19 digits" });
    assert.ok(await box.evaluate((box) => box === document.activeElement), "the box comes next");
    await page.keyboard.press("Space");
    await page.keyboard.press("Enter");
    await page.waitForURL("/orders/61");
    assert.ok((await page.locator("main").innerText()).includes("Visa •••• 1128"));
  }));

test("the desk works without JavaScript", () =>
  withDesk(browser, { rows: 60, javaScriptEnabled: false }, async (page) => {
    await page.goto("/");
    await page.getByRole("link", { name: "Add order" }).click();
    assert.equal(await page.getByRole("button", { name: /^Today/ }).count(), 0, "no button that does nothing");
    await fill(page, { ...sample, product_quantity: "a few" });
    await page.getByRole("button", { name: "Add order" }).click();
    await page.locator("#problem:focus").waitFor();
    await page.locator("#problem a").first().click();
    await page.locator("#product_quantity:focus").waitFor();
    await page.getByText("Visa •••• 1111, kept").waitFor();
    await fill(page, { product_quantity: "4" });
    await page.getByRole("button", { name: "Add order" }).click();
    await page.waitForURL("/orders/61");
    await page.getByRole("link", { name: "Back to the list" }).click();
    await page.waitForURL("/#order-61");

    await page.getByRole("link", { name: "Next" }).click();
    await page.waitForURL("/?page=2");
    await page.getByLabel("Go to page").fill("999");
    await page.getByRole("button", { name: "Go" }).click();
    await page.getByText("There is no such page: enter a number from 1 to 3").first().waitFor();
    assert.equal(await page.inputValue("#page"), "999");
    await page.getByLabel("Go to page").fill("3");
    await page.getByRole("button", { name: "Go" }).click();
    await page.waitForURL("/?page=3");
    assert.equal(await page.locator("tbody tr").count(), 11);
    await page.getByRole("link", { name: "100" }).click();
    await page.waitForURL("/?per_page=100");
    assert.equal(await page.locator("tbody tr").count(), 61);
  }));

for (const javaScriptEnabled of [true, false]) {
  test(`a second click makes no second order, ${javaScriptEnabled ? "with" : "without"} JavaScript`, () =>
    withDesk(browser, { rows: 60, javaScriptEnabled }, async (page) => {
      // The desk gets every form, the browser its answers late: there is time to click again.
      let posts = 0;
      await page.route("/orders", async (route) => {
        posts++;
        const response = await route.fetch({ maxRedirects: 0 });
        await setTimeout(500);
        await route.fulfill({ response }).catch(() => "the browser no longer waits for it");
      });
      await page.goto("/orders/new");
      await fill(page, sample);
      const { x, y } = await page.getByRole("button", { name: "Add order" }).boundingBox();
      const sent = page.waitForRequest("/orders");
      await page.mouse.click(x + 9, y + 9);
      await sent;
      await page.mouse.click(x + 9, y + 9);
      await page.getByRole("heading", { name: "Order 61" }).waitFor();
      assert.equal(posts, javaScriptEnabled ? 1 : 2);
      assert.equal(await countOrders(page), 61);
    }));
}

test("the brand shown while typing is the one that the desk stores", () =>
  withDesk(browser, { rows: 1 }, async (page) => {
    const cards = {
      "American Express": "3782-8224 6310005",
      "Diners Club": "3056 9309 0259 04",
      Discover: "6011 1111 1111 1117",
      JCB: "3530 1113 3330 0000",
      Maestro: "6759 6498 2643 8453",
      Mastercard: "2223 0031 2200 3222",
      Visa: "4222 2222 2222 2",
    };
    for (const [nth, [brand, number]] of Object.entries(cards).entries()) {
      await page.goto("/orders/new");
      await fill(page, { ...sample, order_date: `2026-03-0${nth + 1}`, card_number: "" });
      await page.locator("#card_number").pressSequentially(number.slice(0, 7));
      assert.equal(await page.locator("output").innerText(), brand);
      await fill(page, { card_number: "" });
      assert.equal(await page.locator("output").innerText(), "");
      await fill(page, { card_number: number });
      await page.locator("#card_number").press("Enter");
      await page.waitForURL(/\/orders\/\d+$/);
      assert.ok((await page.locator("main").innerText()).includes(`${brand} •••• ${number.replace(/\W/g, "").slice(-4)}`));
    }
  }));

test("Today fills in a date that the desk takes, and goes on in its field", () =>
  withDesk(browser, { rows: 1 }, async (page) => {
    await page.goto("/orders/new");
    await fill(page, { ...sample, order_date: "" });
    await page.getByRole("button", { name: "Today as the order date" }).click();
    assert.equal(await focusedId(page), "order_date");
    assert.match(await page.inputValue("#order_date"), /^\d{4}-\d\d-\d\d$/);
    await page.keyboard.press("Enter");
    await page.waitForURL("/orders/2");
  }));

test("the jump to a page takes what people type", () =>
  withDesk(browser, { rows: 60 }, async (page) => {
    for (const [from, typed, to] of [[1, "2", 2], [1, "٣", 3], [3, "1", 1], [2, " 3 ", 3]]) {
      await page.goto(`/?page=${from}`);
      await page.getByLabel("Go to page").fill(typed);
      await page.keyboard.press("Enter");
      await page.waitForURL(to === 1 ? "/" : `/?page=${to}`);
    }
    await page.goto("/?page=2");
    await page.getByLabel("Go to page").fill("abc");
    await page.keyboard.press("Enter");
    await page.locator("#problem:focus").waitFor();
    assert.equal(await page.inputValue("#page"), "abc", "what was typed stays");
    assert.match(await page.title(), /^Error: Orders, page 2 of 3/);
  }));

test("a clerk corrects, ships and cancels an order with the keyboard alone", () =>
  withDesk(browser, { rows: 1 }, async (page) => {
    await send(page, { ...sample, order_date: "today" });
    await page.waitForURL("/orders/2");
    await tabTo(page, page.getByRole("link", { name: "Edit" }));
    await page.keyboard.press("Enter");
    await page.waitForURL("/orders/2/edit");
    await tabTo(page, page.locator("#product_quantity"), 20);
    await page.keyboard.type("7");
    await page.keyboard.press("Enter");
    await page.waitForURL("/orders/2");
    assert.equal(await page.getByRole("status").locator("p").innerText(), "Order 2 changed.");
    assert.match(await page.locator(".history").innerText(), /Quantity from 4 to 7/);

    await tabTo(page, page.getByRole("button", { name: "Mark as shipped" }));
    await page.keyboard.press("Enter");
    await page.getByText("Order 2 marked as shipped.").waitFor();
    assert.equal(await page.locator(".head .status").innerText(), "Shipped");
    assert.equal(await page.getByRole("button", { name: "Mark as shipped" }).count(), 0);

    await tabTo(page, page.getByRole("link", { name: "Cancel order" }));
    await page.keyboard.press("Enter");
    await page.waitForURL("/orders/2/cancel");
    await tabTo(page, page.getByRole("button", { name: "Cancel the order" }));
    await page.keyboard.press("Enter");
    await page.getByText("Order 2 cancelled.").waitFor();
    assert.match(await page.locator(".remarks").innerText(), /^Order 2 was cancelled by the desk on /);
  }));

test("after a mistake in a change the summary leads to the field, and the card is kept by leaving it empty", () =>
  withDesk(browser, { rows: 1 }, async (page) => {
    await page.goto("/orders/1/edit");
    await fill(page, { product_quantity: "0" });
    await page.locator("#product_quantity").press("Enter");
    await page.locator("#problem:focus").waitFor();
    assert.equal(await page.title(), "Error: Change order 1 · Orders");
    await page.locator("#problem a").press("Enter");
    await page.locator("#product_quantity:focus").fill("8");
    assert.equal(await page.inputValue("#card_number"), "");
    await page.keyboard.press("Enter");
    await page.waitForURL("/orders/1");
    assert.match(await page.locator(".history").innerText(), /Quantity from \d+ to 8/);
    assert.doesNotMatch(await page.locator(".history").innerText(), /Card/);
  }));

for (const javaScriptEnabled of [true, false]) {
  const scripts = javaScriptEnabled ? "with" : "without";
  test(`two who change an order at once are asked, ${scripts} JavaScript`, () =>
    withDesk(browser, { rows: 1, javaScriptEnabled }, async (page) => {
      const path = await meet(page, { product_quantity: "5" }, { store_code: "DE-00000000" });
      await page.locator("#problem:focus").waitFor();
      const differing = await page.locator("tr.differs th").allInnerTexts();
      assert.deepEqual(differing, ["Store code only they changed this", "Quantity only you changed this"]);
      await page.getByRole("button", { name: "Keep editing on top of theirs" }).click();
      await page.locator(".notice").waitFor();
      assert.equal(await page.inputValue("#store_code"), "DE-00000000");
      assert.equal(await page.inputValue("#product_quantity"), "5");
      await page.getByRole("button", { name: "Save changes" }).click();
      await page.waitForURL(path);
      assert.match(await page.locator("main").innerText(), /changed\./);

      await meet(page, { product_quantity: "6" }, { store_code: "DE-00000000" });
      await page.getByRole("button", { name: "Save mine over theirs" }).click();
      await page.getByText(/Order \d+ changed\./).waitFor();
      const facts = await page.locator(".facts").innerText();
      assert.ok(facts.includes(sample.store_code) && facts.includes("6"), facts);
    }));
}
