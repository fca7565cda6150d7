// The dialogs are pages of their own; with scripts they open over the case. Cancelled, a dialog keeps its note; taken back,
// a decision finds everything again that was chosen and typed.
import { prepare } from "./reasons.js";

const kept = new Map(); // an act's address without its version: what was chosen and typed

const actOf = (address) => new URL(address, location.href).pathname;

const keep = (form, names) => kept.set(form.dataset.act, [...new FormData(form)].filter(([name]) => names.includes(name)));

const restore = (form) => {
  for (const [name, value] of kept.get(form.dataset.act) || []) {
    if (name === "note" || name === "why") form.querySelector(`[name=${name}]`).value = value;
    else for (const tick of form.querySelectorAll(`[name=${name}]`)) tick.checked ||= tick.value === value;
  }
};

// Asked again is the side that is looked at, unless another is chosen.
const tickSideInView = (form) => {
  const image = document.querySelector("[data-of-side]:not([hidden])");
  if (!image || form.querySelector("[name=sides]:checked")) return;
  for (const tick of form.querySelectorAll("[name=sides]")) tick.checked = tick.value === image.dataset.ofSide;
};

const fill = (dialog, body, act) => {
  body.classList.remove("dialog-page");
  body.dataset.act = act;
  dialog.replaceChildren(document.adoptNode(body));
  if (body.matches("form")) {
    restore(body);
    if (!body.querySelector("[role=alert]")) tickSideInView(body); // what a refused press held stands as it was
    body.addEventListener("input", () => keep(body, ["note", "why"]));
    body.addEventListener("case:sending", () => keep(body, ["reasons", "sides", "until", "note", "why"]));
  }
  const cancel = body.querySelector("[data-cancel]");
  if (cancel) cancel.addEventListener("click", (press) => {
    press.preventDefault();
    dialog.close();
  });
  if (body.matches("[data-reasons]")) prepare(body);
};

/** Shows what a refused press has to say in the dialog it came from; false where the answer holds no dialog. */
export const refused = (answer) => {
  const dialog = document.querySelector("[data-dialog][open]");
  const body = answer.querySelector("[data-dialog-body]");
  if (!dialog || !body) return false;
  fill(dialog, body, dialog.querySelector("[data-dialog-body]").dataset.act);
  const first = body.querySelector("[role=alert] ~ fieldset input, fieldset input, textarea");
  if (first) first.focus();
  return true;
};

export const dialogs = (signal) => {
  const dialog = document.querySelector("[data-dialog]");
  if (!dialog) return;
  document.addEventListener("click", async (event) => {
    const link = event.target.closest("[data-opens-dialog]");
    if (!link || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
    event.preventDefault();
    const isInside = dialog.contains(link);
    if (link.getAttribute("aria-disabled") === "true" || (dialog.open && !isInside)) return;
    const answer = await fetch(link.href, { credentials: "same-origin", signal }).catch(() => null);
    if (signal.aborted) return;
    if (!answer || !answer.ok) return location.assign(link.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    fill(dialog, page.querySelector("[data-dialog-body]"), actOf(link.href));
    if (!isInside) dialog.returnFocus = link;
    if (!dialog.open) dialog.showModal();
    const first = dialog.querySelector("[autofocus], input, textarea, a.button, button");
    if (first && isInside) first.focus();
  }, { signal });
  dialog.addEventListener("close", () => dialog.returnFocus && dialog.returnFocus.focus());
  // The one dialog that opens by itself: what changed under a decision. It stands open without scripts too.
  const stale = document.querySelector("[data-stale]");
  if (!stale) return;
  stale.close();
  stale.showModal();
  stale.addEventListener("close", () => document.querySelector("[data-heading]").focus());
};
