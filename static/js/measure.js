// Cheap measures of a photo, before anything is sent. The server measures again, and its word binds.
const WIDTH = 480;

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

// "dark", "blur" or "": what is wrong with it. Bounds stand on the safe side of the server's.
export function faultOf({ grey, width, height }) {
  const counts = new Uint32Array(256);
  for (const value of grey) counts[value] += 1;
  let above = 0;
  let bright = 255;
  while (bright > 0 && above + counts[bright] < grey.length * 0.05) above += counts[bright--];
  if (bright < 45) return "dark";
  let edges = 0;
  let steps = 0;
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const at = y * width + x;
      const bend = Math.abs(4 * grey[at] - grey[at - 1] - grey[at + 1] - grey[at - width] - grey[at + width]);
      if (bend > 24) edges += 1;
      steps += 1;
    }
  }
  return edges < steps * 0.0006 ? "blur" : "";
}
