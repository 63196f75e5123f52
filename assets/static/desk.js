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
    if (timer) return event.preventDefault();
    timer = setTimeout(release, 8000);
    button.setAttribute("aria-disabled", "true");
  });
  addEventListener("pageshow", release);
}

// The key / goes to the search, but for where it is typed as a character; who speaks to the computer can turn it off.
const search = document.getElementById("q");
const keys = document.getElementById("keys");
if (search && keys) {
  const hint = search.placeholder;
  const show = () => (search.placeholder = keys.checked ? `${hint}   /` : hint);
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
  document.addEventListener("keydown", (event) => {
    const { key, ctrlKey, metaKey, altKey, isComposing, target } = event;
    if (!keys.checked || key !== "/" || ctrlKey || metaKey || altKey || isComposing) return;
    if (target.closest("input:not([type=checkbox]), select, textarea, [contenteditable]")) return;
    event.preventDefault();
    search.focus();
    search.select();
  });
}

// Ticking orders: how many there are is said, a click with Shift ticks all since the last one, x ticks the row that has the
// focus, and one box ticks the whole page.
const boxes = [...document.querySelectorAll("input[name=order]")];
const page = document.getElementById("pick-page");
if (boxes.length > 0 && page) {
  const bar = document.getElementById("picked");
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
  document.addEventListener("keydown", (event) => {
    const { key, ctrlKey, metaKey, altKey, isComposing, target } = event;
    if (!keys?.checked || key !== "x" || ctrlKey || metaKey || altKey || isComposing) return;
    if (target.closest("input:not([type=checkbox]), select, textarea, [contenteditable]")) return;
    const box = target.closest("tr")?.querySelector("input[name=order]");
    if (!box) return;
    box.checked = !box.checked;
    tick(box, false);
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
