import { mkdirSync } from "node:fs";
import { launch, openDesk, openPage, sample, send, fill } from "/tmp/wt/edit/tests/browser/desk.mjs";
const folder = "/tmp/edit-shots"; mkdirSync(folder, { recursive: true });
const desk = await openDesk({ rows: 60, dirty: true });
const browser = await launch();
const sizes = { w: { width: 1280, height: 800 }, n: { width: 390, height: 844 } };
async function conflict(page) {
  await send(page, sample);
  await page.waitForURL(/orders\/\d+$/);
  const url = new URL(page.url()).pathname;
  await page.goto(`${url}/edit`);
  const other = await page.context().newPage();
  await other.goto(`${url}/edit`);
  await other.locator("#product_quantity").fill("9"); await other.locator("#store_code").fill("DE-00000000");
  await other.getByRole("button", { name: "Save changes" }).click();
  await other.waitForURL(url); await other.close();
  await page.locator("#product_quantity").fill("5");
  await page.locator("#card_number").fill("3782-822463-10005");
  await page.locator("#shipping_date").fill("2026-03-04");
  await page.getByRole("button", { name: "Save changes" }).click();
  await page.locator("#problem").waitFor({timeout:5000}).catch(async (e) => { console.log(page.url(), (await page.content()).slice(0,3000)); throw e; });
  return url;
}
const visits = {
  order: async (p) => { await p.goto("/orders/60"); },
  edit: async (p) => { await p.goto("/orders/60/edit"); },
  cancel: async (p) => { await p.goto("/orders/60/cancel"); },
  conflict,
  ontop: async (p) => { await conflict(p); await p.getByRole("button", { name: "Keep editing" }).click(); await p.locator(".notice").waitFor({timeout:5000}).catch(async (e) => { console.log(p.url(), (await p.content()).slice(600,3000)); throw e; }); },
  over422: async (p) => { await conflict(p); await p.getByRole("button", { name: "Save mine" }).click(); await p.locator("#problem ul").waitFor(); },
  history: async (p) => { const url = await conflict(p); await p.goto(url + "/cancel"); await p.getByRole("button", { name: "Cancel the order" }).click(); await p.locator(".notice").waitFor({timeout:5000}).catch(async (e) => { console.log(p.url(), (await p.content()).slice(600,3000)); throw e; }); },
  refused: async (p) => { const url = await conflict(p); await p.goto(url + "/cancel"); await p.getByRole("button", { name: "Cancel the order" }).click(); await p.locator(".notice").waitFor(); await p.goto(url+"/edit"); },
};
const only = process.argv[2]?.split(",");
try {
  for (const [name, visit] of Object.entries(visits)) {
    if (only && !only.includes(name)) continue;
    for (const [s, viewport] of Object.entries(sizes)) for (const colorScheme of ["light", "dark"]) {
      if (colorScheme === "dark" && s === "n" ) continue;
      const { page, close, complaints } = await openPage(browser, desk, { colorScheme, viewport });
      await visit(page);
      await page.screenshot({ path: `${folder}/${name}-${s}-${colorScheme}.png`, fullPage: true });
      if (complaints.length) console.log(name, complaints);
      await close();
    }
  }
} finally { await browser.close(); await desk.close(); }
