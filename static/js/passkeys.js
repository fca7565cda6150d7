// Passkey buttons: shown where the browser knows passkeys; a ceremony that failed or was called off says so.
const buttons = document.querySelectorAll("#passkey-sign-in, #passkey-add");
const fault = document.querySelector("[data-passkey-fault]");

if (window.PublicKeyCredential) for (const each of buttons) each.hidden = false;
document.addEventListener("allauth.error", (event) => {
  event.preventDefault(); // the library would write it to the console
  fault.textContent = fault.dataset.passkeyFault;
  fault.hidden = false;
});
