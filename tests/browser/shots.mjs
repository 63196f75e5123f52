// Takes the README's screenshots: node shots.mjs FOLDER

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { launch, openDesk, openPage, sample, send } from "./desk.mjs";

const [folder] = process.argv.slice(2);
if (!folder) {
  console.error("Name a folder for the pictures: node shots.mjs FOLDER");
  process.exit(2);
}
mkdirSync(folder, { recursive: true });

const deskSize = { width: 1280, height: 800 };
const phoneSize = { width: 390, height: 844 };
const list = (page) => page.goto("/");
const shipped = async (page) => {
  await list(page);
  await page.locator("tbody tr", { hasText: "Shipped" }).getByRole("link").first().click();
  await page.locator(".steps").waitFor();
};
const mistakes = { ...sample, product_quantity: "0", shipping_date: "2026-03-01" };
const shots = {
  list: { colorScheme: "light", viewport: deskSize, visit: list },
  "list-dark": { colorScheme: "dark", viewport: deskSize, visit: list },
  order: { colorScheme: "light", viewport: deskSize, visit: shipped },
  "form-errors": {
    colorScheme: "light",
    viewport: phoneSize,
    deviceScaleFactor: 2,
    visit: async (page) => {
      await send(page, mistakes);
      await page.locator("#problem").waitFor();
    },
  },
};

const desk = await openDesk({ rows: 1000 });
const browser = await launch();
try {
  for (const [name, { visit, ...options }] of Object.entries(shots)) {
    const { page, close } = await openPage(browser, desk, options);
    await visit(page);
    await page.screenshot({ path: join(folder, `${name}.png`), caret: "initial" });
    await close();
  }
} finally {
  await browser.close();
  await desk.close();
}
