// Points out the field one is on: its place over the picture, carried by every view of it, and a close-up cut from it.
// The page says the place in data-corners, parts of the upright picture; where it says none, none is drawn. One that is
// only usual on such cards has its word in data-approximate: dashed, and named so.

const PADDING = 0.3; // of the text's height, so that the box does not touch the print

const cornersOf = (field) => field.dataset.corners.split(" ").filter(Boolean).map((pair) => pair.split(",").map(Number));

// The text's middle, direction and size in the units of width and height.
const measured = (corners, width, height) => {
  const [a, b, c, d] = corners.map(([x, y]) => new DOMPoint(x * width, y * height));
  return {
    x: (a.x + b.x + c.x + d.x) / 4,
    y: (a.y + b.y + c.y + d.y) / 4,
    length: Math.hypot(b.x - a.x, b.y - a.y),
    height: Math.hypot(d.x - a.x, d.y - a.y),
    angle: Math.atan2(b.y - a.y, b.x - a.x),
  };
};

/** `view` is {zoom, turn, x, y}; `show` brings a side forward by its scan's id; `changed` draws the view anew. */
export const pointing = ({ well, images, view, placed, show, changed, signal }) => {
  const overlay = well.querySelector("[data-overlay]");
  const box = overlay.querySelector("[data-overlay-box]");
  const name = overlay.querySelector("[data-overlay-name]");
  const ground = overlay.querySelector("[data-overlay-ground]");
  const panel = document.querySelector("[data-closeup]");
  const crop = panel.querySelector("[data-closeup-picture]");
  let field = null;
  let isOn = document.querySelector("[data-tool=point]").getAttribute("aria-pressed") === "true";

  const imageOf = (each) => images.find((image) => image.dataset.scan === each.dataset.on);
  const isLoaded = (image) => image && image.complete && image.naturalWidth > 0;
  const middleOf = (image) => [image.offsetLeft + image.offsetWidth / 2, image.offsetTop + image.offsetHeight / 2];

  const draw = () => {
    const image = field && imageOf(field);
    const corners = field ? cornersOf(field) : [];
    const isShown = isOn && corners.length > 0 && isLoaded(image) && !image.hidden;
    overlay.toggleAttribute("hidden", !isShown);
    if (!isShown) return;
    const [width, height] = [image.offsetWidth, image.offsetHeight];
    const text = measured(corners, width, height);
    const usually = field.dataset.approximate;
    overlay.classList.toggle("approximate", Boolean(usually));
    const pad = usually ? 0 : PADDING * text.height;
    const [half, tall] = [text.length / 2 + pad, text.height / 2 + pad];
    const matrix = placed().translate(text.x - width / 2, text.y - height / 2).rotate((text.angle * 180) / Math.PI);
    const [left, top] = middleOf(image);
    const points = [[-half, -tall], [half, -tall], [half, tall], [-half, tall]]
      .map(([x, y]) => matrix.transformPoint(new DOMPoint(x, y)))
      .map((point) => [left + point.x, top + point.y]);
    box.setAttribute("points", points.map((point) => point.join(",")).join(" "));
    const above = Math.min(...points.map((point) => point[1])) - 8;
    const label = field.querySelector("[data-point]").textContent;
    name.textContent = usually ? `${label}, ${usually}` : label;
    name.setAttribute("x", Math.max(8, Math.min(...points.map((point) => point[0])) + 5));
    name.setAttribute("y", above > 16 ? above : Math.max(...points.map((point) => point[1])) + 18);
    const words = name.getBBox();
    const around = { x: words.x - 5, y: words.y - 1, width: words.width + 10, height: words.height + 2 };
    for (const [side, length] of Object.entries(around)) ground.setAttribute(side, length);
  };

  const closeUp = () => {
    if (!field) return;
    const image = imageOf(field);
    const corners = cornersOf(field);
    panel.querySelector("[data-closeup-name]").textContent = `: ${field.querySelector("[data-point]").textContent}`;
    panel.querySelector("[data-closeup-place]").textContent = field.dataset.place;
    panel.querySelector("[data-closeup-value]").textContent = field.querySelector("[data-value]").textContent;
    crop.hidden = !(corners.length && isLoaded(image));
    if (crop.hidden) return;
    const text = measured(corners, image.naturalWidth, image.naturalHeight);
    const [width, height] = [crop.clientWidth * devicePixelRatio, crop.clientHeight * devicePixelRatio];
    [crop.width, crop.height] = [width, height];
    const scale = Math.min(width / (text.length * 1.12), height / (text.height * 1.6));
    const paper = crop.getContext("2d");
    paper.imageSmoothingQuality = "high";
    paper.translate(width / 2, height / 2);
    paper.rotate(-text.angle);
    paper.scale(scale, scale);
    paper.translate(-text.x, -text.y);
    paper.drawImage(image, 0, 0);
  };

  const point = (to) => {
    if (field) field.classList.remove("pointed");
    field = to;
    field.classList.add("pointed");
    draw();
    closeUp();
  };
  const zoomTo = () => {
    const image = imageOf(field);
    const corners = cornersOf(field);
    if (!corners.length || !isLoaded(image)) return;
    const text = measured(corners, image.offsetWidth, image.offsetHeight);
    const [wide, high] = [0.7 * well.clientWidth, 0.4 * well.clientHeight];
    view.zoom = Math.max(1, Math.min(8, wide / text.length, high / text.height));
    [view.x, view.y] = [0, 0];
    const lies = placed().transformPoint(new DOMPoint(text.x - image.offsetWidth / 2, text.y - image.offsetHeight / 2));
    const [left, top] = middleOf(image);
    [view.x, view.y] = [well.clientWidth / 2 - left - lies.x, well.clientHeight / 2 - top - lies.y];
    changed();
  };

  panel.hidden = false;
  document.addEventListener("focusin", (event) => {
    const to = event.target.closest("[data-field]");
    if (!to) return;
    show(to.dataset.on); // the mouse only points; who moves by keys is taken to the side
    point(to);
  }, { signal });
  document.addEventListener("pointermove", (event) => {
    // A list that scrolls under a mouse at rest is no pointing.
    if (event.pointerType !== "mouse" || !(event.movementX || event.movementY)) return;
    const to = event.target.closest("[data-field]");
    if (to && to !== field) point(to);
  }, { signal });
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-point]");
    if (!button) return;
    show(button.closest("[data-field]").dataset.on);
    point(button.closest("[data-field]"));
    zoomTo();
  }, { signal });
  for (const image of images) image.addEventListener("load", () => (draw(), closeUp()));
  const sized = new ResizeObserver(() => (draw(), closeUp()));
  sized.observe(well);
  signal.addEventListener("abort", () => sized.disconnect());
  byCorrecting(() => field, signal);

  return {
    draw,
    toggle: (button) => {
      isOn = !isOn;
      button.setAttribute("aria-pressed", String(isOn));
      return isOn;
    },
  };
};

// "Correct" opens the form of the field one is on, or of the first; Escape closes it and what was read stays.
const byCorrecting = (pointed, signal) => {
  const button = document.querySelector("[data-correct]");
  if (!button) return;
  button.addEventListener("click", () => {
    const form = (pointed() || document.querySelector("[data-field]")).querySelector("details.correct");
    form.open = true;
    form.querySelector("[name=value]").select();
  });
  document.addEventListener("keydown", (event) => {
    const form = event.key === "Escape" && event.target.closest("details.correct[open]");
    if (!form) return;
    form.open = false;
    form.closest("[data-field]").querySelector("[data-point]").focus();
  }, { signal });
};
