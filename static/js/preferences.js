// Keeps a choice of the console on the account of who makes it.
export const prefer = (name, isOn) => {
  const shell = document.querySelector("[data-prefer]");
  const token = document.querySelector("[name=csrfmiddlewaretoken]");
  if (!shell || !token) return;
  const body = new FormData();
  body.append("csrfmiddlewaretoken", token.value);
  body.append("name", name);
  if (isOn) body.append("on", "1");
  fetch(shell.dataset.prefer, { method: "POST", body, keepalive: true }).catch(() => null);
};
