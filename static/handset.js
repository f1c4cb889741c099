// Looks every few seconds whether the word has come, and loads the page anew only then: a page that
// reloads by itself takes a screen reader back to its beginning. Without this the page reloads.
(() => {
  const waits = (html) =>
    new DOMParser().parseFromString(html, "text/html").querySelector("[data-waiting]");
  const look = async () => {
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      if (answer.ok && !waits(await answer.text())) return location.reload();
    } catch {
      // The network is away: look again.
    }
    setTimeout(look, 5000);
  };
  setTimeout(look, 5000);
})();
