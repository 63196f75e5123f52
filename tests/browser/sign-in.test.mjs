// Signing in, in the browser, at a provider that has roles as Microsoft Entra has them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fill, freePort, launch, openDesk, openPage, sample } from "./desk.mjs";
import { openProvider, people } from "./provider.mjs";

let browser;
before(async () => (browser = await launch()));
after(() => browser.close());

/** Runs `story` with a page on a desk at which people sign in; a complaint fails the test. */
async function withSignIn(options, story) {
  const provider = await openProvider(`http://127.0.0.1:${await freePort()}`);
  const desk = await openDesk({ rows: 30, variables: provider.variables });
  try {
    const { page, complaints, close } = await openPage(browser, { ...desk, others: [provider.issuer] }, options);
    await story(page, provider);
    await close();
    assert.deepEqual(complaints, []);
  } finally {
    await desk.close();
    provider.close();
  }
}

/** From wherever the desk asks for it to wherever somebody was going to. */
async function signIn(page, person) {
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.getByRole("link", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { name: "Who are you?" }).waitFor();
  await page.getByRole("link", { name: people[person].name }).click();
}

const account = (page, person) => page.getByRole("link", { name: `My account: ${people[person].name}` });

for (const javaScriptEnabled of [true, false]) {
  test(`a clerk signs in, adds an order and signs out, ${javaScriptEnabled ? "with" : "without"} scripts`, () =>
    withSignIn({ javaScriptEnabled }, async (page, provider) => {
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
      assert.ok((await there.getAttribute("href")).startsWith(`${provider.issuer}/session/end?client_id=`));

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
