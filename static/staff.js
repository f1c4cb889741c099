// The pages are complete without this: "/" goes to the look-up, and what was typed on a form is not
// left behind by accident.
(() => {
  const lookUp = document.getElementById("look-up");
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, select, textarea");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    lookUp.focus();
    lookUp.select();
  });

  let unsaved = false;
  document.addEventListener("input", (event) => {
    if (event.target.form && event.target.form.method === "post") unsaved = true;
  });
  document.addEventListener("submit", (event) => {
    if (event.target.method === "post") unsaved = false;
  });
  addEventListener("beforeunload", (event) => {
    if (unsaved) event.preventDefault();
  });
})();
