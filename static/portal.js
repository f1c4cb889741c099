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

  // The question about another parent's phone names them; the form sends which name it showed.
  const name = (field) => {
    const asked = field.form?.elements[String(field.name).replace(/first_name$/, "asked")];
    if (!asked || asked === field) return;
    asked.value = field.value.trim().replace(/\s+/g, " ");
    for (const shown of field.form.querySelectorAll(`[data-asked="${asked.name}"]`)) {
      shown.textContent = asked.value || shown.dataset.someone;
    }
  };
  document.addEventListener("input", (event) => name(event.target));

  // A form that the browser loaded again on the way back corrects the one that was sent.
  if (performance.getEntriesByType("navigation")[0]?.type === "back_forward") {
    for (const field of document.getElementsByName("came-back")) field.value = "1";
  }

  // Come back to with the back button, the page is ready again.
  addEventListener("pageshow", () => {
    for (const form of document.forms) form.removeAttribute("aria-busy");
    for (const field of document.querySelectorAll("[name$=-first_name]")) name(field);
  });
})();
