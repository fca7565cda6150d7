// Sends a press in place and puts the case of the answer where this one was: the next one stands without a new document.
// What cannot be done so goes the usual way, and without scripts everything does.
// A case says "case:closed" before it goes, "case:opened" when it stands, and "case:refused" when its dialog asks for more.
import { give } from "./ahead.js";
import { refused } from "./dialogs.js";

const parsed = (text) => new DOMParser().parseFromString(text, "text/html");

/** Puts the case page in `text` here, under its address; false where the text holds no case. */
export const put = (text, address, focus = "[data-heading]") => {
  const answer = parsed(text);
  const mark = answer.querySelector("[data-case]");
  const page = mark && mark.closest(".page");
  if (!page) return false;
  document.dispatchEvent(new Event("case:closed"));
  for (const image of page.querySelectorAll("[data-scan]")) give(image);
  document.querySelector(".page").replaceWith(document.adoptNode(page));
  document.title = answer.title;
  const to = new URL(address, location.href);
  if (to.pathname !== location.pathname) history.pushState(null, "", to.pathname);
  window.htmx.process(page);
  document.dispatchEvent(new Event("case:opened"));
  const place = document.querySelector(focus) || document.querySelector("[data-heading]");
  if (place) place.focus({ preventScroll: true });
  const said = document.querySelector("[data-announce]");
  if (said) said.textContent = page.querySelector("[data-case]").dataset.said;
  return true;
};

/** Asks for a case anew and puts it here. */
export const reopen = async (address, focus) => {
  const answer = await fetch(address, { credentials: "same-origin" }).catch(() => null);
  if (!answer || !put(await answer.text(), address, focus)) location.assign(address);
};

const send = async (form) => {
  const answer = await fetch(form.action, {
    method: "POST",
    body: new FormData(form),
    headers: { "X-In-Place": "1" },
  }).catch(() => null);
  if (!answer) return form.submit(); // the browser says what is wrong with the connection
  const address = answer.headers.get("Content-Location") || answer.url;
  if (answer.status === 204) return location.assign(address);
  const text = await answer.text();
  if (answer.status === 400 && refused(parsed(text))) {
    document.dispatchEvent(new Event("case:refused"));
    return;
  }
  const to = answer.ok || answer.status === 409 ? address : location.pathname;
  if (!put(text, answer.status === 409 ? location.pathname : to, form.dataset.thenFocus)) location.assign(to);
};

// Who takes a decision back leaves the case that was opened after it: it goes back to its place in the queue.
const giveBack = async () => {
  const form = document.querySelector("[data-gives-back]");
  if (form) await fetch(form.action, { method: "POST", body: new FormData(form), redirect: "manual" }).catch(() => null);
};

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !("inPlace" in form.dataset)) return;
  event.preventDefault();
  form.dispatchEvent(new CustomEvent("case:sending", { bubbles: true }));
  if ("undoes" in form.dataset) giveBack().then(() => send(form));
  else send(form);
});
addEventListener("popstate", () => location.reload());
