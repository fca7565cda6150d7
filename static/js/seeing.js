// Tells when a picture really stood before its reader: large enough to read, nearly whole, uncovered, and for a moment. Only
// then the server is told, the log says "viewed", and a decision can stand on it. What was fetched and not shown counts for
// nothing: the other side behind its tab, a picture scrolled away, the next case's in memory, a window in the background.
const READABLE = 400; // dots of the screen along the picture's longer side, or all that it has
const WHOLE = 0.75; // of its area in sight at once
const MOMENT = 300; // milliseconds; decision keys rest longer on a new page
const LOOK_EVERY = 50;
const ASK_AGAIN = 3000; // where the server did not answer

/** Whether an image is here, in whole and large enough. */
export const isReadable = (image) => {
  if (!image.complete || !image.naturalWidth) return false;
  const box = image.getBoundingClientRect();
  const well = image.closest(".well");
  const frame = well ? well.getBoundingClientRect() : { left: 0, top: 0, right: innerWidth, bottom: innerHeight };
  const wide = Math.min(box.right, frame.right, innerWidth) - Math.max(box.left, frame.left, 0);
  const tall = Math.min(box.bottom, frame.bottom, innerHeight) - Math.max(box.top, frame.top, 0);
  const isWhole = wide > 0 && tall > 0 && wide * tall >= WHOLE * box.width * box.height;
  const dots = Math.max(box.width, box.height) * devicePixelRatio;
  return isWhole && dots >= Math.min(READABLE, Math.max(image.naturalWidth, image.naturalHeight));
};

const isUncovered = () => !document.hidden && !document.querySelector("dialog[open]");

/** Watches images with data-shown; `seen(image)` is called once for each, after the server has recorded it. */
export const watch = (images, { seen = () => {}, signal } = {}) => {
  const token = document.querySelector("[name=csrfmiddlewaretoken]");
  const since = new Map(images.map((image) => [image, null])); // since when each stands in sight
  const report = async (image) => {
    since.delete(image);
    const headers = { "X-CSRFToken": token ? token.value : "" };
    const answer = await fetch(image.dataset.shown, { method: "POST", headers, keepalive: true }).catch(() => null);
    if (answer && answer.ok) return seen(image);
    if (answer && answer.status === 409) image.src = image.dataset.address; // the log knows of no copy: fetch another
    setTimeout(() => since.set(image, null), ASK_AGAIN);
  };
  const clock = setInterval(() => {
    const now = performance.now();
    for (const [image, began] of since) {
      if (!isUncovered() || !isReadable(image)) since.set(image, null);
      else if (began === null) since.set(image, now);
      else if (now - began >= MOMENT) report(image);
    }
  }, LOOK_EVERY);
  if (signal) signal.addEventListener("abort", () => clearInterval(clock));
};

// Pages that show pictures without the tools of a case: a second look, two attempts side by side.
const plain = [...document.querySelectorAll("img[data-shown]:not([data-scan])")];
if (plain.length) watch(plain);
