// Single keys press what carries data-key. A held key counts once; typing in a field is typing; decisions rest 400 ms.
// The shortcuts page switches single keys off for this browser: then only Ctrl+Enter and Escape stay.
const SWITCH = "shortcuts-off";
const opened = performance.now();
let lane = false; // G was pressed, a digit follows

const toggle = document.querySelector("[data-shortcuts-switch]");
if (toggle) {
  toggle.checked = localStorage.getItem(SWITCH) === null;
  toggle.addEventListener("change", () => (toggle.checked ? localStorage.removeItem(SWITCH) : localStorage.setItem(SWITCH, "1")));
}
const shown = (element) => element.getClientRects().length > 0;
const move = (step) => {
  const links = [...document.querySelectorAll(".row-link")];
  const at = links.indexOf(document.activeElement);
  const next = links[at < 0 ? 0 : Math.max(0, Math.min(at + step, links.length - 1))];
  if (next) next.focus();
};
const press = (key) => {
  const place = document.querySelector("dialog[open]") || document;
  const target = [...place.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find(shown);
  if (!target) return false;
  const looks = ["nowait", "tool", "side"].some((mark) => mark in target.dataset); // looking needs no rest
  if (!looks && performance.now() - opened < 400) return true;
  if (target.getAttribute("aria-disabled") !== "true") target.click();
  return true;
};
document.addEventListener("keydown", (event) => {
  if (event.repeat || event.altKey) return;
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    const send = [...document.querySelectorAll("[data-send]")].find(shown);
    if (send) send.click();
    return;
  }
  if (event.ctrlKey || event.metaKey) return;
  const typing = event.target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select");
  if (typing && event.key !== "Escape") return;
  if (localStorage.getItem(SWITCH) && event.key !== "Escape") return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (lane && /^[1-7]$/.test(key)) {
    const link = document.querySelector(`[data-lane="${key}"]`);
    if (link) link.click();
    lane = false;
    return;
  }
  lane = key === "g";
  if (key === "j" || key === "k") return move(key === "j" ? 1 : -1);
  if (key === "?") {
    // Only who has the page in the navigation may open it; for others the key does nothing.
    const map = document.querySelector('.nav a[href$="/shortcuts/"]');
    return map && map.click();
  }
  const find = document.querySelector("[data-find]");
  if (key === "/" && find) {
    event.preventDefault();
    return find.focus();
  }
  const filter = document.querySelector("[data-filter]");
  if (key === "f" && filter && !document.querySelector("dialog[open]")) {
    event.preventDefault();
    return filter.focus();
  }
  if (press(key)) event.preventDefault();
});
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) return event.preventDefault(); // a double press acts once
  form.dataset.sent = "1";
});
const toast = document.querySelector("[data-until]");
if (toast) {
  // A press that can no longer be taken back must not look as if it could.
  const left = new Date(toast.dataset.until) - Date.now();
  setTimeout(() => toast.remove(), Math.max(0, Math.min(left, 15000)));
}
