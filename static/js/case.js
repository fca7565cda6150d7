// The case: its pictures, its lease and its dialogs begin when it is opened and end when it is closed, by a new page or
// by the next case in the place of this one (next.js).
import { fetchAhead } from "./ahead.js";
import { dialogs } from "./dialogs.js";
import { lease } from "./lease.js";
import { looking } from "./looking.js";
import "./next.js";

let closing = null;

const open = () => {
  if (!document.querySelector("[data-case]")) return;
  closing = new AbortController();
  const { signal } = closing;
  looking(signal);
  lease(signal);
  dialogs(signal);
  fetchAhead(signal);
};

document.addEventListener("case:closed", () => closing && closing.abort());
document.addEventListener("case:opened", open);
document.addEventListener("click", (event) => {
  if (event.target.closest("[aria-disabled=true]")) event.preventDefault();
});
open();
const heading = document.querySelector("[data-heading]");
if (heading && heading.getClientRects().length && document.querySelector("[data-until]")) heading.focus();
