// An admin disables a clerk who is typing an order: out at once, in again later, and the order is still there.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fill, launch, openPage, sample } from "./desk.mjs";
import { openDeskForPeople, people, signIn } from "./provider.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

const typed = { ...sample, note: "Call before delivery", product_quantity: "12" };

for (const javaScriptEnabled of [true, false]) {
  test(`a clerk is disabled while typing, and goes on when enabled, ${javaScriptEnabled ? "with" : "without"} scripts`, async () => {
    const desk = await openDeskForPeople();
    try {
      const [clerk, admin] = [await openPage(browser, desk, { javaScriptEnabled }), await openPage(browser, desk, { javaScriptEnabled })];
      const [anna, ada] = [clerk.page, admin.page];
      await anna.goto("/orders/new?status=to-ship");
      await signIn(anna, "anna");
      await anna.waitForURL("/orders/new?status=to-ship");
      await fill(anna, typed);

      await ada.goto("/");
      await signIn(ada, "ada");
      await ada.getByRole("link", { name: "People", exact: true }).click();
      const row = ada.locator("tr", { hasText: people.anna.name });
      assert.match(await row.innerText(), /clerk[\s\S]*1/);
      await row.getByRole("link").click();
      assert.match(await ada.locator(".sessions li").innerText(), /^Chrome on Linux, since .*, from this machine/);
      await ada.getByLabel("Reason").fill("On leave");
      await ada.getByRole("button", { name: `Disable ${people.anna.name}` }).click();
      assert.match(await ada.getByRole("status").innerText(), /Anna Kowalska is disabled/);
      assert.match(await ada.locator("main").innerText(), /by Ada Nilsson: On leave/);

      await anna.getByRole("button", { name: "Add order" }).click();
      await anna.getByRole("heading", { name: "Sign in to go on" }).waitFor();
      assert.match(await anna.locator("main").innerText(), /what you had typed waits for you/);
      // The provider knows who it is, and asks for nothing.
      await anna.getByRole("link", { name: "Sign in", exact: true }).click();
      await anna.getByRole("heading", { name: "You may not sign in at this desk any more" }).waitFor();

      await ada.getByRole("button", { name: "Enable" }).click();
      assert.equal(await ada.getByRole("status").innerText(), "Anna Kowalska may sign in again.");
      await anna.getByRole("link", { name: "Sign in once more" }).click();
      await anna.getByRole("link", { name: "Sign in", exact: true }).click();
      await anna.waitForURL("/orders/new?status=to-ship&waiting=yes");
      assert.match(await anna.locator(".notice").innerText(), /^Not added yet/);
      for (const [id, value] of Object.entries(typed)) {
        assert.equal(await anna.locator(`#${id}`).inputValue(), id === "card_number" ? "" : value, id);
      }
      assert.equal(await anna.evaluate(() => document.activeElement.id), "card_number", "what is missing has the focus");
      await anna.keyboard.type(typed.card_number);
      await anna.keyboard.press("Enter");
      await anna.waitForURL(/\/orders\/\d+\?status=to-ship$/);
      assert.match(await anna.locator("main").innerText(), /Anna Kowalska/);

      await ada.goto("/audit");
      const log = await ada.locator("main").innerText();
      assert.match(log, /Ada Nilsson.*Anna Kowalska/);
      for (const { close } of [clerk, admin]) await close();
      assert.deepEqual([...clerk.complaints, ...admin.complaints], []);
    } finally {
      await desk.close();
    }
  });
}
