// Fetches the pictures of the case that is likely to be next, while its reader looks at this one. They wait in the page's
// memory only, and the log says that they were fetched; it says "viewed" when one stood before its reader (seeing.js).
const waiting = new Map(); // a scan's id: the address of its copy in memory

const drop = (scan) => {
  URL.revokeObjectURL(waiting.get(scan));
  waiting.delete(scan);
};

/** Gives an image of the case that opens its copy, if one waits. */
export const give = (image) => {
  const copy = waiting.get(image.dataset.scan);
  if (!copy) return;
  image.src = copy;
  waiting.delete(image.dataset.scan);
  image.addEventListener("load", () => URL.revokeObjectURL(copy), { once: true });
};

const later = (wait, signal) => new Promise((done) => {
  const timer = setTimeout(done, wait);
  signal.addEventListener("abort", () => clearTimeout(timer));
});

/** Fetches what is likely next, once this case's own pictures are here. */
export const fetchAhead = async (signal) => {
  const page = document.querySelector("[data-next-pictures]");
  if (!page) return;
  const own = [...document.querySelectorAll("[data-scan]")];
  await Promise.all(own.map((image) => image.decode().catch(() => null)));
  await later(150, signal); // whatever the reader presses first goes first
  if (signal.aborted || document.hidden) return;
  try {
    const found = await (await fetch(page.dataset.nextPictures, { signal })).json();
    for (const scan of [...waiting.keys()]) if (!found.pictures.some((each) => each.scan === scan)) drop(scan);
    for (const { scan, address } of found.pictures) {
      if (waiting.has(scan)) continue;
      const answer = await fetch(`${address}?ahead`, { signal });
      if (answer.ok) waiting.set(scan, URL.createObjectURL(await answer.blob()));
    }
  } catch {
    // nothing waits then, and the next case fetches its own
  }
};
