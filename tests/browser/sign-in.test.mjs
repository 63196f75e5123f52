// Signing in, in the browser, at a provider that has roles as Microsoft Entra has them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fill, launch, openPage, sample } from "./desk.mjs";
import { openDeskForPeople, people, signIn } from "./provider.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

/** Runs `story` with a page on a desk at which people sign in; a complaint fails the test. */
async function withSignIn(options, story) {
  const desk = await openDeskForPeople({ rows: 30 });
  try {
    const { page, complaints, close } = await openPage(browser, desk, options);
    await story(page, desk);
    await close();
    assert.deepEqual(complaints, []);
  } finally {
    await desk.close();
  }
}

const account = (page, person) => page.getByRole("link", { name: `My account: ${people[person].name}` });

for (const javaScriptEnabled of [true, false]) {
  test(`a clerk signs in, adds an order and signs out, ${javaScriptEnabled ? "with" : "without"} scripts`, () =>
    withSignIn({ javaScriptEnabled }, async (page, desk) => {
      await page.goto("/orders/new");
      await signIn(page, "anna");
      await page.waitForURL("/orders/new");
      await fill(page, sample);
      await page.keyboard.press("Enter");
      await page.waitForURL(/\/orders\/\d+$/);
      const order = page.url();
      const history = page.locator("section", { has: page.getByRole("heading", { name: "History" }) });
      assert.match(await history.innerText(), /Anna Kowalska/);

      await account(page, "anna").click();
      await page.waitForURL("/account");
      assert.match(await page.locator("main").innerText(), /clerk/);
      await page.getByRole("button", { name: "Sign out", exact: true }).click();
      await page.getByRole("heading", { name: "Signed out" }).waitFor();
      const cookies = await page.context().cookies();
      assert.deepEqual(cookies.filter(({ name }) => name.includes("orders-session")), []);
      const there = page.getByRole("link", { name: "sign out there, too" });
      assert.ok((await there.getAttribute("href")).startsWith(`${desk.others[0]}/session/end?client_id=`));

      for (let back = 0; back < 3; back++) {
        await page.goBack();
        assert.doesNotMatch(await page.locator("body").innerText(), /Kowalska|HI-9B97EE4E/);
      }
      await page.goto(order);
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
      assert.doesNotMatch(await page.content(), /Kowalska|HI-9B97EE4E/);
    }));
}

test("a viewer is offered nothing to change", () =>
  withSignIn({}, async (page) => {
    await page.goto("/orders/7");
    await signIn(page, "victor");
    await page.waitForURL("/orders/7");
    await account(page, "victor").waitFor();
    for (const name of ["Edit", "Add order", "Add another", "Cancel order"]) {
      assert.equal(await page.getByRole("link", { name, exact: true }).count(), 0, name);
    }
    assert.equal(await page.getByRole("button", { name: "Mark as shipped" }).count(), 0);
  }));

test("who has no role at the desk is told whom to ask", () =>
  withSignIn({}, async (page) => {
    await page.goto("/");
    await signIn(page, "stranger");
    await page.getByRole("heading", { name: "You have no role at this desk" }).waitFor();
    assert.match(await page.locator("main").innerText(), /Ask whoever runs the desk/);
    await page.goto("/");
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
  }));
