// Which side of a Hong Kong or Macao permit lies on a photo: the server's sides.py in the browser, a little more careful.
import { laidLevel } from "./framing.js";

const WIDTH = 320;
const HEIGHT = 202;
const INK = 10;
const SOFT = 6;
const COLUMNS = 20;
const INKED = 10 / 255;
const LINES = 3;
const BARE = 6;
const BACK_FROM = 17;
const FRONT_UP_TO = 8;
const PORTRAIT = { left: 20, top: 40, right: 100, bottom: 161, cell: 10 };
const PORTRAIT_FROM = 31;
const TOUCHING = 0.3;
const SCAN = [1.45, 1.75];

// All of a picture, stretched.
function stretched({ grey, width, height }) {
  const card = new Uint8Array(WIDTH * HEIGHT);
  for (let y = 0; y < HEIGHT; y += 1)
    for (let x = 0; x < WIDTH; x += 1)
      card[y * WIDTH + x] = grey[Math.floor((y * height) / HEIGHT) * width + Math.floor((x * width) / WIDTH)];
  return card;
}

// What is darker than its surroundings: 1, else 0. Means of squares by sums over everything above and to the left.
function inkOf(card) {
  const wide = WIDTH + 1;
  const sums = new Float64Array(wide * (HEIGHT + 1));
  for (let y = 0; y < HEIGHT; y += 1)
    for (let x = 0; x < WIDTH; x += 1)
      sums[(y + 1) * wide + x + 1] = card[y * WIDTH + x] + sums[y * wide + x + 1] + sums[(y + 1) * wide + x] - sums[y * wide + x];
  return card.map((value, at) => {
    const [x, y] = [at % WIDTH, Math.floor(at / WIDTH)];
    const [left, right] = [Math.max(0, x - SOFT), Math.min(WIDTH, x + SOFT + 1)];
    const [top, bottom] = [Math.max(0, y - SOFT), Math.min(HEIGHT, y + SOFT + 1)];
    const sum = sums[bottom * wide + right] - sums[top * wide + right] - sums[bottom * wide + left] + sums[top * wide + left];
    return sum / ((right - left) * (bottom - top)) - value > INK ? 1 : 0;
  });
}

// Runs of at least two rows that reach so far, between rows that are nearly bare: lines, and no texture.
function bands(rows, reach) {
  let [found, run, isApart] = [0, 0, true];
  for (const each of [...rows, 0]) {
    if (each >= reach) {
      run += 1;
      continue;
    }
    if (run >= 2 && isApart) {
      found += 1;
      isApart = false;
    }
    run = 0;
    isApart = isApart || each <= BARE;
  }
  return found;
}

// Across how many columns the third longest line of the upper or lower half reaches.
function reachOfLines(card) {
  const ink = inkOf(card);
  const wide = WIDTH / COLUMNS;
  const rows = Array.from({ length: HEIGHT }, (_none, y) => {
    let many = 0;
    for (let column = 1; column < COLUMNS - 1; column += 1) {
      let dark = 0;
      for (let x = column * wide; x < (column + 1) * wide; x += 1) dark += ink[y * WIDTH + x];
      if (dark / wide > INKED) many += 1;
    }
    return many;
  });
  const halves = [rows.slice(HEIGHT / 2), rows.slice(0, HEIGHT / 2)];
  for (let reach = COLUMNS - 2; reach > 0; reach -= 1) if (halves.some((half) => bands(half, reach) >= LINES)) return reach;
  return 0;
}

// How much the card varies where a front has its portrait, whichever way up it lies.
function portrait(card) {
  const ways = [card, card.toReversed ? card.toReversed() : Uint8Array.from(card).reverse()];
  const vary = ways.map((way) => {
    const cells = [];
    for (let top = PORTRAIT.top; top + PORTRAIT.cell <= PORTRAIT.bottom; top += PORTRAIT.cell) {
      for (let left = PORTRAIT.left; left < PORTRAIT.right; left += PORTRAIT.cell) {
        let sum = 0;
        for (let y = 0; y < PORTRAIT.cell; y += 1) for (let x = 0; x < PORTRAIT.cell; x += 1) sum += way[(top + y) * WIDTH + left + x];
        cells.push(sum / PORTRAIT.cell ** 2);
      }
    }
    const mean = cells.reduce((sum, value) => sum + value, 0) / cells.length;
    return Math.sqrt(cells.reduce((sum, value) => sum + (value - mean) ** 2, 0) / cells.length);
  });
  return Math.max(...vary);
}

// Whether the photo shows the other side of the card than `side`, for certain.
export function showsTheOther(seen, side) {
  const aspect = seen.width / seen.height;
  const isScan = SCAN[0] <= aspect && aspect <= SCAN[1];
  const card = laidLevel(seen, WIDTH, HEIGHT, TOUCHING) || (isScan ? stretched(seen) : null);
  if (!card) return false;
  const reach = reachOfLines(card);
  return side === "FRONT" ? reach >= BACK_FROM : reach <= FRONT_UP_TO && portrait(card) >= PORTRAIT_FROM;
}
