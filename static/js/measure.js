// Cheap measures of a photo, before anything is sent: { code, place } or null. The server measures again, and its word binds.
// `place` is where on the photo it is seen, in shares of its width and height: { x, y, rx, ry }; left out where it is everywhere.
import { cellsOf, framingOf } from "./framing.js";
import { showsTheOther } from "./sides.js";

const WIDTH = 480;
// Bounds stand on the safe side of the server's (quality.py).
const DARK_BELOW = 40;
const PLAIN_BELOW = 0.28;
const BEND = 24;
const BENDS_BELOW = 0.015;
const SHARP_BELOW = 0.0006;
const BURNT = 250;
const PATCH = 8;
const GLARE_FROM = 0.16;

// Greys of a picture, video frame or bitmap, shrunk to WIDTH: {grey, width, height}; null where it cannot be drawn.
export function greys(source, width, height) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.min(WIDTH, width);
  canvas.height = Math.max(1, Math.round((canvas.width * height) / width));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) return null;
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
  const grey = new Uint8Array(canvas.width * canvas.height);
  for (let i = 0; i < grey.length; i += 1) grey[i] = (pixels[4 * i] * 77 + pixels[4 * i + 1] * 150 + pixels[4 * i + 2] * 29) >> 8;
  return { grey, width: canvas.width, height: canvas.height };
}

// The level that this share of the values does not exceed.
function level(values, share) {
  const counts = new Uint32Array(256);
  for (const value of values) counts[value] += 1;
  let left = share * values.length;
  for (let at = 0; at < 256; at += 1) if ((left -= counts[at]) < 0) return at;
  return 255;
}

// The share of pixels where the picture bends sharply.
function bends({ grey, width, height }) {
  let many = 0;
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const at = y * width + x;
      const bend = Math.abs(4 * grey[at] - grey[at - 1] - grey[at + 1] - grey[at - width] - grey[at + width]);
      if (bend > BEND) many += 1;
    }
  }
  return many / Math.max(1, (width - 2) * (height - 2));
}

// Where text is burnt away, and across how much of the photo.
function burnt({ grey, width, height }) {
  const [across, down] = [Math.floor(width / PATCH), Math.floor(height / PATCH)];
  const [xs, ys] = [[], []];
  for (let j = 0; j < down; j += 1) {
    for (let i = 0; i < across; i += 1) {
      let sum = 0;
      for (let y = 0; y < PATCH; y += 1) for (let x = 0; x < PATCH; x += 1) sum += grey[(j * PATCH + y) * width + i * PATCH + x];
      if (sum >= BURNT * PATCH * PATCH) {
        xs.push((i + 0.5) / across);
        ys.push((j + 0.5) / down);
      }
    }
  }
  return { share: xs.length / Math.max(1, across * down), place: around(xs, ys) };
}

function around(xs, ys) {
  if (!xs.length) return null;
  const middle = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [middle(xs), middle(ys)];
  const reach = (values, at) => 2.2 * Math.sqrt(middle(values.map((value) => (value - at) ** 2))) + 0.02;
  return { x, y, rx: reach(xs, x), ry: reach(ys, y) };
}

// How the photo was taken: what also a film of the live camera can tell.
export function faultOf(seen) {
  if (level(seen.grey, 0.95) < DARK_BELOW) return { code: "dark" };
  const { cells } = cellsOf(seen);
  const sharp = bends(seen);
  const isPlain = level(cells, 0.99) - level(cells, 0.01) < PLAIN_BELOW * level(cells, 0.95);
  if (isPlain && sharp < BENDS_BELOW) return { code: "no_card" };
  const { share, place } = burnt(seen);
  if (share >= GLARE_FROM) return { code: "glare", place };
  return sharp < SHARP_BELOW ? { code: "blur" } : null;
}

// The gravest fault of a photo `width` pixels wide; `side`: the side asked for, where its look is known.
export function worstOf(seen, width, side) {
  const found = faultOf(seen) || framingOf(seen, width);
  if (found) return found;
  return side && showsTheOther(seen, side) ? { code: "wrong_side" } : null;
}
