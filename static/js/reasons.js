// The dialog of reasons: shows the customer's text of what is chosen, in the language that is picked.
export const prepare = (form) => {
  const ticks = [...form.querySelectorAll("[name=reasons]")];
  const none = form.querySelector("[data-none-chosen]");
  const draw = () => {
    const chosen = ticks.filter((tick) => tick.checked);
    const fraud = chosen.find((tick) => "fraud" in tick.dataset);
    const codes = (fraud ? [fraud] : chosen).map((tick) => tick.value); // one fraud reason makes the whole text neutral
    for (const text of form.querySelectorAll("[data-text-of]")) text.hidden = !codes.includes(text.dataset.textOf);
    if (none) none.hidden = chosen.length > 0;
    for (const box of form.querySelectorAll("[data-preview]")) box.classList.toggle("empty-preview", !chosen.length);
  };
  for (const tick of ticks) tick.addEventListener("change", draw);
  const languages = [...form.querySelectorAll("[data-preview-language]")];
  for (const button of languages) {
    button.addEventListener("click", () => {
      for (const other of languages) other.setAttribute("aria-pressed", String(other === button));
      for (const box of form.querySelectorAll("[data-preview]")) box.hidden = box.dataset.preview !== button.dataset.previewLanguage;
    });
  }
  draw();
};
for (const form of document.querySelectorAll("[data-reasons]")) prepare(form);
