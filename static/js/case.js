// Looks at pictures: sides, zoom, turn, contrast. Never changes the file. Approving is on once every picture was shown.
const images = [...document.querySelectorAll("[data-scan]")];
const approve = document.querySelector("[data-approve]");
const reason = document.querySelector("[data-approve-reason]");
const shown = new Set();
const view = { zoom: 1, turn: 0, x: 0, y: 0 };

const draw = () => {
  for (const image of images) {
    const place = new DOMMatrix().translate(view.x, view.y).scale(view.zoom).rotate(view.turn);
    image.style.setProperty("transform", place.toString());
  }
};
const note = (image) => {
  if (!image.hidden && image.complete && image.naturalWidth) shown.add(image.dataset.scan);
  if (approve && images.length && shown.size === images.length) {
    approve.removeAttribute("aria-disabled");
    if (reason) reason.textContent = "";
  }
};
for (const image of images) {
  image.addEventListener("load", () => note(image));
  note(image);
}
for (const button of document.querySelectorAll("[data-side]")) {
  button.addEventListener("click", () => {
    for (const image of images) image.hidden = image.dataset.scan !== button.dataset.side;
    for (const other of document.querySelectorAll("[data-side]")) other.setAttribute("aria-pressed", String(other === button));
    images.forEach(note);
  });
}
const tools = {
  in: () => (view.zoom = Math.min(view.zoom * 1.25, 8)),
  out: () => (view.zoom = Math.max(view.zoom / 1.25, 0.5)),
  fit: () => Object.assign(view, { zoom: 1, turn: 0, x: 0, y: 0 }),
  turn: () => (view.turn += 90),
  contrast: () => images.forEach((image) => image.classList.toggle("contrast")),
  invert: () => images.forEach((image) => image.classList.toggle("invert")),
};
for (const button of document.querySelectorAll("[data-tool]")) {
  button.addEventListener("click", () => {
    tools[button.dataset.tool]();
    draw();
  });
}
const well = document.querySelector("[data-well]");
if (well) {
  well.addEventListener("wheel", (event) => {
    event.preventDefault();
    tools[event.deltaY < 0 ? "in" : "out"]();
    draw();
  }, { passive: false });
  let from = null;
  well.addEventListener("pointerdown", (event) => (from = [event.clientX - view.x, event.clientY - view.y]));
  addEventListener("pointerup", () => (from = null));
  well.addEventListener("pointermove", (event) => {
    if (!from) return;
    [view.x, view.y] = [event.clientX - from[0], event.clientY - from[1]];
    draw();
  });
}
for (const lease of document.querySelectorAll("[data-renew]")) {
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  setInterval(() => fetch(lease.dataset.renew, { method: "POST", headers: { "X-CSRFToken": token } }), 120000);
}
for (const button of document.querySelectorAll("[aria-disabled]")) {
  button.addEventListener("click", (event) => {
    if (button.getAttribute("aria-disabled") === "true") event.preventDefault();
  });
}
