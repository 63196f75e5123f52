// What every page owes its reader: valid HTML, no accessibility fault in either scheme, room at every width,
// targets that a finger hits, a focus that is seen, a good print.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import axe from "axe-core";
import { HtmlValidate } from "html-validate";
import { add, fill, launch, meet, openDesk, openPage, openTellingDesk, sample, send } from "./desk.mjs";
import { openDeskForPeople, people, signIn, signInAnew } from "./provider.mjs";

/** Every kind of page, by the way to it. */
const pages = {
  "the list": (page) => page.goto("/"),
  "a page in the middle of the list": (page) => page.goto("/?page=2"),
  "a filtered list": (page) => page.goto("/?status=to-ship&status=delivered&store=WEB-1388012W&ordered_from=2000-01-01&sort=ordered"),
  "a list that is filtered anew": async (page) => {
    await page.goto("/?ordered=last-year&status=shipped");
    await page.getByText("Filters", { exact: true }).click();
    await page.getByLabel("Ordered from").waitFor();
  },
  "a list with mistakes": (page) => page.goto("/?status=gone&store=%3F&ordered_from=soon&last4=1&colour=red&brand=x"),
  "a list without orders": (page) => page.goto("/?customer=00000000&ordered=today"),
  "a search that finds nothing": async (page) => {
    await page.goto("/?per_page=50");
    await page.getByRole("searchbox").fill("#999999");
    await page.keyboard.press("Enter");
    await page.locator("#q-error").waitFor();
  },
  "the empty list": (page) => page.goto(emptyDesk.url),
  "an order": (page) => page.goto("/orders/60"),
  "a doubtful order": async (page) => {
    await page.goto("/?per_page=100");
    await page.locator("tr", { has: page.locator("small > span:not(:empty)") }).getByRole("link").first().click();
    await page.locator(".remarks").waitFor();
  },
  "an order just added": async (page) => {
    await add(page, sample);
    await page.getByRole("status").waitFor();
  },
  "the form": (page) => page.goto("/orders/new"),
  "the form with mistakes": async (page) => {
    await send(page, { store_code: "nonsense", date_uuid: "none" });
    await page.locator("#problem ul").waitFor();
  },
  "the form that keeps a card": async (page) => {
    await send(page, { ...sample, product_quantity: "0" });
    await page.getByText("Visa •••• 1111, kept").waitFor();
  },
  "the form that takes another card than the one that it keeps": async (page) => {
    await send(page, { ...sample, product_quantity: "0" });
    await page.getByText("Change", { exact: true }).click();
  },
  "the form that asks before an order is added": async (page) => {
    await add(page, sample);
    await send(page, sample);
    await page.getByRole("heading", { name: /before it is added$/ }).waitFor();
  },
  "the form of an order that exists": async (page) => {
    await page.goto("/orders/60");
    const [user_id, date_uuid] = await page.locator(".facts .code").allInnerTexts().then((all) => all.slice(-2));
    await send(page, { ...sample, user_id, date_uuid });
    await page.getByRole("link", { name: "Open order 60" }).waitFor();
  },
  "the form of a change": (page) => page.goto("/orders/60/edit"),
  "the form of a change with mistakes": async (page) => {
    await page.goto("/orders/60/edit");
    await page.locator("#product_quantity").fill("none");
    await page.keyboard.press("Enter");
    await page.locator("#problem ul").waitFor();
  },
  "two versions of an order": (page) => meet(page, late, { product_quantity: "9", store_code: "DE-00000000" }),
  "the form on top of another version": async (page) => {
    await meet(page, late, { product_quantity: "9" });
    await page.getByRole("button", { name: "Keep editing on top of theirs" }).click();
    await page.locator(".notice").waitFor();
  },
  "the question before an order is cancelled": (page) => page.goto("/orders/60/cancel"),
  "an order with a history": async (page) => {
    const path = await meet(page, late, { product_quantity: "9", delivery_date: "2026-03-05", shipping_date: "2026-03-04" });
    await page.goto(`${path}/cancel`);
    await page.getByRole("button", { name: "Cancel the order" }).click();
    await page.getByRole("status").waitFor();
  },
  "an order whose change can be undone": async (page) => {
    await add(page, { ...sample, note: "Call before delivery" });
    await page.getByRole("button", { name: "Mark as shipped" }).click();
    await page.getByRole("button", { name: "Undo" }).waitFor();
  },
  "changes": (page) => page.goto("/changes"),
  "changes with a mistake": (page) => page.goto("/changes?day=someday&order=x"),
  "changes of which there are none": (page) => page.goto("/changes?by=nobody"),
  "keys": (page) => page.goto("/keys"),
  "a cancelled order that is to be changed": async (page) => {
    await add(page, sample);
    const path = new URL(page.url()).pathname;
    await page.request.post(`${path}/cancel`, { form: { version: "1" } });
    await page.goto(`${path}/edit`);
  },
  "the form that asks how many digits a card has": async (page) => {
    await send(page, { ...sample, card_number: "4111 1111 1111 1111 128" });
    await page.getByLabel("The card has 19 digits").waitFor();
  },
  "a list that can be saved as a view": (page) => page.goto("/?status=delivered&sort=store"),
  "the form of a view": (page) => page.goto("/views/new?status=delivered&sort=store"),
  "the form of a view with a mistake": async (page) => {
    await page.goto("/views/new?status=delivered");
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator("#problem ul").waitFor();
  },
  "a view that was just saved": async (page) => {
    await page.goto("/views/new?status=delivered&brand=visa&sort=store");
    await page.getByLabel("Name").fill("Delivered, paid by Visa, by store");
    await page.keyboard.press("Enter");
    await page.getByRole("status").waitFor();
  },
  "a view that is changed": async (page) => {
    await saveView(page, "Web store, to ship", "status=to-ship&store=WEB");
    await page.goto("/views");
    await page.getByRole("link", { name: "Show ‘Web store, to ship’" }).click();
    await page.getByRole("link", { name: "Remove filter: Store" }).click();
    await page.getByText("Changed", { exact: true }).waitFor();
  },
  "own views": async (page) => {
    await saveView(page, "Web store, to ship", "status=to-ship&store=WEB");
    await saveView(page, "A long name that nearly fills its field", "ordered=last-week&ordered=today&quantity_from=100");
    await page.goto("/views?status=to-ship");
  },
  "own views with a mistake": async (page) => {
    await saveView(page, "Web store, to ship", "status=to-ship&store=WEB");
    await page.goto("/views");
    await page.getByLabel("Name of ‘Web store, to ship’").fill("To ship");
    await page.keyboard.press("Enter");
    await page.locator("#problem ul").waitFor();
  },
  "no own views": (page) => page.goto(emptyDesk.url + "/views"),
  "the question before a view is deleted": async (page) => {
    await saveView(page, "Web store, to ship", "status=to-ship&store=WEB");
    await page.goto("/views");
    await page.getByRole("link", { name: "Delete ‘Web store, to ship’" }).click();
    await page.getByRole("button", { name: "Delete the view" }).waitFor();
  },
  "two versions of a view": async (page) => {
    await saveView(page, "Changed by two", "store=HI");
    await page.goto("/views");
    await page.getByRole("link", { name: "Show ‘Changed by two’" }).click();
    const id = new URL(page.url()).searchParams.get("view");
    await page.goto(`/?store=HI&sort=store&view=${id}`);
    const { action, version } = await page.locator(".changed form").evaluate((form) => ({ action: form.getAttribute("action"), version: form.elements.version.value }));
    await page.request.post(action.replace("store=HI", "store=DE"), { form: { version } });
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await page.getByRole("button", { name: "Save mine over theirs" }).click({ trial: true });
  },
  "an error": (page) => page.goto("/orders/999999"),
  "what was not delivered": (page) => page.goto(tellingDesk.url + "/webhooks"),
  "the question before a message is discarded": async (page) => {
    await page.goto(tellingDesk.url + "/webhooks");
    await page.getByText("Discard message 2").click();
    await page.getByRole("button", { name: "Discard for good message 2" }).waitFor();
  },
  "nothing to deliver": (page) => page.goto("/webhooks"),
  "the page that asks to sign in": (page) => page.goto("/orders/7"),
  "the list of a viewer": async (page) => {
    await page.goto("/");
    await signIn(page, "victor");
    await page.getByText("Victor Hahn").waitFor();
  },
  "what a viewer may not do": async (page) => {
    await page.goto("/orders/new");
    await signIn(page, "victor");
    await page.getByText("Victor Hahn").waitFor();
  },
  "no entry": async (page) => {
    await page.goto("/");
    await signIn(page, "stranger");
    await page.getByRole("heading", { name: "You have no role at this desk" }).waitFor();
  },
  "my account": async (page) => {
    await page.goto("/account");
    await signIn(page, "anna");
    await page.getByRole("heading", { name: "Where you are signed in" }).waitFor();
  },
  "the question before signing out": async (page) => {
    await page.goto("/account");
    await signIn(page, "anna");
    await page.goto("/sign-out");
    await page.getByRole("heading", { name: "Sign out?" }).waitFor();
  },
  "signed out": async (page) => {
    await page.goto("/account");
    await signIn(page, "anna");
    await page.getByRole("button", { name: "Sign out", exact: true }).click();
    await page.getByRole("heading", { name: "Signed out" }).waitFor();
  },
  "a sign-in that is over": (page) => page.goto("/sign-in/callback?code=of-another&state=of-another"),
  "the access log": async (page) => {
    await signInAnew(page, "/account", "bert");
    await page.request.get("/audit");
    await signInAnew(page, "/account", "ada");
    await page.request.get("/export.csv?status=to-ship");
    await page.goto("/audit");
  },
  "a filtered access log": async (page) => {
    await signInAnew(page, "/audit", "ada");
    await page.getByLabel("What was done").selectOption("Signing in");
    await page.getByRole("button", { name: "Show" }).click();
    await page.getByRole("link", { name: "Show all" }).waitFor();
  },
  "an access log with mistakes": (page) => signInAnew(page, "/audit?from=soon&client=x", "ada"),
  "all people": async (page) => {
    await signInAnew(page, "/account", "bert");
    await signInAnew(page, "/people", "ada");
  },
  "people of a name that nobody has": (page) => signInAnew(page, "/people?q=xyz", "ada"),
  "a person": (page) => visitBert(page),
  "oneself among the people": async (page) => {
    await signInAnew(page, "/people", "ada");
    await page.getByRole("link", { name: people.ada.name, exact: true }).click();
    await page.getByText("This is you.").waitFor();
  },
  "somebody who is not disabled for such a reason": async (page) => {
    await visitBert(page);
    await page.getByLabel("Reason").fill("4111 1111 1111 1111");
    await page.keyboard.press("Enter");
    await page.locator("#problem ul").waitFor();
  },
  "somebody who is disabled": async (page) => {
    await visitBert(page);
    await page.getByLabel("Reason").fill("Has left the company");
    await page.getByRole("button", { name: "Disable" }).click();
    await page.getByRole("status").waitFor();
  },
  "no entry any more": async (page) => {
    await visitBert(page);
    await page.getByRole("button", { name: "Disable" }).click();
    await page.getByRole("status").waitFor();
    await page.context().clearCookies();
    await page.goto("/");
    await signIn(page, "bert");
    await page.getByRole("heading", { name: "You may not sign in at this desk any more" }).waitFor();
  },
  "a form that waits": (page) => sendTooLate(page),
  "the form that has waited": async (page) => {
    await sendTooLate(page);
    await page.getByRole("link", { name: "Sign in", exact: true }).click();
    await page.getByText("Not added yet").waitFor();
  },
};

/** The page of somebody who may sign in, for an admin. */
async function visitBert(page) {
  await signInAnew(page, "/people", "ada");
  const link = page.getByRole("link", { name: people.bert.name });
  if ((await link.count()) === 0) {
    await signInAnew(page, "/account", "bert");
    await signInAnew(page, "/people", "ada");
  }
  const url = await link.getAttribute("href");
  const answer = await page.request.post(`${url}/enable`, { headers: { "sec-fetch-site": "same-origin" } });
  assert.equal(answer.status(), 200);
  await signInAnew(page, "/account", "bert");
  await signInAnew(page, url, "ada");
}

/** Sends the form of a new order when the session has ended. */
async function sendTooLate(page) {
  await signInAnew(page, "/orders/new", "anna");
  await fill(page, { ...sample, note: "Call before delivery" });
  const others = await page.context().browser().newContext({ baseURL: deskForPeople.url });
  const admin = await others.newPage();
  await signInAnew(admin, "/people", "ada");
  await admin.getByRole("link", { name: people.anna.name }).click();
  await admin.getByRole("button", { name: "End all sessions" }).click();
  await admin.getByRole("status").waitFor();
  await others.close();
  await page.getByRole("button", { name: "Add order" }).click();
  await page.getByRole("heading", { name: "Sign in to go on" }).waitFor();
}

/** Saves a list as a view, if that is not there. */
const saveView = (page, name, query) => page.request.post(`/views?${query}`, { form: { name } });

/** Where a page is that is not on the desk with orders. */
const homes = {
  "the empty list": () => emptyDesk,
  "no own views": () => emptyDesk,
  "what was not delivered": () => tellingDesk,
  "the question before a message is discarded": () => tellingDesk,
  "the page that asks to sign in": () => deskForPeople,
  "the list of a viewer": () => deskForPeople,
  "what a viewer may not do": () => deskForPeople,
  "no entry": () => deskForPeople,
  "my account": () => deskForPeople,
  "the question before signing out": () => deskForPeople,
  "signed out": () => deskForPeople,
  "a sign-in that is over": () => deskForPeople,
  "the access log": () => deskForPeople,
  "a filtered access log": () => deskForPeople,
  "an access log with mistakes": () => deskForPeople,
  "all people": () => deskForPeople,
  "people of a name that nobody has": () => deskForPeople,
  "a person": () => deskForPeople,
  "oneself among the people": () => deskForPeople,
  "somebody who is not disabled for such a reason": () => deskForPeople,
  "somebody who is disabled": () => deskForPeople,
  "no entry any more": () => deskForPeople,
  "a form that waits": () => deskForPeople,
  "the form that has waited": () => deskForPeople,
};

/** What somebody types who is not the first. */
const late = { product_quantity: "5", shipping_date: "2026-03-04", card_number: "3782 822463 10005" };

// The whole of WCAG 2.0 to 2.2, A and AA, that a program can judge.
const wcag = {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
  rules: { "target-size": { enabled: true } },
};
const html = new HtmlValidate({
  extends: ["html-validate:recommended"],
  // A filter takes several values of one name.
  rules: { "form-dup-name": ["error", { shared: ["radio", "checkbox", "button", "reset", "submit"] }] },
});

let browser, desk, emptyDesk, tellingDesk, deskForPeople;
before(async () => {
  [browser, desk, emptyDesk, tellingDesk, deskForPeople] = await Promise.all([
    launch(),
    openDesk({ rows: 60, dirty: true }),
    openDesk(),
    openTellingDesk(),
    openDeskForPeople({ rows: 60 }),
  ]);
});
after(() => Promise.all([browser, desk, emptyDesk, tellingDesk, deskForPeople].map((one) => one?.close())));

for (const name of Object.keys(pages)) {
  test(`${name}: valid, accessible, roomy, printable`, async (t) => {
    for (const colorScheme of ["light", "dark"]) {
      for (const width of [390, 1280]) {
        const at = `${colorScheme}, ${width} px`;
        await t.test(at, () => look(name, { colorScheme, viewport: { width, height: 800 } }));
      }
    }
  });
}

for (const [where, text, width] of [["the header", '<a class="add"', 1280], ["the footer", '<a id="keys-help"', 390]]) {
  test(`a page that comes in pieces, parted in ${where}, is shown when it is whole`, async () => {
    const slow = await openSlowly(emptyDesk.url, text);
    try {
      const { page, complaints, close } = await openPage(browser, slow, { viewport: { width, height: 800 } });
      await page.goto("/");
      assert.deepEqual(await page.evaluate(layoutShifts), []);
      await close();
      assert.deepEqual(complaints, []);
    } finally {
      slow.close();
    }
  });
}

/** The same pages as at `url`, by a connection that waits before it goes on with a text. */
async function openSlowly(url, text) {
  const server = createServer(async (request, response) => {
    const answer = await fetch(url + request.url, { headers: { accept: request.headers.accept ?? "*/*" } });
    const headers = ["content-type", "content-security-policy"].map((name) => [name, answer.headers.get(name) ?? ""]);
    response.writeHead(answer.status, Object.fromEntries(headers.filter(([, value]) => value)));
    const body = await answer.text();
    const place = body.indexOf(text);
    if (place > 0) {
      response.write(body.slice(0, place));
      await new Promise((done) => setTimeout(done, 500));
    }
    response.end(body.slice(Math.max(place, 0)));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, close };
}

async function look(name, options) {
  const [visit, home] = [pages[name], homes[name]?.() ?? desk];
  const { page, complaints, close } = await openPage(browser, home, options);
  let answer;
  page.on("response", (response) => {
    if (response.request().isNavigationRequest()) answer = response;
  });
  await visit(page);

  assert.deepEqual(await page.evaluate(layoutShifts), [], "nothing moves while the page loads");
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate((wcag) => globalThis.axe.run(document, wcag), wcag);
  assert.deepEqual(violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`)), []);
  assert.deepEqual(await page.evaluate(smallTargets), [], "targets under 24 px");
  assert.deepEqual(await page.evaluate(otherSizes), [], "type of other sizes than 12, 13, 14, 16 and 20 px");
  if (options.colorScheme === "light") {
    await walk(page, "Tab");
    await walk(page, "Shift+Tab");
    await checkWidths(page);
    checkHtml(await answer.text());
  } else {
    await checkPrint(page);
  }
  await close();
  assert.deepEqual(complaints, []);
}

function checkHtml(markup) {
  const { results } = html.validateStringSync(markup);
  const messages = results.flatMap((result) => result.messages);
  assert.deepEqual(messages.map((m) => `${m.line}:${m.column} ${m.ruleId}: ${m.message}`), []);
}

/** From WCAG's reflow (1.4.10) to a 4K screen: nothing reaches over the edge, where it could be cut off. */
async function checkWidths(page) {
  for (const width of [320, 390, 768, 1024, 1280, 1920, 2560, 3840]) {
    await page.setViewportSize({ width, height: 900 });
    assert.deepEqual(await page.evaluate(overflowing), [], `too wide at ${width} px`);
  }
}

/** On paper: the page without what can only be clicked, black on white even for readers of the dark scheme. */
async function checkPrint(page) {
  await page.emulateMedia({ media: "print" });
  for (const thing of ["nav", ".button", ".skip", ".jump"]) {
    assert.equal(await page.locator(thing).filter({ visible: true }).count(), 0, `${thing} in print`);
  }
  assert.equal(await page.locator("h1").isVisible(), true);
  const colours = await page.evaluate(() => [document.documentElement, document.querySelector("h1")].map(
    (element, i) => getComputedStyle(element)[["backgroundColor", "color"][i]].match(/[\d.]+/g).slice(0, 3),
  ));
  assert.ok(Math.min(...colours[0]) > 240 && Math.max(...colours[1]) < 64, `print in ${colours.join(" on ")}`);
  await page.emulateMedia({ media: null });
}

/** Walks once through the whole page by keyboard; every stop shows where it is (WCAG 2.4.7, 2.4.11). */
async function walk(page, key) {
  const stops = await page.evaluate(countTargets);
  const reached = new Set();
  // Between the last stop and the first the focus is on nothing once.
  for (let presses = 0; presses <= stops; presses++) {
    await page.keyboard.press(key);
    const stop = await page.evaluate(focus);
    if (!stop) continue;
    reached.add(stop.place);
    assert.ok(stop.visible, `the focus is hidden at ${stop.element} (${key})`);
    assert.ok(stop.marked, `the focus is not marked at ${stop.element} (${key})`);
  }
  assert.equal(reached.size, stops, `stops that ${key} reaches`);
}

// What follows runs inside the page.

function focus() {
  const element = document.activeElement;
  if (element === document.body) return null;
  const { left, top, width, height } = element.getBoundingClientRect();
  const hit = document.elementFromPoint(left + width / 2, top + height / 2);
  const style = getComputedStyle(element);
  return {
    place: [...document.querySelectorAll("*")].indexOf(element),
    element: element.outerHTML.slice(0, 120),
    visible: hit !== null && element.contains(hit),
    marked: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
  };
}

function countTargets() {
  const all = [...document.querySelectorAll("a[href], button, input, select, summary")];
  return all.filter((element) => element.checkVisibility({ visibilityProperty: true }) && element.tabIndex >= 0).length;
}

function smallTargets() {
  const all = [...document.querySelectorAll("a[href], button, input, select, summary")];
  return all
    .filter((element) => element.checkVisibility({ visibilityProperty: true }))
    // A link inside a sentence may be as high as its line.
    .filter((element) => !(element.matches("p a, .asks li a") && getComputedStyle(element).display === "inline"))
    .map((element) => [element.outerHTML.slice(0, 120), element.getBoundingClientRect()])
    .filter(([, { width, height }]) => width < 24 || height < 24)
    .map(([element, { width, height }]) => `${width} × ${height}: ${element}`);
}

function otherSizes() {
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const sizes = new Map();
  while (texts.nextNode()) {
    const { parentElement, data } = texts.currentNode;
    if (data.trim()) sizes.set(getComputedStyle(parentElement).fontSize, parentElement.outerHTML.slice(0, 120));
  }
  return [...sizes].filter(([size]) => !["12px", "13px", "14px", "16px", "20px"].includes(size)).map(String);
}

function overflowing() {
  const edge = document.documentElement.clientWidth;
  const isCut = (element) => element && (getComputedStyle(element).clipPath !== "none" || isCut(element.parentElement));
  // What scrolls by itself may be wider than it shows.
  const scrolls = (element) => element && (getComputedStyle(element).overflowX === "auto" || scrolls(element.parentElement));
  const over = [...document.body.querySelectorAll("*")]
    .filter((element) => element.checkVisibility({ visibilityProperty: true }) && !isCut(element) && !scrolls(element.parentElement))
    .filter((element) => element.getBoundingClientRect().right > edge + 0.5)
    .map((element) => element.outerHTML.slice(0, 120));
  if (document.documentElement.scrollWidth > edge) over.push("the page scrolls sideways");
  return over;
}

async function layoutShifts() {
  const shifts = [];
  // What somebody opens by a click takes its room; and less than a pixel of one line is rounding.
  const byItself = (list) => list.filter((entry) => !entry.hadRecentInput && entry.value > 0.0002);
  const moved = (entry) => entry.sources.map(({ node }) => (node?.outerHTML ?? node?.textContent ?? "?").slice(0, 120));
  const told = (entry) => `${entry.value} at ${entry.startTime} ms: ${moved(entry).join(" | ")}`;
  const note = (list) => shifts.push(...byItself(list).map(told));
  const observer = new PerformanceObserver((list) => note(list.getEntries()));
  observer.observe({ type: "layout-shift", buffered: true });
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)));
  note(observer.takeRecords());
  return shifts;
}
