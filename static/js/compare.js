// Two attempts side by side: both pictures turn to a side, zoom and move together.
const view = { zoom: 1, x: 0, y: 0 };
const images = [...document.querySelectorAll("[data-compared]")];
const draw = () => {
  const placed = new DOMMatrix().translate(view.x, view.y).scale(view.zoom).toString();
  for (const image of images) image.style.setProperty("transform", placed);
  document.querySelector("[data-zoom]").textContent = `${Math.round(view.zoom * 100)} %`;
};
const sides = [...document.querySelectorAll("[data-compare-side]")];
for (const button of sides) button.addEventListener("click", () => {
  for (const each of sides) each.setAttribute("aria-pressed", String(each === button));
  for (const part of document.querySelectorAll("[data-side-of]")) part.hidden = part.dataset.sideOf !== button.dataset.compareSide;
});
for (const button of document.querySelectorAll("[data-zoom-by]")) button.addEventListener("click", () => {
  const by = Number(button.dataset.zoomBy);
  Object.assign(view, by ? { zoom: Math.max(0.5, Math.min(view.zoom * by, 8)) } : { zoom: 1, x: 0, y: 0 });
  draw();
});
let from = null;
document.addEventListener("pointerdown", (event) => {
  if (event.target.closest(".compare .well")) from = [event.clientX - view.x, event.clientY - view.y];
});
document.addEventListener("pointermove", (event) => {
  if (!from) return;
  [view.x, view.y] = [event.clientX - from[0], event.clientY - from[1]];
  draw();
});
document.addEventListener("pointerup", () => (from = null));
const steps = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] };
document.addEventListener("keydown", (event) => {
  const step = steps[event.key];
  if (!step || event.target.closest("select, [tabindex]")) return;
  event.preventDefault();
  view.x += step[0];
  view.y += step[1];
  draw();
});
const form = document.querySelector("[data-compare-form]");
form.addEventListener("change", () => form.requestSubmit());
