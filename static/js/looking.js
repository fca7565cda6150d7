// Looks at pictures: side, zoom at the pointer, turn, contrast, invert. It never changes a file. What is chosen of contrast,
// invert and pointing out is kept on the account; zoom and turn belong to one picture.
import { pointing } from "./pointing.js";
import { prefer } from "./preferences.js";

const bounded = (zoom) => Math.max(0.5, Math.min(zoom, 8));
const STEPS = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] };

const openNote = async (place) => {
  const answer = await fetch(place.dataset.proposalNote, { credentials: "same-origin" }).catch(() => null);
  if (answer && answer.ok) place.innerHTML = await answer.text();
};

// Which pictures stood before the reader, by the server's word; approving waits for all of them.
const seeing = (all, token) => {
  const images = all.filter((image) => !("optional" in image.dataset)); // a portrait is part of a picture
  const approve = document.querySelector("[data-approve]");
  const reason = document.querySelector("[data-approve-reason]");
  const failed = document.querySelector("[data-failed]");
  const strips = [...document.querySelectorAll("[data-strip]:not([data-optional])")];
  const seen = new Set(strips.filter((each) => each.querySelector("[data-unseen]").hidden).map((each) => each.dataset.strip));

  const mark = (image) => {
    seen.add(image.dataset.scan);
    const place = strips.find((each) => each.dataset.strip === image.dataset.scan);
    place.querySelector("[data-unseen]").hidden = true;
    place.querySelector("[data-seen]").hidden = false;
    const left = images.filter((each) => !seen.has(each.dataset.scan));
    if (approve && !left.length) approve.removeAttribute("aria-disabled");
    if (approve && reason) reason.textContent = left.length ? reason.dataset.open.replace("{side}", left[0].dataset.name) : reason.dataset.allSeen;
    const note = document.querySelector("[data-proposal-note]");
    if (note && !left.length) openNote(note); // the proposer's, once all was looked at
  };
  const report = async (image) => {
    delete image.dataset.ahead;
    const answer = await fetch(image.dataset.shown, { method: "POST", headers: { "X-CSRFToken": token } }).catch(() => null);
    if (answer && answer.ok) mark(image);
    else image.src = image.dataset.address; // then it is fetched as it would have been, and that is recorded
  };
  return (image) => {
    const broken = image.complete && !image.naturalWidth;
    if (!image.hidden) failed.hidden = !broken;
    if (image.hidden || !image.complete || broken || document.hidden || "optional" in image.dataset) return;
    if ("ahead" in image.dataset) report(image);
    else mark(image);
  };
};

export const looking = (signal) => {
  const images = [...document.querySelectorAll("[data-scan]")];
  const well = document.querySelector("[data-well]");
  if (!well || !images.length) return;
  const token = document.querySelector("[name=csrfmiddlewaretoken]");
  const zoomText = document.querySelector("[data-zoom]");
  const view = { zoom: 1, turn: 0, x: 0, y: 0 };
  const current = () => images.find((image) => !image.hidden);
  const placed = () => new DOMMatrix().translate(view.x, view.y).scale(view.zoom).rotate(view.turn);
  let pointer = null;
  const draw = () => {
    for (const image of images) image.style.setProperty("transform", placed().toString());
    if (pointer) pointer.draw();
    if (zoomText) zoomText.textContent = `${Math.round(view.zoom * 100)} %`;
  };

  const note = seeing(images, token ? token.value : "");
  for (const image of images) {
    image.addEventListener("load", () => note(image));
    image.addEventListener("error", () => note(image));
    note(image);
  }
  document.addEventListener("visibilitychange", () => images.forEach(note), { signal });
  const sides = [...document.querySelectorAll("[data-side]")];
  const show = (scan) => {
    for (const image of images) image.hidden = image.dataset.scan !== scan;
    for (const button of sides) button.setAttribute("aria-pressed", String(button.dataset.side === scan));
    for (const each of document.querySelectorAll("[data-strip]")) each.classList.toggle("active", each.dataset.strip === scan);
    note(current());
    draw();
  };
  for (const button of sides) button.addEventListener("click", () => show(button.dataset.side));
  document.querySelector("[data-retry]").addEventListener("click", () => {
    const image = current();
    const address = image.dataset.address || image.src;
    image.src = "";
    image.src = address;
  });

  const zoomAt = (factor, x = 0, y = 0) => {
    const to = bounded(view.zoom * factor);
    const ratio = to / view.zoom;
    view.x = x - (x - view.x) * ratio; // what lies under the pointer stays there
    view.y = y - (y - view.y) * ratio;
    view.zoom = to;
  };
  const filter = (name) => (button) => {
    const on = !images[0].classList.contains(name);
    for (const image of images) image.classList.toggle(name, on);
    button.setAttribute("aria-pressed", String(on));
    prefer(name, on);
  };
  const tools = {
    in: () => zoomAt(1.25),
    out: () => zoomAt(0.8),
    fit: () => Object.assign(view, { zoom: 1, turn: 0, x: 0, y: 0 }),
    turn: () => (view.turn = (view.turn + 90) % 360),
    contrast: filter("contrast"),
    invert: filter("invert"),
    point: (button) => prefer("point", pointer.toggle(button)),
  };
  for (const button of document.querySelectorAll("[data-tool]")) {
    button.addEventListener("click", () => {
      tools[button.dataset.tool](button);
      draw();
    });
  }
  pointer = pointing({ well, images, view, placed, show, changed: draw, signal });
  byHand(well, view, zoomAt, draw, signal);
};

// The wheel and two fingers zoom where they are, a finger or the mouse moves the picture, arrows too.
const byHand = (well, view, zoomAt, draw, signal) => {
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
  }, { signal });
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
  well.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    view.x += step[0];
    view.y += step[1];
    draw();
  });
};
