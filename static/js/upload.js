// Sends a picture with visible progress. Without this module the form posts by itself.
for (const form of document.querySelectorAll("[data-upload]")) {
  const button = form.querySelector("button");
  const label = button.textContent;
  const fault = form.querySelector("[data-fault]");
  const track = form.querySelector("[data-progress]");
  const bar = track.querySelector("progress");

  const again = (text) => {
    fault.textContent = text;
    button.textContent = label;
    button.removeAttribute("aria-disabled");
    track.hidden = true;
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled") === "true") return; // a double press sends once
    fault.textContent = "";
    button.setAttribute("aria-disabled", "true");
    button.textContent = form.dataset.sending;
    track.hidden = false;
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.setRequestHeader("Accept", "application/json");
    request.upload.addEventListener("progress", (sent) => {
      if (sent.lengthComputable) bar.value = (100 * sent.loaded) / sent.total;
    });
    request.addEventListener("load", () => {
      let answer = {};
      try {
        answer = JSON.parse(request.responseText);
      } catch {
        again(form.dataset.lost);
        return;
      }
      if (answer.fault) again(answer.fault);
      else location.assign(answer.next);
    });
    request.addEventListener("error", () => again(form.dataset.lost));
    request.send(new FormData(form));
  });
}
