// The case: looks at pictures (side, zoom, turn, contrast; never changes the file), keeps the lease, opens the dialogs.
import { pointing } from "./pointing.js";
import { prepare } from "./reasons.js";

const images = [...document.querySelectorAll("[data-scan]")];
const approve = document.querySelector("[data-approve]");
const reason = document.querySelector("[data-approve-reason]");
const well = document.querySelector("[data-well]");
const zoomText = document.querySelector("[data-zoom]");
const failed = document.querySelector("[data-failed]");
const seen = new Set(
  [...document.querySelectorAll("[data-strip]")].filter((each) => each.querySelector("[data-unseen]").hidden).map((each) => each.dataset.strip),
);
const view = { zoom: 1, turn: 0, x: 0, y: 0 };
const current = () => images.find((image) => !image.hidden);

const placed = () => new DOMMatrix().translate(view.x, view.y).scale(view.zoom).rotate(view.turn);
let pointer = null;
const draw = () => {
  for (const image of images) image.style.setProperty("transform", placed().toString());
  if (pointer) pointer.draw();
  if (zoomText) zoomText.textContent = `${Math.round(view.zoom * 100)} %`;
};
const note = (image) => {
  const broken = image.complete && !image.naturalWidth;
  if (!image.hidden) failed.hidden = !broken;
  if (image.hidden || !image.complete || broken) return;
  seen.add(image.dataset.scan);
  const place = document.querySelector(`[data-strip="${image.dataset.scan}"]`);
  place.querySelector("[data-unseen]").hidden = true;
  place.querySelector("[data-seen]").hidden = false;
  if (approve && images.every((each) => seen.has(each.dataset.scan))) {
    approve.removeAttribute("aria-disabled");
    reason.textContent = reason.dataset.allSeen;
  }
};
for (const image of images) {
  image.addEventListener("load", () => note(image));
  image.addEventListener("error", () => note(image));
  note(image);
}
const sides = [...document.querySelectorAll("[data-side]")];
const show = (scan) => {
  for (const image of images) image.hidden = image.dataset.scan !== scan;
  for (const button of sides) button.setAttribute("aria-pressed", String(button.dataset.side === scan));
  for (const each of document.querySelectorAll("[data-strip]")) each.classList.toggle("active", each.dataset.strip === scan);
  images.forEach(note);
  draw();
};
for (const button of sides) button.addEventListener("click", () => show(button.dataset.side));
const retry = document.querySelector("[data-retry]");
if (retry) retry.addEventListener("click", () => {
  const image = current();
  const address = image.src;
  image.src = "";
  image.src = address;
});

const bounded = (zoom) => Math.max(0.5, Math.min(zoom, 8));
const zoomAt = (factor, x = 0, y = 0) => {
  const to = bounded(view.zoom * factor);
  const ratio = to / view.zoom;
  view.x = x - (x - view.x) * ratio; // what lies under the pointer stays there
  view.y = y - (y - view.y) * ratio;
  view.zoom = to;
};
const pressed = (button, on) => button.setAttribute("aria-pressed", String(on));
const filter = (name) => (button) => {
  const on = !images[0].classList.contains(name);
  for (const image of images) image.classList.toggle(name, on);
  pressed(button, on);
};
const tools = {
  in: () => zoomAt(1.25),
  out: () => zoomAt(0.8),
  fit: () => Object.assign(view, { zoom: 1, turn: 0, x: 0, y: 0 }),
  turn: () => (view.turn = (view.turn + 90) % 360),
  contrast: filter("contrast"),
  invert: filter("invert"),
  point: (button) => pointer && pointer.toggle(button),
};
for (const button of document.querySelectorAll("[data-tool]")) {
  button.addEventListener("click", () => {
    if (!images.length) return;
    tools[button.dataset.tool](button);
    draw();
  });
}
if (well && images.length) pointer = pointing({ well, images, view, placed, show, changed: draw });
if (well) {
  const middle = (event) => {
    const box = well.getBoundingClientRect();
    return [event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2];
  };
  well.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoomAt(event.deltaY < 0 ? 1.25 : 0.8, ...middle(event));
    draw();
  }, { passive: false });
  const fingers = new Map();
  let from = null;
  let spread = 0;
  const gap = () => {
    const [a, b] = [...fingers.values()];
    return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
  };
  well.addEventListener("pointerdown", (event) => {
    if (event.target.closest("button")) return;
    fingers.set(event.pointerId, event);
    from = [event.clientX - view.x, event.clientY - view.y];
    if (fingers.size === 2) spread = gap();
  });
  for (const kind of ["pointerup", "pointercancel"]) addEventListener(kind, (event) => {
    fingers.delete(event.pointerId);
    from = null;
  });
  well.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, event);
    if (fingers.size === 2) {
      zoomAt(gap() / spread);
      spread = gap();
    } else if (from) {
      [view.x, view.y] = [event.clientX - from[0], event.clientY - from[1]];
    }
    draw();
  });
  const steps = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] };
  well.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    view.x += step[0];
    view.y += step[1];
    draw();
  });
}

const token = () => document.querySelector("[name=csrfmiddlewaretoken]").value;
for (const lease of document.querySelectorAll("[data-renew]")) {
  const renew = async () => {
    if (document.hidden) return; // a page nobody looks at does not keep a case from others
    const answer = await fetch(lease.dataset.renew, { method: "POST", headers: { "X-CSRFToken": token() } }).catch(() => null);
    if (answer && answer.status === 409) {
      lease.textContent = lease.dataset.lostWords;
      lease.classList.add("lease-short");
      clearInterval(timer);
    }
  };
  const timer = setInterval(renew, 120000);
}
document.addEventListener("click", (event) => {
  const off = event.target.closest("[aria-disabled=true]");
  if (off) event.preventDefault();
});

// The dialogs are pages of their own; with scripts they open over the case and keep what was typed.
const dialog = document.querySelector("[data-dialog]");
const kept = new Map();
for (const link of document.querySelectorAll("[data-opens-dialog]")) {
  link.addEventListener("click", async (event) => {
    event.preventDefault();
    const answer = await fetch(link.href, { credentials: "same-origin" });
    if (!answer.ok) return location.assign(link.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const body = page.querySelector("[data-dialog-body]");
    body.classList.remove("dialog-page");
    dialog.replaceChildren(document.adoptNode(body));
    const noteField = body.querySelector("[name=note]");
    noteField.value = kept.get(link.href) || "";
    noteField.addEventListener("input", () => kept.set(link.href, noteField.value));
    body.querySelector("[data-cancel]").addEventListener("click", (press) => {
      press.preventDefault();
      dialog.close();
    });
    prepare(body);
    dialog.returnFocus = link;
    dialog.showModal();
  });
}
if (dialog) dialog.addEventListener("close", () => dialog.returnFocus && dialog.returnFocus.focus());
const heading = document.querySelector("[data-heading]");
if (heading && heading.getClientRects().length && document.querySelector("[data-until]")) heading.focus();
