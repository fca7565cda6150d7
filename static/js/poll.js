// Keeps a part of the page fresh: every 3 s at first, growing to 15 s, with the ETag it knows. Focus is kept.
for (const part of document.querySelectorAll("[data-poll]")) {
  let wait = 3000;
  let etag = "";
  const ask = async () => {
    try {
      const headers = { "HX-Request": "true" };
      if (etag) headers["If-None-Match"] = etag;
      const answer = await fetch(part.dataset.poll, { headers, credentials: "same-origin", cache: "no-store" });
      const target = answer.headers.get("HX-Redirect");
      if (target) {
        location.assign(target);
        return;
      }
      if (answer.status === 200 && !part.contains(document.activeElement)) {
        etag = answer.headers.get("ETag") || "";
        part.innerHTML = await answer.text();
        wait = 3000;
      } else {
        wait = Math.min(wait * 1.3, 15000);
      }
    } catch {
      wait = Math.min(wait * 1.6, 15000);
    }
    setTimeout(ask, wait);
  };
  setTimeout(ask, wait);
}
