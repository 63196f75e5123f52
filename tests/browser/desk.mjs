// A desk of its own for each test: the real program on a free port over a fresh database, and pages of
// Chromium that note every error and every request to somewhere else.

import assert from "node:assert/strict";
import { spawn, execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const target = resolve(import.meta.dirname, "../../target");
// Relative to where the tests were started.
const program = [process.env.ORDERS_TEST_PROGRAM, `${target}/debug/orders`, `${target}/release/orders`]
  .filter(Boolean)
  .map((path) => resolve(path))
  .find(existsSync);

// Nothing of the surroundings: the program refuses ORDERS_ variables that it does not know.
const settings = {
  ORDERS_SERVER__LISTEN: "127.0.0.1:0",
  ORDERS_SERVER__DRAIN_SECONDS: "0",
  ORDERS_LOG__LEVEL: "warn",
};

/**
 * Starts a desk with `rows` demo orders, which are the same on every day unless they end at another moment, with the
 * dirt of real files among them if `dirty`, and with settings of its own.
 */
export async function openDesk({ rows = 0, dirty = false, until = "2022-12-30 17:00", variables = {} } = {}) {
  assert(program, "no program to test: cargo build, or name one in ORDERS_TEST_PROGRAM");
  const folder = mkdtempSync(join(tmpdir(), "orders-"));
  if (rows > 0) {
    const seed = ["seed", "--rows", String(rows), "--until", until, ...(dirty ? ["--dirty"] : [])];
    execFileSync(program, seed, { cwd: folder, env: settings, stdio: "pipe" });
  }
  const env = { ...settings, ...variables };
  const desk = spawn(program, [], { cwd: folder, env, stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((done) => desk.once("exit", done));
  const url = await addressOf(desk);
  const close = async () => {
    desk.kill("SIGTERM");
    const code = await ended;
    rmSync(folder, { recursive: true });
    assert.equal(code, 0, "the desk's exit code");
  };
  return { url, close };
}

/** A desk whose two orders were told to a receiver that wants no messages. */
export async function openTellingDesk() {
  const receiver = createServer((_, answer) => answer.writeHead(410).end());
  await new Promise((done) => receiver.listen(0, "127.0.0.1", done));
  const variables = {
    ORDERS_WEBHOOKS__URLS: `["http://127.0.0.1:${receiver.address().port}/orders"]`,
    ORDERS_WEBHOOKS__SIGNING_KEY: `whsec_${randomBytes(32).toString("base64")}`,
  };
  const desk = await openDesk({ variables });
  for (let nth = 0; nth < 2; nth++) {
    const headers = { prefer: "handling=lenient" };
    const answer = await fetch(`${desk.url}/orders`, { method: "POST", headers, body: new URLSearchParams(sample), redirect: "manual" });
    assert.equal(answer.status, 303);
  }
  const told = async () => (await (await fetch(`${desk.url}/metrics`)).text()).includes('{result="failed"} 2');
  while (!(await told())) await new Promise((done) => setTimeout(done, 50));
  const close = async () => {
    await desk.close();
    receiver.close();
  };
  return { url: desk.url, close };
}

async function addressOf(desk) {
  for await (const line of createInterface(desk.stdout)) {
    const url = line.match(/http:\/\/[\d.:]+/);
    if (url) return url[0];
  }
  throw new Error("the desk ended before it said its address");
}

/** A port that nobody listens on: for a desk whose address others have to know before it is open. */
export async function freePort() {
  const server = createServer();
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

/** Chromium without its own traffic; `options` are Playwright's. */
export function launch(options = {}) {
  return chromium.launch({
    ...options,
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--no-first-run",
      "--disable-quic",
    ],
  });
}

/**
 * Opens an empty page on a desk. `options` are Playwright's for a context; `complaints` holds what went
 * wrong so far: console errors (a broken Content-Security-Policy is one), exceptions, hosts that are neither the desk nor
 * among `desk.others`.
 */
export async function openPage(browser, desk, options = {}) {
  const context = await browser.newContext({ baseURL: desk.url, ...options });
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(`exception: ${error}`));
  page.on("request", (request) => {
    if (![desk.url, ...(desk.others ?? [])].includes(new URL(request.url()).origin)) complaints.push(`request to ${request.url()}`);
  });
  page.on("console", (message) => {
    // Chromium reports a page that is answered with 400, 401, 403, 404, 409 or 422 as an error; those are asked for here.
    const isAnswer = /^Failed to load resource: .* status of (400|401|403|404|409|422) /.test(message.text());
    const { origin, pathname } = new URL(message.location().url || desk.url);
    // What a form was sent to, or the page itself.
    const isPage = message.location().url === page.url() || (origin === desk.url && /^\/(search|changes|people\/\d+\/disable|(orders|views|bulk|imports)(\/\d+(\/\w+)?)?)$/.test(pathname));
    if (["error", "warning"].includes(message.type()) && !(isAnswer && isPage)) {
      complaints.push(`console: ${message.text()} (${message.location().url})`);
    }
  });
  return { page, complaints, close: () => context.close() };
}

/** Runs `story` with a page on a desk of its own, then closes both; a complaint fails the test. */
export async function withDesk(browser, { rows, dirty, ...options }, story) {
  const desk = await openDesk({ rows, dirty });
  try {
    const { page, complaints, close } = await openPage(browser, desk, options);
    await story(page, desk);
    await close();
    assert.deepEqual(complaints, []);
  } finally {
    await desk.close();
  }
}

/** Presses Tab until something is focused; gives up after `most` times. */
export async function tabTo(page, locator, most = 12) {
  for (let presses = 0; presses < most; presses++) {
    await page.keyboard.press("Tab");
    if (await locator.evaluate((element) => element === document.activeElement)) return;
  }
  const focused = await page.evaluate(() => document.activeElement.outerHTML.slice(0, 120));
  assert.fail(`${most} tabs do not reach ${locator}; the focus is on ${focused}`);
}

/** Presses a key that leads to another page, and waits until that one is there: what is read next is never the old page. */
export async function leave(page, key = "Enter") {
  await Promise.all([page.waitForEvent("domcontentloaded"), page.keyboard.press(key)]);
}

/** What a clerk types for an order that keeps all rules; the card is the networks' public test number. */
export const sample = {
  order_date: "2026-03-03 14:05",
  store_code: "HI-9B97EE4E",
  product_code: "R7-3126933h",
  product_quantity: "4",
  user_id: "2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2",
  card_number: "4111 1111 1111 1111",
};

/** Types into the fields of the form that is open. */
export async function fill(page, fields) {
  if ("date_uuid" in fields) await page.locator("details").evaluate((details) => (details.open = true));
  for (const [id, value] of Object.entries(fields)) await page.locator(`#${id}`).fill(value);
}

/** Fills in a new form and sends it by the Enter key. */
export async function send(page, fields) {
  await page.goto("/orders/new");
  await fill(page, fields);
  await page.keyboard.press("Enter");
}

/** Adds an order, also one that looks like another. */
export async function add(page, fields) {
  await send(page, fields);
  await page.getByRole("heading", { name: /^Order \d+$|before it is added$/ }).waitFor();
  if (new URL(page.url()).pathname === "/orders") await page.getByRole("button", { name: "Add it all the same" }).click();
  await page.waitForURL(/\/orders\/\d+$/);
}

/** Adds an order, lets somebody else change it while its form is open, and sends that form: both versions. */
export async function meet(page, changes, theirs) {
  await add(page, sample);
  const path = new URL(page.url()).pathname;
  const form = { version: "1", ...theirs };
  await page.getByRole("link", { name: "Edit" }).click();
  await page.waitForURL(`${path}/edit`);
  const answer = await page.request.post(path, { form, maxRedirects: 0 });
  assert.equal(answer.status(), 303);
  await fill(page, changes);
  await page.getByRole("button", { name: "Save changes" }).click();
  await page.getByRole("heading", { name: "Two versions" }).waitFor();
  return path;
}

/** How many orders the list says there are. */
export async function countOrders(page) {
  await page.goto("/");
  return Number((await page.locator("caption").innerText()).match(/of ([\d,]+)/)[1].replace(",", ""));
}
