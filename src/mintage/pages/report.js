// What a report does beyond being read: colours, sorting, the filter, prompts of pictures, where you are.
"use strict";
const root = document.documentElement;
const all = (selector, from = document) => [...from.querySelectorAll(selector)];
const byId = (id) => document.getElementById(id);

// Colours: the system's, until the button is used. Set before anything is drawn.
const dark = matchMedia("(prefers-color-scheme: dark)");
const stored = (value) => {
  try {
    if (value) localStorage.setItem("mintage-theme", value);
    return localStorage.getItem("mintage-theme");
  } catch {
    return value; // storage is off: the choice lasts as long as the page
  }
};
const other = () => ((root.dataset.theme || (dark.matches ? "dark" : "light")) === "dark" ? "light" : "dark");
if (["light", "dark"].includes(stored())) root.dataset.theme = stored();

function offerTheme() {
  const button = byId("theme");
  const say = () => {
    button.textContent = other() === "dark" ? "Dark" : "Light";
    button.setAttribute("aria-label", `${button.textContent}: use ${other()} colours`);
  };
  button.addEventListener("click", () => {
    root.dataset.theme = other();
    stored(root.dataset.theme);
    say();
  });
  dark.addEventListener("change", say);
  say();
}

// Sorting: numbers begin with the largest; equal rows keep the order of the spec.
function offerSorting(table, rows) {
  const words = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
  const heads = all("thead th", table);
  const sort = (head, column) => {
    const [first, second] = column === 0 ? ["ascending", "descending"] : ["descending", "ascending"];
    const direction = head.getAttribute("aria-sort") === first ? second : first;
    for (const one of heads) one.setAttribute("aria-sort", one === head ? direction : "none");
    const value = (row) => row.cells[column].dataset.value;
    const compare = column === 0 ? (a, b) => words.compare(value(a), value(b)) : (a, b) => value(a) - value(b);
    const sign = direction === "ascending" ? 1 : -1;
    table.tBodies[0].append(...[...rows].sort((a, b) => sign * compare(a, b)));
  };
  heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => sort(head, column)));
}

// The filter: rows of the table and sections with pictures, by any part of the name.
function offerFilter(rows, sections) {
  byId("filter").addEventListener("input", (event) => {
    const wanted = event.target.value.trim().toLowerCase();
    const matches = (one) => one.dataset.name.toLowerCase().includes(wanted);
    for (const one of [...rows, ...sections]) one.hidden = !matches(one);
    const found = rows.filter(matches).length;
    byId("found").textContent = wanted ? `${found} of ${rows.length} classes, here and under Pictures` : "";
    byId("none-found").hidden = found > 0 || !rows.length;
  });
}

// A link to a class opens its section.
function offerOpening(table, sections) {
  const open = (hash) => {
    const target = hash && byId(hash.slice(1));
    if (target?.tagName === "DETAILS") target.open = true;
  };
  addEventListener("hashchange", () => open(location.hash));
  table.addEventListener("click", (event) => open(event.target.closest("a")?.hash));
  for (const [id, state] of [["open-all", true], ["close-all", false]]) {
    byId(id).addEventListener("click", () => sections.forEach((one) => { one.open = state; }));
  }
  open(location.hash);
}

// The prompt of a picture and more, on hover, focus or tap. A title of its own would show it twice.
function offerPrompts() {
  const tip = byId("tip");
  let shown = null;
  const hide = () => {
    tip.hidden = true;
    shown?.removeAttribute("aria-describedby");
    shown = null;
  };
  const place = (at) => {
    const { width, height } = tip.getBoundingClientRect();
    const above = at.top - height - 8;
    tip.style.left = `${Math.min(Math.max(8, at.left + at.width / 2 - width / 2), root.clientWidth - width - 8)}px`;
    tip.style.top = `${above > 8 ? above : at.bottom + 8}px`;
  };
  const show = (figure) => {
    if (figure === shown) return;
    hide();
    const { prompt, attributes, scores, id } = figure.dataset;
    const lines = [prompt, figure.querySelector(".reason")?.textContent, attributes, scores, id].filter(Boolean);
    tip.replaceChildren(...lines.map((text) => Object.assign(document.createElement("p"), { textContent: text })));
    tip.hidden = false;
    place(figure.querySelector(".frame").getBoundingClientRect());
    figure.setAttribute("aria-describedby", "tip");
    shown = figure;
  };
  for (const figure of all("figure")) {
    figure.dataset.prompt = figure.title;
    figure.removeAttribute("title");
  }
  const follow = (event) => {
    const figure = event.target.closest?.("figure");
    if (figure) show(figure);
    else if (event.type === "focusin" || document.activeElement !== shown) hide();
  };
  addEventListener("mouseover", follow);
  addEventListener("focusin", follow);
  addEventListener("focusout", hide);
  addEventListener("scroll", hide, { passive: true, capture: true });
  addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
}

// Where you are, in the contents: the last section that has begun, or the very last at the end of the page.
function markContents() {
  const links = all("nav a");
  const mark = () => {
    const begun = links.filter((link) => byId(link.hash.slice(1)).getBoundingClientRect().top < innerHeight * 0.3);
    const atEnd = scrollY > 0 && scrollY + innerHeight >= root.scrollHeight - 4;
    const now = atEnd ? links.at(-1) : begun.at(-1) ?? links[0];
    if (now.getAttribute("aria-current") === "true") return;
    for (const link of links) link.setAttribute("aria-current", link === now);
    now.closest("ol").scrollLeft = now.offsetLeft - 48; // on phones the contents are one line
  };
  addEventListener("scroll", () => requestAnimationFrame(mark), { passive: true });
  mark();
}

addEventListener("DOMContentLoaded", () => {
  const table = byId("classes-table");
  const rows = all("tbody tr", table);
  const sections = all("details.class");
  offerTheme();
  offerSorting(table, rows);
  offerFilter(rows, sections);
  offerOpening(table, sections);
  offerPrompts();
  markContents();
});
