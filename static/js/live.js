// The live camera with its frame: opened by a button, hints by word, colour and voice, and a shutter. Sends nothing.
import { framingOf, laidLevel } from "./framing.js";
import { faultOf, greys } from "./measure.js";

const LOOK_EVERY = 500;
const SPEAK_EVERY = 2000;
// Which hint goes with what is seen; what has none of its own asks for the card.
const HINTS = { too_small_card: "closer", dark: "dark", glare: "glare", blur: "blur", cut_off: "corners", two_cards: "one" };

export function canTry() {
  return Boolean(navigator.mediaDevices && navigator.mediaDevices.getUserMedia);
}

// Opens the camera over the page. `taken` gets a JPEG blob; `refused` is called when there is no camera to be had.
export async function open(live, { taken, refused, choose }) {
  const video = live.querySelector("video");
  const hint = live.querySelector("[data-hint]");
  const spoken = live.querySelector("[data-spoken]");
  const guide = live.querySelector("[data-guide]");
  const light = live.querySelector("[data-light]");
  const opener = document.activeElement;
  const outside = [...document.querySelectorAll("body > header, body > .skip"), ...[...live.parentElement.children].filter((each) => each !== live)];
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: { ideal: "environment" }, width: { ideal: 2560 }, height: { ideal: 1440 } },
    });
  } catch {
    refused();
    return;
  }
  const listening = new AbortController();
  const on = (target, name, act) => target.addEventListener(name, act, { signal: listening.signal });
  let timer = 0;
  const close = () => {
    clearInterval(timer);
    listening.abort();
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
    live.hidden = true;
    for (const each of outside) each.inert = false;
    if (opener) opener.focus();
  };
  video.srcObject = stream;
  live.hidden = false;
  for (const each of outside) each.inert = true;
  const shutter = live.querySelector("[data-shutter]");
  shutter.focus();

  const track = stream.getVideoTracks()[0];
  const able = track.getCapabilities ? track.getCapabilities() : {};
  light.hidden = !able.torch;
  on(light, "click", async () => {
    const isOn = light.getAttribute("aria-pressed") !== "true";
    await track.applyConstraints({ advanced: [{ torch: isOn }] });
    light.setAttribute("aria-pressed", String(isOn));
  });

  let spokenAt = 0;
  const look = () => {
    if (!video.videoWidth) return;
    const seen = greys(video, video.videoWidth, video.videoHeight);
    if (!seen) return;
    const fault = faultOf(seen) || framingOf(seen, video.videoWidth);
    // Green only where the card itself is found; on a light or busy ground nothing is promised, and the shutter works.
    const isGood = !fault && laidLevel(seen, 8, 5, 0) !== null;
    const said = live.dataset[isGood ? "good" : (fault && HINTS[fault.code]) || "frame"];
    hint.textContent = said;
    hint.classList.toggle("is-good", isGood);
    guide.classList.toggle("is-good", isGood);
    if (spoken.textContent !== said && performance.now() - spokenAt > SPEAK_EVERY) {
      spoken.textContent = said;
      spokenAt = performance.now();
    }
  };
  timer = setInterval(look, LOOK_EVERY);

  on(shutter, "click", () => {
    if (!video.videoWidth) return;
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d").drawImage(video, 0, 0);
    canvas.toBlob(
      (blob) => {
        close();
        if (blob) taken(blob);
      },
      "image/jpeg",
      0.95,
    );
  });
  on(live.querySelector("[data-close]"), "click", close);
  on(live.querySelector("[data-choose]"), "click", () => {
    close();
    choose();
  });
  on(live, "keydown", (event) => {
    if (event.key === "Escape") close();
  });
  await video.play().catch(() => {}); // last: whoever presses before the film runs is heard
}
