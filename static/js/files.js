// What a chosen file is, before anything is sent: its kind by its first bytes, its hash, and a copy that fits the limit.
export const LIMIT = 10_000_000;
const LONGEST = 4000;
const SMALLEST = 200;

const starts = (bytes, text, from = 0) => [...text].every((letter, at) => bytes[from + at] === letter.charCodeAt(0));

// "" for a photo that is taken, else the code of its fault as the server names it.
export async function faultOfFile(blob) {
  if (!blob.size) return "empty";
  const bytes = new Uint8Array(await blob.slice(0, 256).arrayBuffer());
  if (starts(bytes, "\xff\xd8\xff") || starts(bytes, "\x89PNG")) return "";
  if (starts(bytes, "GIF8")) return "gif";
  if (starts(bytes, "%PDF")) return "pdf";
  if (starts(bytes, "RIFF") && starts(bytes, "WEBP", 8)) return "webp";
  if (starts(bytes, "ftyp", 4)) return "heic";
  return new TextDecoder().decode(bytes).includes("<svg") ? "svg" : "not_an_image";
}

export const isTiny = (width, height) => Math.min(width, height) < SMALLEST;

// A photo over the limit is made smaller here; every other is sent as it is, byte for byte.
export async function fit(blob) {
  if (blob.size <= LIMIT) return blob;
  try {
    const bitmap = await createImageBitmap(blob, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(bitmap.width * scale);
    canvas.height = Math.round(bitmap.height * scale);
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return await new Promise((done) => canvas.toBlob((made) => done(made || blob), "image/jpeg", 0.92));
  } catch {
    return blob;
  }
}

export async function printOf(blob) {
  if (!crypto.subtle) return "";
  const hash = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
