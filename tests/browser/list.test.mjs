// The list as a table that people read all day: columns that stay, rows that fit, and the way back to a row.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, openDesk, openPage, tabTo } from "./desk.mjs";

const fields = ["pick", "number", "ordered", "age", "status", "store", "product", "quantity", "card", "shipped", "customer", "uuid"];
const wide = [768, 896, 1024, 1280, 1440, 1920, 2560];

let browser, desk;
before(async () => ([browser, desk] = await Promise.all([launch(), openDesk({ rows: 1000, dirty: true })])));
after(() => Promise.all([browser, desk].map((one) => one?.close())));

/** Runs `story` with a page of the desk that all tests here share. */
async function withPage(options, story) {
  const { page, complaints, close } = await openPage(browser, desk, options);
  await story(page);
  await close();
  assert.deepEqual(complaints, []);
}

test("every cell says which field it shows, in one order", () =>
  withPage({}, async (page) => {
    await page.goto("/");
    const named = (selector) => page.locator(selector).evaluateAll((all) => all.map((one) => one.dataset.field));
    assert.deepEqual(await named("col"), fields);
    assert.deepEqual(await named("thead tr > *"), fields);
    assert.deepEqual(await named("tbody tr:first-child > *"), fields);
    assert.equal(await page.locator("tbody tr[id^=order-]").count(), 25);
  }));

test("columns stand where they stood on the page before", () =>
  withPage({}, async (page) => {
    const places = async (path) => {
      await page.goto(path);
      const all = {};
      for (const width of wide) {
        await page.setViewportSize({ width, height: 900 });
        all[width] = await page.locator("thead th").evaluateAll((cells) =>
          cells.map((cell) => [cell.dataset.field, cell.getBoundingClientRect().x, cell.getBoundingClientRect().width]),
        );
      }
      return all;
    };
    const first = await places("/");
    for (const path of ["/?page=7", "/?page=40", "/?page=10&per_page=100"]) {
      assert.deepEqual(await places(path), first, path);
    }
  }));

test("no cell is cut off but a long code or the name of a card", () =>
  withPage({}, async (page) => {
    for (const path of ["/?per_page=100", "/?page=10&per_page=100"]) {
      await page.goto(path);
      for (const width of [390, ...wide]) {
        await page.setViewportSize({ width, height: 900 });
        assert.deepEqual(await page.evaluate(cutOff), [], `${path} at ${width} px`);
      }
    }
  }));

test("rows are as high as a work list needs them", () =>
  withPage({}, async (page) => {
    for (const [width, height, atLeast, atMostHigh] of [[390, 844, 8, 60], [768, 1024, 25, 30], [1440, 900, 21, 30]]) {
      await page.setViewportSize({ width, height });
      await page.goto("/");
      const boxes = await page.locator("tbody tr").evaluateAll((rows) => rows.map((row) => row.getBoundingClientRect().toJSON()));
      const { y: foot } = await page.locator(".bar:visible").boundingBox();
      const whole = boxes.filter((box) => box.bottom <= Math.min(height, foot)).length;
      assert.ok(whole >= atLeast, `${whole} whole rows at ${width} px`);
      assert.ok(Math.max(...boxes.map((box) => box.height)) <= atMostHigh, `a row is too high at ${width} px`);
    }
  }));

test("the list fits on upright paper, and across it with its codes", () =>
  withPage({}, async (page) => {
    await page.emulateMedia({ media: "print" });
    // A4 without its margins.
    for (const [width, codes] of [[703, 0], [1032, 2]]) {
      await page.setViewportSize({ width, height: 900 });
      await page.goto("/?per_page=100");
      assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${width} px`);
      assert.equal(await page.locator("thead :is([data-field=customer], [data-field=uuid])").filter({ visible: true }).count(), codes);
    }
  }));

test("a column more, at the front, leaves every other as it is", () =>
  withPage({}, async (page) => {
    for (const width of [390, 1280]) {
      await page.setViewportSize({ width, height: 844 });
      await page.goto("/");
      const before = await page.evaluate(looks);
      await page.evaluate(() => {
        for (const row of document.querySelectorAll("tr, colgroup")) {
          row.prepend(document.createElement(row.matches("tr") ? "td" : "col"));
        }
      });
      // At the edge of the row stands another cell now.
      const own = ({ number, ...others }) => others;
      assert.deepEqual(own(await page.evaluate(looks)), own(before), `${width} px`);
    }
  }));

for (const colorScheme of ["light", "dark"]) {
  for (const width of [390, 1280]) {
    test(`the row under the pointer and the one led back to have an edge: ${colorScheme}, ${width} px`, () =>
      withPage({ colorScheme, viewport: { width, height: 844 } }, async (page) => {
        await page.goto("/?page=3#order-946");
        const led = page.locator("#order-946");
        assert.ok(await led.evaluate((row) => row.matches(":target")));
        const pointed = page.locator("tbody tr:not(:target)").nth(2);
        await pointed.hover();
        for (const row of [led, pointed]) {
          const { edge, ground } = await row.evaluate(edgeOf);
          assert.ok(contrast(edge, ground) >= 3, `${edge} on ${ground}`);
        }
        const { edge } = await page.locator("tbody tr:not(:target)").last().evaluate(edgeOf);
        assert.equal(edge, null, "other rows have none");
      }));
  }
}

test("a clerk comes back to the row, whatever was done with its order", () =>
  withPage({ viewport: { width: 1280, height: 800 } }, async (page) => {
    await page.goto("/?page=7&per_page=50");
    const row = page.locator("tbody tr").nth(40);
    const id = await row.getAttribute("id");
    await row.getByRole("link").click();
    await page.waitForURL(/\/orders\/\d+\?per_page=50$/);
    await page.getByRole("link", { name: "Edit" }).click();
    await page.locator("#product_quantity").fill("0");
    await page.keyboard.press("Enter");
    await page.locator("#problem:focus").waitFor();
    await page.locator("#product_quantity").fill("77");
    await page.keyboard.press("Enter");
    await page.getByRole("status").waitFor();
    await page.getByRole("link", { name: "Back to the list" }).click();
    await page.waitForURL(`/?page=7&per_page=50#${id}`);
    assert.equal(await page.locator("tr:target [data-field=quantity]").innerText(), "77");
    const box = await page.locator("tr:target").boundingBox();
    assert.ok(box.y >= 0 && box.y + box.height <= 800, "the row is in view");
  }));

test("the key / goes to the search, which opens the order of a number", () =>
  withPage({}, async (page) => {
    await page.goto("/?per_page=50");
    await page.keyboard.press("/");
    const search = page.getByRole("searchbox");
    assert.ok(await search.evaluate((field) => field === document.activeElement));
    assert.equal(await search.inputValue(), "");
    await page.keyboard.type("500");
    await page.keyboard.press("Enter");
    await page.waitForURL("/orders/500?per_page=50");
    await page.goBack();
    // In a field it is a character like any other.
    await search.press("/");
    assert.equal(await search.inputValue(), "/");
  }));

test("the key / can be turned off, and stays so", () =>
  withPage({}, async (page) => {
    const isSearching = () => page.getByRole("searchbox").evaluate((field) => field === document.activeElement);
    await page.goto("/");
    await page.getByRole("checkbox", { name: "Single keys are on" }).uncheck();
    for (const path of ["/", "/?page=2"]) {
      await page.goto(path);
      await page.keyboard.press("/");
      assert.equal(await isSearching(), false, path);
    }
    await page.getByRole("checkbox", { name: "Single keys are on" }).check();
    await page.keyboard.press("/");
    assert.equal(await isSearching(), true);
  }));

test("with the keyboard alone the next page is near", () =>
  withPage({}, async (page) => {
    await page.goto("/");
    await tabTo(page, page.getByRole("link", { name: "Skip to the pages" }), 2);
    await page.keyboard.press("Enter");
    await tabTo(page, page.getByRole("link", { name: "Next" }), 12);
    await page.keyboard.press("Enter");
    await page.waitForURL("/?page=2");
    assert.equal(await page.locator("tbody tr").count(), 25);
  }));

for (const javaScriptEnabled of [true, false]) {
  test(`the filters wait until they are sent, ${javaScriptEnabled ? "with" : "without"} JavaScript`, () =>
    withPage({ javaScriptEnabled }, async (page) => {
      await page.goto("/?per_page=50");
      await page.getByText("Filters", { exact: true }).click();
      await page.getByRole("checkbox", { name: "Delivered" }).check();
      await page.getByRole("textbox", { name: "Store" }).fill("web");
      await page.getByRole("combobox", { name: "Shipped" }).selectOption("Any time");
      await page.getByRole("textbox", { name: "Ordered from" }).fill("1 January 2000");
      assert.equal(new URL(page.url()).search, "?per_page=50", "nothing is sent while one is choosing");
      await page.getByRole("button", { name: "Show orders" }).click();
      await page.waitForURL("/?status=delivered&store=WEB-1388012W&ordered_from=2000-01-01&per_page=50");
      await page.getByRole("link", { name: "Remove filter: Status Delivered" }).click();
      await page.waitForURL("/?store=WEB-1388012W&ordered_from=2000-01-01&per_page=50");
      await page.goBack();
      await page.waitForURL(/status=delivered/);
      await page.goForward();
      await page.getByRole("link", { name: "Clear all" }).first().click();
      await page.waitForURL("/?per_page=50");
    }));
}

test("a mistake in a filter leads to its field, which still holds it", () =>
  withPage({}, async (page) => {
    await page.goto("/");
    await page.getByText("Filters", { exact: true }).click();
    await page.getByRole("textbox", { name: "Ordered from" }).fill("soon");
    await page.keyboard.press("Enter");
    await page.locator("#problem:focus").waitFor();
    await page.locator("#problem a").press("Enter");
    await page.locator("#ordered_from:focus").waitFor();
    assert.equal(await page.inputValue("#ordered_from"), "soon");
    await page.locator("#ordered_from").fill("3 March 2000");
    await page.keyboard.press("Enter");
    await page.waitForURL("/?ordered_from=2000-03-03");
  }));

test("a card number that is searched for leaves nothing in the field or the address", () =>
  withPage({}, async (page) => {
    await page.goto("/");
    await page.getByRole("searchbox").fill("5555 5555 5555 4444");
    await page.keyboard.press("Enter");
    await page.locator("#q-error").waitFor();
    assert.equal(await page.getByRole("searchbox").inputValue(), "");
    assert.ok(!(await page.content()).replace(/\D/g, "").includes("5555555555554444"));
    assert.equal(new URL(page.url()).search, "");
  }));

test("every column's head sorts, and says which way", () =>
  withPage({}, async (page) => {
    await page.goto("/");
    const head = (name) => page.getByRole("columnheader", { name, exact: true });
    assert.equal(await head("Ordered").getAttribute("aria-sort"), "descending");
    for (const sort of ["ascending", "descending"]) {
      await page.getByRole("link", { name: "Store", exact: true }).click();
      await page.waitForURL(`/?sort=${sort === "ascending" ? "" : "-"}store`);
      assert.equal(await head("Store").getAttribute("aria-sort"), sort);
      assert.equal(await head("Ordered").getAttribute("aria-sort"), null);
    }
  }));

test("nothing moves for those who want no motion", () =>
  withPage({ reducedMotion: "reduce" }, async (page) => {
    for (const path of ["/", "/orders/60", "/orders/new"]) {
      await page.goto(path);
      const moving = await page.evaluate(() =>
        [...document.querySelectorAll("*")].filter((one) => getComputedStyle(one).transitionDuration !== "0s").length,
      );
      assert.equal(moving, 0, path);
    }
  }));

/** The ratio of two colours' luminances (WCAG 2.2, 1.4.11). */
function contrast(one, other) {
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[\d.]+/g).map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

// What follows runs inside the page.

function cutOff() {
  const mayBeCut = ["customer", "uuid"];
  return [...document.querySelectorAll("tbody tr > *")]
    .filter((cell) => cell.checkVisibility() && getComputedStyle(cell).clipPath === "none" && !mayBeCut.includes(cell.dataset.field) && cell.scrollWidth > cell.clientWidth)
    .map((cell) => `${cell.dataset.field}: ${cell.innerText}, ${cell.scrollWidth} in ${cell.clientWidth} px`);
}

function looks() {
  const look = (cell) => {
    const { display, textAlign, color, fontFamily, fontSize, gridRow, paddingRight } = getComputedStyle(cell);
    const before = getComputedStyle(cell, "::before").content;
    return { display, textAlign, color, fontFamily, fontSize, gridRow, paddingRight, before };
  };
  const cells = document.querySelectorAll("tbody tr:first-child [data-field]");
  return Object.fromEntries([...cells].map((cell) => [cell.dataset.field, look(cell)]));
}

/** The colour of the row's inner edge, if it has one, and that of its ground. */
function edgeOf(row) {
  const shadow = [row, row.firstElementChild].map((one) => getComputedStyle(one).boxShadow).find((one) => one.includes("inset"));
  return { edge: shadow?.match(/rgb\([^)]*\)/)[0] ?? null, ground: getComputedStyle(row).backgroundColor };
}
