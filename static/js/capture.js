// The page that takes one side: shows the photo, measures it, names one fault, sends it with visible progress.
// Without this module the form posts by itself.
import { faultOfFile, fit, isTiny, printOf } from "./files.js";
import { canTry, open } from "./live.js";
import { greys, worstOf } from "./measure.js";
import { network, post, renewedToken } from "./sending.js";

const WAITS_MS = [2000, 5000];
const form = document.querySelector("[data-upload]");
const find = (name) => document.querySelector(`[data-${name}]`);
const capture = find("capture");
const input = form.querySelector("input[type=file]");
const token = form.querySelector("[name=csrfmiddlewaretoken]");
const button = find("send");
const label = button.textContent;
const fault = find("fault");
const track = find("progress");
const bar = track.querySelector("progress");
const preview = find("preview");
const insist = find("insist");
const opener = find("open-camera");
const problem = find("problem");
const sentences = JSON.parse(document.getElementById("file-faults").textContent);
const REFUSED = `refused-${form.dataset.side}`;
const SENT = `sent-${form.dataset.side}`;
const mayInsist = "may" in insist.dataset;
let photo = null; // what is sent: the file chosen, or the frame taken
let print = "";
let stop = null;

const kept = (list) => JSON.parse(sessionStorage.getItem(list) || "[]");
const keep = (list) => print && sessionStorage.setItem(list, JSON.stringify([...kept(list), print].slice(-20)));
// A side that is asked for again failed with every photo sent of it before.
const hasFailed = () => kept(REFUSED).includes(print) || ("asked" in form.dataset && kept(SENT).includes(print));
const insists = () => insist.querySelector("input").checked;

// "empty", "ready", "fault" or "sending": which buttons there are, and which is the one to press.
function show(state) {
  capture.dataset.state = state;
  const isSent = state === "sending";
  // A photo with a fault is sent by who insists, once; afterwards the server counts, and takes the last one.
  const canSend = state === "ready" || isSent || (state === "fault" && photo !== null && (!mayInsist || insists()));
  button.hidden = !canSend;
  opener.hidden = isSent || !canTry() || opener.dataset.denied === "1";
  const choose = find("choose");
  choose.hidden = isSent;
  for (const each of document.querySelectorAll("[data-first]")) each.hidden = state !== "empty";
  for (const each of document.querySelectorAll("[data-again]")) each.hidden = state === "empty";
  const first = canSend ? button : opener.hidden ? choose : opener;
  for (const each of [button, opener, choose]) each.classList.toggle("button-primary", each === first);
  choose.classList.toggle("button-quiet", choose !== first && state !== "empty");
}

function mark(place, said) {
  const [ring, name] = [find("mark"), find("mark-name")];
  for (const each of [ring, name]) each.toggleAttribute("hidden", !place);
  if (!place) return;
  for (const each of ring.children)
    for (const [at, part] of [["cx", "x"], ["cy", "y"], ["rx", "rx"], ["ry", "ry"]]) each.setAttribute(at, 100 * place[part]);
  name.textContent = said;
  name.style.left = `${100 * Math.min(0.7, Math.max(0.02, place.x - place.rx))}%`;
  name.style.top = `${100 * Math.max(0.02, place.y - place.ry - 0.12)}%`;
}

function idle(text = "") {
  fault.textContent = text;
  button.textContent = label;
  button.removeAttribute("aria-disabled");
  track.hidden = true;
}

// Name a fault: by its tip where it was seen on the photo, else by a sentence about the file.
function name(code, { place = null, wasSent = false, sentence = "" } = {}) {
  const tip = document.querySelector(`template[data-tip="${code}"]`);
  const shown = (tip || document.querySelector("template[data-file]")).content.cloneNode(true);
  if (tip) shown.querySelector(wasSent ? "[data-unsent]" : "[data-kept]").remove();
  else shown.querySelector("strong").textContent = sentence || sentences[code];
  const short = tip ? tip.dataset.short : "";
  problem.replaceChildren(shown);
  // The photo with its mark stands between what is wrong and what helps.
  const drawing = problem.querySelector(".tip");
  if (drawing && !preview.hidden) drawing.before(preview);
  mark(place, short);
  insist.hidden = !tip || !mayInsist;
  show("fault");
  problem.focus({ preventScroll: true });
  scrollTo({ top: 0 });
}

async function take(blob) {
  insist.hidden = true;
  insist.querySelector("input").checked = false;
  form.insertBefore(preview, form.querySelector(".photo-row"));
  problem.replaceChildren();
  preview.hidden = true;
  mark(null);
  idle();
  photo = null;
  const wrong = await faultOfFile(blob);
  if (wrong) {
    name(wrong);
    return;
  }
  photo = await fit(blob);
  print = await printOf(photo);
  show("ready");
  const image = preview.querySelector("img");
  URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(photo);
  try {
    await image.decode();
  } catch {
    return; // broken in a way that the server names
  }
  preview.hidden = false;
  if (isTiny(image.naturalWidth, image.naturalHeight)) {
    photo = null;
    name("too_small");
    return;
  }
  const seen = greys(image, image.naturalWidth, image.naturalHeight);
  const found = hasFailed()
    ? { code: "same_as_failed" }
    : seen && worstOf(seen, image.naturalWidth, "apart" in form.dataset ? form.dataset.side : "");
  if (found) name(found.code, found);
}

function answered({ status, answer }) {
  if (!answer.fault) {
    keep(SENT);
    location.assign(answer.next);
    return;
  }
  idle();
  if (answer.tries) find("tries").textContent = answer.tries;
  if (answer.code && status === 400) {
    keep(REFUSED);
    name(answer.code, { wasSent: true, sentence: answer.fault });
  } else {
    idle(answer.fault);
    show("ready");
  }
}

// Sends until an answer comes: a lost connection is waited for, a form of before another sign-in is made anew once.
async function send() {
  button.setAttribute("aria-disabled", "true"); // a double press sends once
  show("sending");
  let isRenewed = false;
  for (let tries = 0; ; tries += 1) {
    fault.textContent = "";
    button.textContent = form.dataset.sending;
    track.hidden = false;
    bar.value = 0;
    const body = new FormData(form);
    if (photo) body.set("picture", photo, "photo.jpg");
    const going = post(form, body, {
      moved: (share) => { bar.value = 100 * share; },
      sent: () => { button.textContent = form.dataset.waiting; },
    });
    stop = going.stop;
    const how = await going.done;
    stop = null;
    if (how.ended === "answered") return answered(how);
    if (how.ended === "stopped") return idle();
    if (how.ended === "out") return signedOut();
    if (how.ended === "stale" && !isRenewed) {
      isRenewed = true;
      token.value = await renewedToken().catch(() => "");
      if (token.value) continue;
      return signedOut();
    }
    if (tries >= WAITS_MS.length && navigator.onLine) break;
    fault.textContent = form.dataset.retry;
    await network(WAITS_MS[Math.min(tries, WAITS_MS.length - 1)]);
  }
  idle(form.dataset.lost);
  show("ready");
  return undefined;
}

function signedOut() {
  idle(form.dataset.out);
  find("sign-in").hidden = false;
  show("ready");
}

input.removeAttribute("required"); // a photo of the live camera has no file; the server asks when there is none
input.addEventListener("change", () => {
  if (input.files.length) take(input.files[0]);
});
insist.addEventListener("change", () => show("fault"));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (button.getAttribute("aria-disabled") === "true") return;
  if (!insists() && hasFailed()) {
    name("same_as_failed");
    return;
  }
  send();
});
opener.addEventListener("click", () =>
  open(find("live"), {
    taken: take,
    choose: () => input.click(),
    refused: () => {
      opener.dataset.denied = "1";
      fault.textContent = find("live").dataset.denied;
      show(capture.dataset.state);
      input.focus();
    },
  }),
);
show(problem.childElementCount ? "fault" : "empty");
if (input.files.length) take(input.files[0]); // chosen before this module came, or kept by the browser
addEventListener("pagehide", () => stop && stop());
