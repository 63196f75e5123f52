// Exports as a clerk meets them: taken from the list in each format, and held against the rows on the page.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { inflateRawSync } from "node:zlib";
import axe from "axe-core";
import { launch, openDesk, openPage, tabTo } from "./desk.mjs";

const FORMATS = ["Excel workbook", "CSV", "CSV for Excel, with semicolons", "NDJSON", "JSON"];

/** Runs `story` on a desk of its own. */
async function onDesk(options, story) {
  const [browser, desk] = await Promise.all([launch(), openDesk({ rows: 90 })]);
  const { page, complaints, close } = await openPage(browser, desk, options);
  try {
    await story(page);
    await close();
    assert.deepEqual(complaints, []);
  } finally {
    await Promise.all([browser.close(), desk.close()]);
  }
}

/** The numbers, stores, products and quantities of all rows of a list, in its order. */
async function rows(page, url) {
  const all = [];
  for (await page.goto(url); ; await page.getByRole("link", { name: "Next" }).click()) {
    all.push(...(await page.locator("tbody tr").evaluateAll((rows) => rows.map((row) => {
      const cell = (name) => row.querySelector(`[data-field="${name}"]`).innerText.replace(/[^\w-]/g, "");
      return [row.id.replace("order-", ""), cell("store"), cell("product"), cell("quantity")];
    }))));
    if ((await page.getByRole("link", { name: "Next" }).count()) === 0) return all;
    if (await page.getByRole("link", { name: "Next" }).getAttribute("aria-disabled")) return all;
  }
}

/** The files of a zip archive, by its central directory (APPNOTE.TXT, section 4.3). */
function unzip(bytes) {
  const end = bytes.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  const files = {};
  let at = bytes.readUInt32LE(end + 16);
  for (let nth = 0; nth < bytes.readUInt16LE(end + 10); nth++) {
    const [packed, name, extra, comment] = [bytes.readUInt32LE(at + 20), ...[28, 30, 32].map((place) => bytes.readUInt16LE(at + place))];
    const local = bytes.readUInt32LE(at + 42);
    const begin = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    const content = bytes.subarray(begin, begin + packed);
    const isDeflated = bytes.readUInt16LE(at + 10) === 8;
    files[bytes.toString("utf8", at + 46, at + 46 + name)] = (isDeflated ? inflateRawSync(content) : content).toString("utf8");
    at += 46 + name + extra + comment;
  }
  return files;
}

/** What a file says of the same four columns. */
function read(format, bytes) {
  const columns = ["number", "store_code", "product_code", "product_quantity"];
  const of = (orders) => orders.map((order) => columns.map((name) => String(order[name])));
  if (format === "JSON") return of(JSON.parse(bytes));
  if (format === "NDJSON") return of(bytes.toString().trim().split("\n").map((line) => JSON.parse(line)));
  if (format === "Excel workbook") {
    const sheet = unzip(bytes)["xl/worksheets/sheet1.xml"];
    const lines = [...sheet.matchAll(/<row .*?<\/row>/gs)].map(([row]) =>
      Object.fromEntries([...row.matchAll(/<c r="([A-Z]+)\d+".*?(?:<t[^>]*>(.*?)<\/t>|<v>(.*?)<\/v>)/gs)].map(([, column, text, value]) => [column, text ?? value])));
    const [names, ...orders] = lines;
    const column = (name) => Object.keys(names).find((letter) => names[letter] === name);
    return orders.map((order) => columns.map((name) => order[column(name)]));
  }
  // No cell of these orders is quoted.
  const separator = format === "CSV" ? "," : ";";
  assert.equal(bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])), separator === ";");
  const [names, ...lines] = bytes.toString("utf8").replace("\ufeff", "").trim().split("\r\n").map((line) => line.split(separator));
  return lines.map((line) => columns.map((name) => line[names.indexOf(name)]));
}

for (const javaScriptEnabled of [true, false]) {
  test(`each format has the rows of the list ${javaScriptEnabled ? "with" : "without"} JavaScript`, () =>
    onDesk({ javaScriptEnabled, acceptDownloads: true }, async (page) => {
      const list = "/?status=to-ship&status=delivered&sort=store";
      const expected = javaScriptEnabled ? await rows(page, list) : null;
      for (const format of FORMATS) {
        await page.goto(`${list}&per_page=25`);
        await page.locator("summary", { hasText: /^Export$/ }).click();
        const [download] = await Promise.all([
          page.waitForEvent("download"),
          page.getByRole("link", { name: format, exact: true }).click(),
        ]);
        assert.match(download.suggestedFilename(), /^orders-filtered-\d{4}-\d\d-\d\d\.(xlsx|csv|ndjson|json)$/);
        const found = read(format, readFileSync(await download.path()));
        assert(found.length > 25, `${format}: ${found.length} orders`);
        if (expected) assert.deepEqual(found, expected, format);
      }
      await page.getByRole("link", { name: "Access log" }).click();
      const log = await page.locator("tbody tr").allInnerTexts();
      assert.equal(log.length, FORMATS.length);
      for (const entry of log) assert.match(entry, /the desk exported \d+ orders of .*Finished/s);
    }));
}

test("the menu is reached and opened by keyboard, and is accessible, as is the access log", () =>
  onDesk({}, async (page) => {
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      await page.goto("/?status=delivered");
      await tabTo(page, page.locator("summary", { hasText: /^Export$/ }), 40);
      await page.keyboard.press("Enter");
      await page.keyboard.press("Tab");
      assert.equal(await page.evaluate(() => document.activeElement.innerText), "Excel workbook");
      for (const url of ["", "/audit"]) {
        if (url) {
          await page.request.get("/export.csv");
          await page.goto(url);
        }
        await page.evaluate(axe.source);
        const { violations } = await page.evaluate(() => globalThis.axe.run(document));
        assert.deepEqual(violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}`)), []);
      }
    }
  }));

test("on a phone the menu stands inside the page", () =>
  onDesk({ viewport: { width: 390, height: 844 } }, async (page) => {
    await page.goto("/");
    await page.locator("summary", { hasText: /^Export$/ }).click();
    const menu = await page.locator("details[open] .menu").boundingBox();
    assert(menu.x >= 0 && menu.x + menu.width <= 390, JSON.stringify(menu));
    for (const item of await page.locator("details[open] .menu a").all()) assert((await item.boundingBox()).height >= 24);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  }));
