// The page that takes one side: shows the photo, measures it, sends it with visible progress, names one fault.
// Without this module the form posts by itself.
import { framingOf } from "./framing.js";
import { canTry, open } from "./live.js";
import { faultOf, greys } from "./measure.js";

const LIMIT = 10_000_000;
const LONGEST = 4000;
const form = document.querySelector("[data-upload]");
const find = (name) => document.querySelector(`[data-${name}]`);
const input = form.querySelector("input[type=file]");
const button = find("send");
const label = button.textContent;
const fault = find("fault");
const track = find("progress");
const bar = track.querySelector("progress");
const preview = find("preview");
const insist = find("insist");
const opener = find("open-camera");
const problem = find("problem");
const REFUSED = `refused-${form.dataset.side}`;
let photo = null; // what is sent: the file chosen, or the frame taken
let print = "";
let stop = null;

const refusedPrints = () => JSON.parse(sessionStorage.getItem(REFUSED) || "[]");

async function printOf(blob) {
  if (!crypto.subtle) return "";
  const hash = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Name a fault that was seen on the photo; false where the page has no tip for it.
function name(code) {
  const tip = document.querySelector(`template[data-tip="${code}"]`);
  if (!tip) return false;
  problem.replaceChildren(tip.content.cloneNode(true));
  problem.focus();
  problem.scrollIntoView({ block: "start" });
  return true;
}

function idle(text = "") {
  fault.textContent = text;
  button.textContent = label;
  button.removeAttribute("aria-disabled");
  track.hidden = true;
}

// A photo over the limit is made smaller here; every other is sent as it is, byte for byte.
async function fit(blob) {
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

async function take(blob) {
  photo = await fit(blob);
  print = await printOf(photo);
  idle();
  problem.replaceChildren();
  insist.hidden = true;
  insist.querySelector("input").checked = false;
  const image = preview.querySelector("img");
  URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(photo);
  try {
    await image.decode();
  } catch {
    preview.hidden = true; // not a picture this browser knows: the server says what it is
    return;
  }
  preview.hidden = false;
  const seen = greys(image, image.naturalWidth, image.naturalHeight);
  const code = refusedPrints().includes(print) ? "same_as_failed" : seen && (faultOf(seen) || framingOf(seen, image.naturalWidth));
  if (code) {
    name(code);
    insist.hidden = !("may" in insist.dataset);
  }
}

function send() {
  button.setAttribute("aria-disabled", "true"); // a double press sends once
  button.textContent = form.dataset.sending;
  fault.textContent = "";
  track.hidden = false;
  bar.value = 0;
  const body = new FormData(form);
  if (photo) body.set("picture", photo, "photo.jpg");
  const request = new XMLHttpRequest();
  stop = () => request.abort();
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.timeout = 120_000;
  request.upload.addEventListener("progress", (sent) => {
    if (sent.lengthComputable) bar.value = (100 * sent.loaded) / sent.total;
  });
  request.upload.addEventListener("load", () => {
    button.textContent = form.dataset.waiting;
  });
  request.addEventListener("load", () => {
    let answer;
    try {
      answer = JSON.parse(request.responseText);
    } catch {
      idle(form.dataset.lost);
      return;
    }
    if (!answer.fault) {
      sessionStorage.removeItem(REFUSED);
      location.assign(answer.next);
      return;
    }
    idle(name(answer.code) ? "" : answer.fault);
    if (answer.code && request.status === 400 && print) {
      sessionStorage.setItem(REFUSED, JSON.stringify([...refusedPrints(), print].slice(-20)));
      insist.hidden = !("may" in insist.dataset) || problem.childElementCount === 0;
    }
  });
  for (const lost of ["error", "timeout"]) request.addEventListener(lost, () => idle(form.dataset.lost));
  request.addEventListener("abort", () => idle());
  request.send(body);
}

input.removeAttribute("required"); // a photo of the live camera has no file; the server asks when there is none
input.addEventListener("change", () => {
  if (input.files.length) take(input.files[0]);
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (button.getAttribute("aria-disabled") === "true") return;
  const insists = insist.querySelector("input").checked;
  if (print && !insists && refusedPrints().includes(print)) {
    name("same_as_failed");
    return;
  }
  send();
});
if (canTry()) {
  opener.hidden = false;
  opener.addEventListener("click", () =>
    open(find("live"), {
      taken: take,
      choose: () => input.click(),
      refused: () => {
        opener.hidden = true;
        fault.textContent = find("live").dataset.denied;
        input.focus();
      },
    }),
  );
}
addEventListener("pagehide", () => stop && stop());
