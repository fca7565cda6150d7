// Where the card lies on a photo, and whether there are two: the server's framing.py in the browser.
const GRID = 120;
const SMALL_BELOW = 280;
const FAR_BELOW = 0.4;
const WHOLE = [1.3, 1.95];
const FULL = 0.86;
const APART = 45;
const ON_EDGE = 0.8;
const THINGS = 0.1;
const TWO_FROM = 0.2;
const LIKE = 0.4;

// The mean of every block of cells that the grid makes of the picture.
export function cellsOf({ grey, width, height }) {
  const step = Math.max(width, height) / GRID;
  const across = Math.max(1, Math.round(width / step));
  const down = Math.max(1, Math.round(height / step));
  const sums = new Float64Array(across * down);
  const many = new Uint32Array(across * down);
  for (let y = 0; y < height; y += 1) {
    const row = Math.floor((y * down) / height) * across;
    for (let x = 0; x < width; x += 1) {
      const at = row + Math.floor((x * across) / width);
      sums[at] += grey[y * width + x];
      many[at] += 1;
    }
  }
  return { cells: Uint8Array.from(sums, (sum, at) => sum / Math.max(1, many[at])), across, down };
}

// The level that parts light from dark best (Otsu), and the means of both.
function parted(cells) {
  const counts = new Uint32Array(256);
  for (const value of cells) counts[value] += 1;
  const weighted = cells.reduce((sum, value) => sum + value, 0);
  let best = { spread: -1, level: 0, apart: 0 };
  let below = 0;
  let sum = 0;
  for (let level = 0; level < 255; level += 1) {
    below += counts[level];
    sum += level * counts[level];
    const above = cells.length - below;
    if (!below || !above) continue;
    const apart = (weighted - sum) / above - sum / below;
    const spread = below * above * apart * apart;
    if (spread > best.spread) best = { spread, level: level + 1, apart };
  }
  return best;
}

// Every cell replaced by the largest or smallest of the five by five around it.
function spread(mask, across, down, pick) {
  return mask.map((_value, at) => {
    const x = at % across;
    const y = Math.floor(at / across);
    let found = mask[at];
    for (let j = Math.max(0, y - 2); j <= Math.min(down - 1, y + 2); j += 1)
      for (let i = Math.max(0, x - 2); i <= Math.min(across - 1, x + 2); i += 1) found = pick(found, mask[j * across + i]);
    return found;
  });
}

function flood(start, free, across, down) {
  const part = [];
  const waiting = [start];
  while (waiting.length) {
    const at = waiting.pop();
    if (!free[at]) continue;
    free[at] = 0;
    part.push(at);
    const x = at % across;
    if (x) waiting.push(at - 1);
    if (x < across - 1) waiting.push(at + 1);
    if (at >= across) waiting.push(at - across);
    if (at < across * (down - 1)) waiting.push(at + across);
  }
  return part;
}

function measured(part, across, down) {
  const many = part.length;
  const xs = part.map((at) => at % across);
  const ys = part.map((at) => Math.floor(at / across));
  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / many;
  const [mx, my] = [mean(xs), mean(ys)];
  const xx = mean(xs.map((x) => (x - mx) ** 2));
  const yy = mean(ys.map((y) => (y - my) ** 2));
  const xy = mean(xs.map((x, i) => (x - mx) * (ys[i] - my)));
  const half = (xx + yy) / 2;
  const apart = Math.hypot((xx - yy) / 2, xy);
  const length = Math.sqrt(Math.max(1, 12 * (half + apart)));
  const breadth = Math.sqrt(Math.max(1, 12 * (half - apart)));
  const span = (values) => new Set(values).size;
  const halfOf = (values, count) => (Math.max(...values) - Math.min(...values) + 1) / 2 / count;
  const on = (values, edge) => values.filter((value) => value === edge).length;
  const touched = [on(xs, 0) / span(ys), on(xs, across - 1) / span(ys), on(ys, 0) / span(xs), on(ys, down - 1) / span(xs)];
  const aspect = length / breadth;
  return {
    area: many,
    length,
    breadth,
    middle: [mx + 0.5, my + 0.5],
    angle: Math.atan2(2 * xy, xx - yy) / 2,
    place: { x: (mx + 0.5) / across, y: (my + 0.5) / down, rx: 1.15 * halfOf(xs, across), ry: 1.15 * halfOf(ys, down) },
    fills: many / (length * breadth),
    isWhole: WHOLE[0] <= aspect && aspect <= WHOLE[1],
    touched: touched.filter((share) => share > 0),
    edge: touched.findIndex((share) => share >= ON_EDGE),
  };
}

function shapes({ cells, across, down }, closesGaps = true) {
  const { level, apart } = parted(cells);
  if (apart < APART) return [];
  const light = cells.map((value) => (value >= level ? 1 : 0));
  const closed = closesGaps ? spread(spread(light, across, down, Math.max), across, down, Math.min) : light;
  const dark = closed.map((value) => 1 - value);
  for (let x = 0; x < across; x += 1) for (const y of [0, down - 1]) flood(y * across + x, dark, across, down);
  for (let y = 0; y < down; y += 1) for (const x of [0, across - 1]) flood(y * across + x, dark, across, down);
  // What is dark still lies inside a shape; with the light it is that shape.
  const free = closed.map((value, at) => (value || dark[at] ? 1 : 0));
  const found = [];
  for (let at = 0; at < free.length; at += 1) if (free[at]) found.push(measured(flood(at, free, across, down), across, down));
  return found.sort((one, other) => other.area - one.area);
}

const areSeveral = (found) => found.length > 1 && found[1].area > 0.15 * found[0].area;
const isFull = (card) => card.isWhole && card.fills >= FULL;

// Two whole cards of like size; a part of another does not count.
function second(grid) {
  const [one, other] = shapes(grid, false).filter(isFull);
  return other && one.length >= TWO_FROM * GRID && other.area >= LIKE * one.area ? other : null;
}

// Where a card that one edge of the photo cuts is cut: left, right, top or bottom.
function cut({ x, y, rx, ry }, edge) {
  return { x: [0, 1, x, x][edge], y: [y, y, 0, 1][edge], rx: edge < 2 ? 0.08 : rx, ry: edge < 2 ? ry : 0.08 };
}

// { code, place } of "two_cards", "cut_off" or "too_small_card", or null. Needs the greys of measure.js; photoWidth: pixels
// of the photo as it is.
export function framingOf(greys, photoWidth) {
  const grid = cellsOf(greys);
  const other = second(grid);
  if (other) return { code: "two_cards", place: other.place };
  const found = shapes(grid);
  const inside = found.filter((each) => !each.touched.length);
  const beside = found.reduce((sum, each) => sum + (each.touched.length ? each.area : 0), 0);
  const longest = Math.min(FAR_BELOW * GRID, (SMALL_BELOW * grid.across) / photoWidth);
  if (inside.length && beside <= THINGS * grid.cells.length && !areSeveral(inside)) {
    const [card] = inside;
    if (isFull(card) && card.length < longest) return { code: "too_small_card", place: card.place };
  }
  const [card] = found;
  if (!card || areSeveral(found) || card.touched.length !== 1 || card.edge < 0) return null;
  return card.fills >= FULL && !card.isWhole ? { code: "cut_off", place: cut(card.place, card.edge) } : null;
}

// The one whole card laid level: greys of `width` by `height`, null where none is found for certain; it may reach an edge
// with the share `touching` of its extent.
export function laidLevel({ grey, width: from, height: rows }, width, height, touching) {
  const grid = cellsOf({ grey, width: from, height: rows });
  const found = shapes(grid);
  const [card] = found;
  if (!card || areSeveral(found) || !isFull(card) || Math.max(0, ...card.touched) > touching) return null;
  const scale = from / grid.across;
  const [x, y] = card.middle.map((each) => scale * each);
  const [dx, dy] = [Math.cos(card.angle), Math.sin(card.angle)];
  const [across, down] = [(scale * card.length) / width, (scale * card.breadth) / height];
  const laid = new Uint8Array(width * height);
  for (let j = 0; j < height; j += 1) {
    for (let i = 0; i < width; i += 1) {
      const [u, v] = [across * (i + 0.5 - width / 2), down * (j + 0.5 - height / 2)];
      const at = [Math.round(x + dx * u - dy * v - 0.5), Math.round(y + dy * u + dx * v - 0.5)];
      if (at[0] >= 0 && at[0] < from && at[1] >= 0 && at[1] < rows) laid[j * width + i] = grey[at[1] * from + at[0]];
    }
  }
  return laid;
}
