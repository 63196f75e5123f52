// What the pages gain where scripts run. Every one of them works without this file.

// First digits as in src/order/card.rs, which decides; a name shows once the digits leave no other choice.
const brands = [
  ["American Express", /^3[47]/],
  ["Diners Club", /^3(0[0-5]|095|[689])/],
  ["Discover", /^6(011|4[4-9]|5)/],
  ["JCB", /^(35(2[89]|[3-8])|1800|2131)/],
  ["Maestro", /^(5[0678]|6(0(?!11)\d\d|[136-9]|4[0-3]))/],
  ["Mastercard", /^(5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/],
  ["Visa", /^4/],
];

const brandOf = (number) => brands.find(([, start]) => start.test(number))?.[0] ?? "";

// Name the card's brand while its number is typed. Only a change is written, so that it is read out once.
for (const output of document.querySelectorAll("output[for]")) {
  const input = document.getElementById(output.htmlFor.value);
  input.addEventListener("input", () => {
    const brand = brandOf(input.value.replace(/[\s\p{Dash}\p{Default_Ignorable_Code_Point}]/gu, ""));
    if (output.value !== brand) output.value = brand;
  });
}

for (const button of document.querySelectorAll("button[data-fills]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const input = document.getElementById(button.dataset.fills);
    input.value = button.form.dataset.today;
    input.focus();
  });
}

// A second click adds nothing: the server would refuse it, and this spares the clerk that page.
// aria-disabled keeps the focus where it is; the wait ends by itself in case the answer never comes.
for (const form of document.querySelectorAll("form[method=post]")) {
  const button = form.querySelector("[type=submit]");
  let timer = 0;
  const release = () => {
    clearTimeout(timer);
    timer = 0;
    button.removeAttribute("aria-disabled");
  };
  form.addEventListener("submit", (event) => {
    // A file leaves the page as it is.
    const menu = event.submitter?.closest(".export");
    if (menu) return void (menu.open = false);
    if (timer) return event.preventDefault();
    timer = setTimeout(release, 8000);
    button.setAttribute("aria-disabled", "true");
  });
  addEventListener("pageshow", release);
}

// Single keys, but for where they are typed as characters; who speaks to the computer can turn them off.
const search = document.getElementById("q");
const keys = document.getElementById("keys");
if (keys) {
  const hint = search?.placeholder;
  const show = () => search && (search.placeholder = keys.checked ? `${hint}   /` : hint);
  // What is kept is no more than this word; where a browser keeps nothing, it holds for the page.
  const kept = (change) => {
    try {
      return change(localStorage);
    } catch {
      return null;
    }
  };
  keys.checked = kept((storage) => storage.getItem("keys")) !== "off";
  keys.parentElement.hidden = false;
  show();
  keys.addEventListener("change", () => {
    kept((storage) => storage.setItem("keys", keys.checked ? "on" : "off"));
    show();
  });

  const rows = [...document.querySelectorAll(".orders tbody tr")];
  const row = () => document.activeElement?.closest(".orders tbody tr");
  const link = () => row()?.querySelector("th a");
  const step = (by) => {
    const at = rows.indexOf(row());
    const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : at + by];
    next?.querySelector("th a").focus();
    next?.scrollIntoView({ block: "nearest" });
  };
  // A part of the order that a row is about, in the list that it stands in.
  const part = (name) => {
    const url = new URL(link().href);
    url.pathname += name;
    return url.href;
  };
  const ship = () => {
    if (!row().querySelector(".status.to-ship")) return;
    const form = Object.assign(document.createElement("form"), { method: "post", action: part("/ship") });
    document.body.append(form);
    form.submit();
  };
  // Who may not add orders may not change them either.
  const add = document.querySelector("a.add");
  const deeds = {
    "/": search && (() => (search.focus(), search.select())),
    "?": () => document.getElementById("keys-help")?.click(),
    j: rows.length && (() => step(1)),
    k: rows.length && (() => step(-1)),
    x: () => add && row()?.querySelector("input[type=checkbox]")?.click(),
    e: () => add && link() && location.assign(part("/edit")),
    s: () => add && link() && ship(),
    n: () => add?.click(),
  };
  document.addEventListener("keydown", (event) => {
    const { key, ctrlKey, metaKey, altKey, repeat, isComposing, target } = event;
    // AltGr, by which some keyboards type / and ?, is told as Ctrl and Alt.
    const isShortcut = (ctrlKey || metaKey || altKey) && !event.getModifierState("AltGraph");
    if (!keys.checked || isShortcut || isComposing) return;
    if (target.closest("input:not([type=checkbox]), select, textarea, [contenteditable]")) return;
    const own = document.querySelector(`[aria-keyshortcuts="${CSS.escape(key)}"]:not(input)`);
    const deed = own ? () => own.click() : deeds[key];
    if (!deed || (repeat && key !== "j" && key !== "k")) return;
    event.preventDefault();
    deed();
  });
}

// Ticking orders: how many there are is said, a click with Shift ticks all since the last one, and one box ticks the whole
// page.
const boxes = [...document.querySelectorAll("input[name=order]")];
const page = document.getElementById("pick-page");
const bar = document.getElementById("picked");
if (boxes.length > 0 && bar) {
  const said = document.createElement("p");
  said.className = "unseen";
  said.role = "status";
  let saying = 0;
  // What is there before its text is read out.
  const say = (text) => {
    if (!said.isConnected) bar.after(said);
    clearTimeout(saying);
    saying = setTimeout(() => (said.textContent = text), 150);
  };
  const number = (count) => count.toLocaleString("en");
  let last = null;
  const tell = () => {
    const count = boxes.filter((box) => box.checked).length;
    bar.querySelector("[data-count]").textContent = `${number(count)} selected`;
    bar.querySelector("[data-ticked]").textContent = count > 0 ? number(count) : "ticked";
    if (count > 0 || last) say(count > 0 ? `${number(count)} selected` : "None selected");
    page.checked = count === boxes.length;
    page.indeterminate = count > 0 && count < boxes.length;
  };
  const tick = (box, isRange) => {
    const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
    if (isRange && from >= 0) for (const one of boxes.slice(from, to + 1)) one.checked = box.checked;
    last = box;
    tell();
  };
  page.hidden = false;
  bar.querySelector("[data-clear]").hidden = false;
  for (const box of boxes) box.addEventListener("click", ({ shiftKey }) => tick(box, shiftKey));
  page.addEventListener("click", () => {
    for (const box of boxes) box.checked = page.checked;
    last ??= page;
    tell();
  });
  // A reset would tick again what the page was sent with.
  bar.addEventListener("reset", (event) => {
    event.preventDefault();
    for (const box of boxes) box.checked = false;
    page.focus();
    tell();
  });
  // The browser may bring ticks back.
  addEventListener("pageshow", tell);
  tell();
}

// A page of what is under way looks again by itself.
const again = document.querySelector("[data-again]");
if (again) setTimeout(() => location.reload(), Number(again.dataset.again));

// The view that is shown may lie beyond the edge of a small screen.
const view = document.querySelector(".views [aria-current]");
if (view) view.parentElement.scrollLeft = view.offsetLeft - view.parentElement.offsetLeft - 16;
// Browsers leave one that has the focus half out of sight. Under a mouse nothing moves.
document.querySelector(".views")?.addEventListener("focusin", ({ target }) => {
  if (target.matches(":focus-visible")) target.scrollIntoView({ block: "nearest", inline: "nearest" });
});

for (const input of document.querySelectorAll(".jump input")) {
  input.addEventListener("focus", () => input.select());
}

document.getElementById("problem")?.focus();

// A file that is dropped on the form is the one that it brings.
const upload = document.querySelector("[data-drop]");
upload?.addEventListener("dragover", (event) => {
  event.preventDefault();
  upload.classList.add("over");
});
for (const name of ["dragleave", "drop"]) upload?.addEventListener(name, () => upload.classList.remove("over"));
upload?.addEventListener("drop", (event) => {
  event.preventDefault();
  if (event.dataTransfer.files.length) document.getElementById(upload.dataset.drop).files = event.dataTransfer.files;
});
