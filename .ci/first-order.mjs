// Adds the first order to an empty desk, as the form does: node first-order.mjs URL

import assert from "node:assert/strict";

const [url] = process.argv.slice(2);
const get = async (path, status = 200) => {
  const response = await fetch(new URL(path, url));
  assert.equal(response.status, status, path);
  return response.text();
};

const empty = await get("/");
assert.match(empty, /No orders yet/);
// The style sheet, the script and the icon are inside the program.
const assets = new Set(empty.match(/\/assets\/[\w.]+/g));
assert.equal(assets.size, 3);
for (const asset of assets) await get(asset);

const form = await get("/orders/new");
const body = new URLSearchParams({
  submission: form.match(/name="submission" value="([^"]+)"/)[1],
  order_date: "today",
  store_code: "HI-9B97EE4E",
  product_code: "R7-3126933h",
  product_quantity: "4",
  user_id: "2dcb6e7a-1f0e-4d0b-9d3a-0c8b6a51e7f2",
  card_number: "4111 1111 1111 1111",
});
const added = await fetch(new URL("/orders", url), { method: "POST", body, redirect: "manual" });
assert.equal(added.status, 303);
assert.equal(added.headers.get("location"), "/orders/1");
assert.match(await get("/orders/1"), /Visa •••• 1111/);
assert.match(await get("/"), /1 to 1 of 1/);
await get("/orders/2", 404);
await get("/readyz");
