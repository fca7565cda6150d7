// Keeps the claim while somebody looks at its case, counts it down, and lets it run out soon after the page is left.
const EVERY = 30_000;
const SHORT = 120_000;

const words = (left) => {
  const [minutes, seconds] = [Math.floor(left / 60_000), Math.floor((left % 60_000) / 1000)];
  return left < SHORT ? `${minutes}:${String(seconds).padStart(2, "0")}` : `${minutes} min`;
};

export const lease = (signal) => {
  const pill = document.querySelector("[data-lease]");
  if (!pill) return;
  const { renew, leave, said } = pill.dataset;
  const text = pill.querySelector("[data-left]");
  const ring = pill.querySelector("[data-ring]");
  const token = document.querySelector("[name=csrfmiddlewaretoken]").value;
  const whole = Number(pill.dataset.whole) * 1000;
  let { until } = pill.dataset;
  let isLost = false;

  const show = () => {
    const left = Math.max(0, new Date(until) - Date.now());
    text.textContent = said.replace("{left}", words(left));
    pill.classList.toggle("lease-short", left < SHORT);
    const parts = Math.ceil((10 * left) / whole); // the ring steps, it never spins
    ring.setAttribute("stroke-dasharray", `${parts} ${10 - parts}`);
    if (!left) lost();
  };
  const lost = async () => {
    if (isLost) return;
    isLost = true;
    clearInterval(clock);
    clearInterval(beat);
    const { reopen } = await import("./next.js");
    if (!signal.aborted) reopen(location.pathname);
  };
  const ask = async () => {
    if (document.hidden || isLost) return; // a page nobody looks at does not keep a case from others
    const headers = { "X-CSRFToken": token };
    const answer = await fetch(renew, { method: "POST", headers, signal }).catch(() => null);
    if (answer && answer.ok) ({ until } = await answer.json());
    if (answer && answer.status === 409) lost();
    else if (!signal.aborted) show();
  };
  const clock = setInterval(show, 1000);
  const beat = setInterval(ask, EVERY);
  document.addEventListener("visibilitychange", ask, { signal });
  addEventListener("pagehide", () => {
    const body = new FormData();
    body.append("csrfmiddlewaretoken", token);
    body.append("until", until);
    navigator.sendBeacon(leave, body);
  }, { signal });
  signal.addEventListener("abort", () => {
    clearInterval(clock);
    clearInterval(beat);
  });
  show();
  if (whole - (new Date(until) - Date.now()) > EVERY) ask(); // the page was left and is back
};
