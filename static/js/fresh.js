// Keeps a part of the page fresh: has htmx ask every 3 s at first, growing to 15 s, with the ETag it knows.
// A part that the reader's focus is in stays as it is, unless it says data-keeps-place and puts the focus back itself.
const FIRST = 3000;
const LONGEST = 15000;

for (const part of document.querySelectorAll("[hx-trigger='fresh']")) {
  let wait = FIRST;
  let etag = part.dataset.etag || "";
  const later = () => setTimeout(() => part.dispatchEvent(new Event("fresh")), wait);
  part.addEventListener("htmx:configRequest", (event) => {
    if (etag) event.detail.headers["If-None-Match"] = etag;
  });
  part.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    const isBusy = !part.hasAttribute("data-keeps-place") && part.contains(document.activeElement);
    event.detail.shouldSwap = xhr.status === 200 && !isBusy;
    if (event.detail.shouldSwap) etag = xhr.getResponseHeader("ETag") || "";
  });
  part.addEventListener("htmx:afterRequest", (event) => {
    const { status } = event.detail.xhr; // 0 where nobody answered
    if (status === 200) wait = FIRST;
    else wait = Math.min(wait * (status === 304 ? 1.3 : 1.6), LONGEST);
    part.dispatchEvent(new CustomEvent("fresh:asked", { detail: { isAnswered: status === 200 || status === 304 } }));
    later();
  });
  later();
}
