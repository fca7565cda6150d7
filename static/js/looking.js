// Looks at pictures: side, zoom at the pointer, turn, contrast, invert. It never changes a file. What is chosen of contrast,
// invert and pointing out is kept on the account; zoom and turn belong to one picture.
import { pointing } from "./pointing.js";
import { prefer } from "./preferences.js";
import { isReadable, watch } from "./seeing.js";

const bounded = (zoom) => Math.max(0.5, Math.min(zoom, 8));
const STEPS = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] };

const openNote = async (place) => {
  const answer = await fetch(place.dataset.proposalNote, { credentials: "same-origin" }).catch(() => null);
  if (answer && answer.ok) place.innerHTML = await answer.text();
};

// Which pictures stood before the reader, by the server's word; approving waits for all of them. Answers with what says so.
const seeing = (all, current, signal) => {
  const images = all.filter((image) => !("optional" in image.dataset)); // a portrait is part of a picture
  const approve = document.querySelector("[data-approve]");
  const reason = document.querySelector("[data-approve-reason]");
  const failed = document.querySelector("[data-failed]");
  const strips = [...document.querySelectorAll("[data-strip]:not([data-optional])")];
  const seen = new Set(strips.filter((each) => each.querySelector("[data-unseen]").hidden).map((each) => each.dataset.strip));

  const say = () => {
    const left = images.filter((each) => !seen.has(each.dataset.scan));
    if (!approve || !reason || !reason.dataset.open) return;
    const next = left.includes(current()) ? current() : left[0];
    if (next && next === current() && isReadable(next)) return; // in a moment it counts
    const isHere = next && next === current() && next.naturalWidth;
    reason.textContent = next ? reason.dataset[isHere ? "small" : "open"].replace("{side}", next.dataset.name) : reason.dataset.allSeen;
  };
  const mark = (image) => {
    if (signal.aborted) return;
    seen.add(image.dataset.scan);
    const place = strips.find((each) => each.dataset.strip === image.dataset.scan);
    place.querySelector("[data-unseen]").hidden = true;
    place.querySelector("[data-seen]").hidden = false;
    say();
    if (images.some((each) => !seen.has(each.dataset.scan))) return;
    if (approve) approve.removeAttribute("aria-disabled");
    const note = document.querySelector("[data-proposal-note]");
    if (note) openNote(note); // the proposer's, once all was looked at
  };
  watch(images, { seen: mark, signal });
  return () => {
    const image = current();
    failed.hidden = !(image.complete && !image.naturalWidth);
    say();
  };
};

export const looking = (signal) => {
  const images = [...document.querySelectorAll("[data-scan]")];
  const well = document.querySelector("[data-well]");
  if (!well || !images.length) return;
  const zoomText = document.querySelector("[data-zoom]");
  const whole = { zoom: 1, turn: 0, x: 0, y: 0 };
  const view = { ...whole };
  const left = new Map(images.map((image) => [image, { ...whole }])); // how each picture was left
  const current = () => images.find((image) => !image.hidden);
  let note = () => {};
  const placed = () => new DOMMatrix().translate(view.x, view.y).scale(view.zoom).rotate(view.turn);
  let pointer = null;
  const draw = () => {
    current().style.setProperty("transform", placed().toString());
    if (pointer) pointer.draw();
    if (zoomText) zoomText.textContent = `${Math.round(view.zoom * 100)} %`;
    note();
  };

  note = seeing(images, current, signal);
  for (const image of images) {
    image.addEventListener("load", () => note());
    image.addEventListener("error", () => note());
  }
  note();
  const sides = [...document.querySelectorAll("[data-side]")];
  const show = (scan) => {
    left.set(current(), { ...view });
    for (const image of images) image.hidden = image.dataset.scan !== scan;
    Object.assign(view, left.get(current()));
    for (const button of sides) button.setAttribute("aria-pressed", String(button.dataset.side === scan));
    for (const each of document.querySelectorAll("[data-strip]")) each.classList.toggle("active", each.dataset.strip === scan);
    draw();
  };
  for (const button of sides) button.addEventListener("click", () => show(button.dataset.side));
  document.querySelector("[data-retry]").addEventListener("click", () => {
    const image = current();
    const address = image.dataset.address || image.src; // a portrait has its own only
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
    fit: () => Object.assign(view, whole),
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
