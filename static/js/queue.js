// The queue stays fresh without moving what the reader looks at, and the panel beside it follows the row in focus.
import { dialogs } from "./dialogs.js";

const list = document.querySelector("[data-queue]");
dialogs(new AbortController().signal);

const show = (row) => {
  const link = row.querySelector(".row-link");
  const wanted = link.getAttribute("href").split("/").at(-2);
  for (const each of document.querySelectorAll("[data-why]")) each.hidden = each.dataset.why !== wanted;
  for (const each of document.querySelectorAll("[data-row]")) each.classList.toggle("active", each === row);
};
document.addEventListener("focusin", (event) => {
  const row = event.target.closest && event.target.closest("[data-row]");
  if (row) show(row);
});
document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-row]");
  if (row && !event.target.closest("a, button, label")) row.querySelector(".row-link").focus();
});
const first = document.querySelector("[data-row]");
if (first) show(first);

// Rows are chosen for what can be done to several; a fresh list keeps the choice.
const several = document.querySelector("[data-several]");
const picks = () => [...list.querySelectorAll("[data-pick]")];
const count = () => {
  if (!several) return;
  const many = picks().filter((each) => each.checked).length;
  const said = several.querySelector("[data-chosen]");
  said.textContent = many === 1 ? said.dataset.one : said.dataset.many.replace("{many}", many);
};
document.addEventListener("change", (event) => event.target.matches("[data-pick]") && count());
if (several) several.addEventListener("reset", () => {
  const row = document.querySelector("[data-row].active .row-link");
  if (row) row.focus();
});

const refreshed = document.querySelector("[data-refreshed]");
const lost = document.querySelector("[data-lost]");
let held = null;
let wanted = null;
let before = [];
let chosen = [];
let asked = Date.now();
const links = () => [...list.querySelectorAll(".row-link")].map((link) => link.getAttribute("href"));
list.addEventListener("htmx:beforeSwap", () => {
  before = links();
  chosen = picks().filter((each) => each.checked).map((each) => each.value);
  held = document.activeElement && document.activeElement.getAttribute("href");
  const active = document.querySelector("[data-row].active .row-link");
  wanted = held || (active && active.getAttribute("href"));
});
list.addEventListener("htmx:afterSwap", () => {
  const again = wanted && list.querySelector(`.row-link[href="${CSS.escape(wanted)}"]`);
  for (const each of picks()) each.checked = chosen.includes(each.value);
  count();
  const row = again ? again.closest("[data-row]") : list.querySelector("[data-row]");
  if (row) show(row);
  if (again && held) again.focus({ preventScroll: true });
  const now = links();
  const above = again ? now.slice(0, now.indexOf(wanted)).filter((link) => !before.includes(link)).length : 0;
  refreshed.dataset.above = above ? ` · ${refreshed.dataset.new.replace("{many}", above)}` : "";
  const counts = list.querySelector("[data-counts]");
  if (counts) counts.dataset.counts.split(" ").forEach((many, at) => {
    const place = document.querySelector(`[data-lane="${at + 1}"] .count`);
    if (place) place.textContent = many;
  });
});
list.addEventListener("fresh:asked", (event) => {
  lost.hidden = event.detail.isAnswered;
  if (lost.hidden) {
    asked = Date.now();
    refreshed.textContent = refreshed.dataset.words.replace("{at}", new Date().toLocaleTimeString("en-GB")) + (refreshed.dataset.above || "");
  } else {
    const said = lost.querySelector("[data-words]");
    const age = Math.round((Date.now() - asked) / 1000);
    said.textContent = said.dataset.words.replace("{age}", age < 120 ? `${age} s` : `${Math.round(age / 60)} min`);
  }
});
document.querySelector("[data-try-now]").addEventListener("click", () => list.dispatchEvent(new Event("fresh")));

// On a narrow page the panel is a drawer.
const drawer = document.querySelector("[data-why-toggle]");
drawer.addEventListener("click", () => {
  const isOpen = list.classList.toggle("shows-why");
  drawer.setAttribute("aria-expanded", String(isOpen));
});

// One menu is open at a time; Escape or a click beside it closes it, and Escape gives the focus back to its name.
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest && event.target.closest(".menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(".menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
