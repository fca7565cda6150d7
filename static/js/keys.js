// Single keys press what carries data-key. A held key counts once; typing in a field is typing; decisions rest 400 ms.
// Who switched single keys off (kept on the account) has Ctrl+Enter and Escape only.
import { prefer } from "./preferences.js";

let opened = performance.now();
let lane = false; // G was pressed, a digit follows
let isSending = false; // a press is on its way: until it is answered nothing else is pressed by key
let areSingleKeysOn = !document.querySelector("[data-single-keys=off]");

document.addEventListener("case:opened", () => {
  opened = performance.now();
  isSending = false;
});
document.addEventListener("case:refused", () => (isSending = false));
addEventListener("pageshow", () => (isSending = false));
document.addEventListener("change", (event) => {
  const toggle = event.target.closest("[data-prefers]");
  if (!toggle) return;
  prefer(toggle.dataset.prefers, toggle.checked);
  if (toggle.dataset.prefers === "single_keys") areSingleKeysOn = toggle.checked;
});
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
  const looks = "tool" in target.dataset || "side" in target.dataset; // looking needs no rest
  if (!looks && isSending) return true;
  if (!looks && !("nowait" in target.dataset) && performance.now() - opened < 400) return true;
  if (target.getAttribute("aria-disabled") !== "true") target.click();
  return true;
};
document.addEventListener("keydown", (event) => {
  if (event.repeat || event.altKey) return;
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    const send = [...document.querySelectorAll("[data-send]")].find(shown);
    if (send && !isSending) send.click();
    return;
  }
  if (event.ctrlKey || event.metaKey) return;
  const typing = event.target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select");
  if (typing && event.key !== "Escape") return;
  if (!areSingleKeysOn && event.key !== "Escape") return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (lane && /^[1-7]$/.test(key)) {
    const link = document.querySelector(`[data-lane="${key}"]`);
    if (link) link.click();
    lane = false;
    return;
  }
  lane = key === "g";
  if (key === "j" || key === "k") return move(key === "j" ? 1 : -1);
  const several = document.querySelector("[data-several]");
  if (several && !document.querySelector("dialog[open]")) {
    const pick = document.querySelector("[data-row].active [data-pick]");
    if (key === "x" && pick) return pick.click();
    const first = several.querySelector("select, button");
    if (key === "b" && shown(first)) {
      event.preventDefault();
      return first.focus();
    }
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
  isSending = true;
});
// A press that can no longer be taken back must not look as if it could; until then the toast says how long.
setInterval(() => {
  const toast = document.querySelector(".toast[data-until]");
  if (!toast) return;
  const left = Math.ceil((new Date(toast.dataset.until) - Date.now()) / 1000);
  const said = toast.querySelector("[data-sent-in]");
  if (said) said.textContent = said.dataset.sentIn.replace("{left}", Math.max(0, left));
  if (left <= 0) toast.remove();
}, 500);
