// Sends a form with visible progress and says how it ended: { ended, status, answer }, ended being "answered", "lost" (no
// answer came), "stale" (the form is of before another sign-in), "out" (signed out) or "stopped" (called off).
const SILENT_MS = 60_000;

export function post(form, body, { moved, sent }) {
  const request = new XMLHttpRequest();
  let silence = 0;
  // A slow connection may take minutes; one that moves no byte for a minute is lost.
  const watch = () => {
    clearTimeout(silence);
    silence = setTimeout(() => request.abort(), SILENT_MS);
  };
  let isStopped = false;
  const done = new Promise((ended) => {
    const end = (how, more = {}) => {
      clearTimeout(silence);
      ended({ ended: how, ...more });
    };
    request.upload.addEventListener("progress", (each) => {
      watch();
      if (each.lengthComputable) moved(each.loaded / each.total);
    });
    request.upload.addEventListener("load", () => {
      watch();
      sent();
    });
    request.addEventListener("load", () => {
      try {
        const answer = JSON.parse(request.responseText);
        end(request.status === 401 ? "out" : "answered", { status: request.status, answer });
      } catch {
        end(request.status === 403 ? "stale" : "lost");
      }
    });
    request.addEventListener("error", () => end("lost"));
    request.addEventListener("abort", () => end(isStopped ? "stopped" : "lost"));
  });
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "application/json");
  request.send(body);
  watch();
  const stop = () => {
    isStopped = true;
    request.abort();
  };
  return { done, stop };
}

// The token of this page as the server gives it now; "" where the page now leads elsewhere.
export async function renewedToken() {
  const answer = await fetch(location.href, { credentials: "same-origin" });
  if (new URL(answer.url).pathname !== location.pathname) return "";
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.querySelector("[data-upload] [name=csrfmiddlewaretoken]")?.value || "";
}

// Waits until the browser says that there is a network again, or for so many milliseconds where it never said otherwise.
export function network(wait) {
  if (navigator.onLine) return new Promise((done) => setTimeout(done, wait));
  return new Promise((done) => addEventListener("online", done, { once: true }));
}
