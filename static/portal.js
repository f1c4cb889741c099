// The pages are complete without this. It keeps an answer from being sent twice or into the void, a
// form that is half typed from being lost, and a family's data from the next person at the browser.
(() => {
  const { offline, family } = document.currentScript.dataset;
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

  // Some browsers think that they are offline when they are not: they are asked once, then obeyed.
  let warned = new WeakSet();
  addEventListener("online", () => {
    warned = new WeakSet();
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!navigator.onLine && !warned.has(form)) {
      event.preventDefault();
      warned.add(form);
      tell(form);
    } else if (form.ariaBusy) {
      event.preventDefault();
    } else {
      form.setAttribute("aria-busy", "true");
      // Long enough for a slow network; then the button works again.
      setTimeout(() => form.removeAttribute("aria-busy"), 10000);
      if (/(sign-out|clear)$/.test(form.action)) store();
      else if (form === contact && !event.submitter?.value) store({ ...draft, sent: true });
    }
  });

  // The contact form's draft is kept in this tab, for 30 minutes after the last word. No answer about
  // texts is in it. It is gone once a page of the family shows that the form was received.
  const contact = document.getElementById("contact");
  const store = (draft) => {
    try {
      if (draft) sessionStorage.setItem("draft", JSON.stringify({ ...draft, at: Date.now() }));
      else sessionStorage.removeItem("draft");
    } catch {
      // Storage is blocked or full.
    }
  };
  const stored = () => {
    try {
      const kept = JSON.parse(sessionStorage.getItem("draft"));
      if (Date.now() - kept.at < 1800000) return kept;
    } catch {
      // Storage is blocked, or holds nothing.
    }
    store();
  };
  setInterval(stored, 60000);

  let draft = stored();
  if (contact) {
    const of = location.pathname + contact.name;
    const isKept = ({ name }) => /^(child|parent)\d+-(?!.*(consent|asked)$)/.test(name);
    const all = contact.elements;
    const posted = "posted" in contact.dataset;
    if (draft?.of !== of) store();
    draft = { of, fields: draft?.of === of && !posted ? draft.fields : {} };
    const before = {};
    for (const field of [...all].filter(isKept)) before[field.name] = all[field.name].value;
    if (posted) {
      for (const name in before) if (before[name]) draft.fields[name] = ["", before[name]];
      store(draft);
    }
    for (const [name, [empty, value]] of Object.entries(draft.fields)) {
      const field = all[name];
      if (field?.value !== empty) continue;
      field.value = value;
      for (let at = field[0]?.form ? field[0] : field; at; at = at.parentElement) {
        if (at.localName === "details") at.open = true;
      }
    }
    contact.addEventListener("input", ({ target }) => {
      if (!isKept(target)) return;
      const { name } = target;
      draft.fields[name] = [draft.fields[name]?.[0] ?? before[name], all[name].value];
      store(draft);
    });
  } else if (draft?.sent && family) {
    store();
  }

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

  // A page with a family's data is not shown again as the browser kept it: they may be signed out.
  const hide = () => {
    document.documentElement.hidden = true;
  };
  addEventListener("pagehide", () => family && hide());
  // A form that the browser loaded again on the way back corrects the one that was sent.
  if (performance.getEntriesByType("navigation")[0]?.type === "back_forward") {
    for (const field of document.getElementsByName("came-back")) field.value = "1";
  }

  // Come back to with the back button, the page is ready again.
  addEventListener("pageshow", (event) => {
    if (event.persisted && family) {
      hide();
      location.reload();
    }
    for (const form of document.forms) form.removeAttribute("aria-busy");
    for (const field of document.querySelectorAll("[name$=-first_name]")) name(field);
  });
})();
