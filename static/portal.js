// The pages are complete without this. It keeps an answer from being sent twice or into the void.
(() => {
  const offline = document.currentScript.dataset.offline;
  const summary = document.getElementById("error-summary");
  if (summary) summary.focus();

  const tell = (form) => {
    let alert = form.querySelector(".offline");
    if (!alert) {
      alert = document.createElement("p");
      alert.className = "offline notice bad";
      alert.setAttribute("role", "alert");
      form.lastElementChild.before(alert);
    }
    alert.textContent = offline;
    alert.scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!navigator.onLine) {
      event.preventDefault();
      tell(form);
    } else if (form.ariaBusy) {
      event.preventDefault();
    } else {
      form.setAttribute("aria-busy", "true");
      // Long enough for a slow network; then the button works again.
      setTimeout(() => form.removeAttribute("aria-busy"), 10000);
    }
  });

  // Come back to with the back button, the page is ready again.
  addEventListener("pageshow", () => {
    for (const form of document.forms) form.removeAttribute("aria-busy");
  });
})();
