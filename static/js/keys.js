// Single keys press what carries data-key. A held key counts once; typing in a field is typing; decisions rest 400 ms.
const opened = performance.now();
document.addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target.closest("input:not([type=checkbox]), textarea, select");
  if (typing && event.key !== "Escape") return;
  if (event.key === "j" || event.key === "k") {
    const links = [...document.querySelectorAll(".row-link")];
    const at = links.indexOf(document.activeElement);
    const next = links[event.key === "j" ? Math.min(at + 1, links.length - 1) : Math.max(at - 1, 0)];
    if (next) next.focus();
    return;
  }
  const wanted = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const target = document.querySelector(`[data-key="${CSS.escape(wanted)}"]`);
  if (!target || performance.now() - opened < 400) return;
  event.preventDefault();
  if (target.getAttribute("aria-disabled") !== "true") target.click();
});
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault(); // a double press acts once
    form.dataset.sent = "1";
  });
}
