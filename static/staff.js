// The pages are complete without this: "/" goes to the look-up, and what was typed on a form is not
// left behind by accident: rows that are ticked are not such a thing.
(() => {
  const lookUp = document.getElementById("look-up");
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest(
      "input:not([type=checkbox], [type=radio]), select, textarea",
    );
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    lookUp.focus();
    lookUp.select();
  });

  let unsaved = false;
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form && form.method === "post" && form.id !== "chosen") unsaved = true;
  });
  document.addEventListener("submit", (event) => {
    if (event.target.method === "post") unsaved = false;
  });
  addEventListener("beforeunload", (event) => {
    if (unsaved) event.preventDefault();
  });

  // A page is not shown again as the browser kept it: they may be signed out.
  const hide = () => {
    document.documentElement.hidden = true;
  };
  addEventListener("pagehide", hide);
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    hide();
    location.reload();
  });
})();
