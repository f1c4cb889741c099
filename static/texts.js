// While a text is written: how long it is, as portal/services/texting/segments.py counts. While a batch goes out: how
// far it is. The pages are complete without this.
(() => {
  const count = document.getElementById("length");
  const body = document.getElementById("body");
  if (count && body) {
    const basic =
      "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
      "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
    const two = "^{}\\[~]|€";
    const segments = (text) => {
      const plain = [...text].every((c) => basic.includes(c) || two.includes(c));
      const width = (c) => (plain ? (two.includes(c) ? 2 : 1) : c.length);
      const units = [...text].reduce((sum, c) => sum + width(c), 0);
      const [alone, part] = plain ? [160, 153] : [70, 67];
      if (units <= alone) return { units, parts: units ? 1 : 0, plain };
      let [parts, used] = [1, 0];
      for (const c of text) {
        if (used + width(c) > part) [parts, used] = [parts + 1, 0];
        used += width(c);
      }
      return { units, parts, plain };
    };
    // As portal/normalize.py does: what nobody sees is dropped, but for joiners in words and emoji.
    const seen = (text) => {
      const letter = "(?![\\p{Default_Ignorable_Code_Point}\\p{Script=Latin}])[\\p{L}\\p{M}]";
      const picture = "\\p{Extended_Pictographic}";
      const kept = [
        `(?<=${letter})[\\u200c\\u200d](?=${letter})`,
        `(?<=[${picture}\\p{Emoji_Modifier}]\\ufe0f?)\\u200d(?=${picture})`,
        `(?<=${picture})[\\ufe0e\\ufe0f]`,
        "(?<=[0-9#*])\\ufe0f(?=\\u20e3)",
      ];
      const unseen = `(?!${kept.join("|")})[\\p{Default_Ignorable_Code_Point}\\ufff9-\\ufffc]`;
      return text.replace(/\u2800/g, " ").replace(new RegExp(unseen, "gu"), "");
    };
    const hint = count.textContent;
    const said = document.createElement("p");
    said.className = "unseen";
    said.setAttribute("role", "status");
    count.after(said);
    let pause;
    const tell = () => {
      const lines = seen(body.value)
        .split("\n")
        .map((line) => line.trim().split(/\s+/).join(" "));
      const typed = lines.join("\n").replace(/\n{3,}/g, "\n\n").trim().normalize("NFC");
      if (!typed) {
        count.textContent = hint;
        return;
      }
      const { school, most } = count.dataset;
      const name = school.toLowerCase().replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      const named = new RegExp(`(?<![\\p{L}\\p{N}_])${name}(?![\\p{L}\\p{N}_])`, "u").test(typed.toLowerCase());
      const text = named ? typed : `${school}: ${typed}`;
      const { units, parts, plain } = segments(text);
      count.textContent =
        `${units} characters with the school's name. Counts as ${parts} ${parts === 1 ? "text" : "texts"}.` +
        (plain ? "" : " Accents, curly quotes, or emoji make it count as more texts.") +
        ([...text].length > most ? ` That's too long. The limit is ${most} characters.` : "");
    };
    // To a screen reader only when the typing pauses, not at each letter.
    body.addEventListener("input", () => {
      tell();
      clearTimeout(pause);
      pause = setTimeout(() => (said.textContent = count.textContent), 1000);
    });
    tell();
  }

  // "Print" leads to a page with all families. There it opens the browser's own dialog.
  const print = document.querySelector('[data-print="yes"]');
  if (print)
    print.addEventListener("click", (event) => {
      event.preventDefault();
      window.print();
    });

  // It looks as long as something is about to go out and the page is seen. What goes on for long is
  // told to a screen reader in quarters.
  const progress = document.querySelector("[data-progress]");
  const told = document.getElementById("told");
  const quarter = (bar) => Math.floor((4 * bar.value) / bar.max);
  const shown = (part) => document.querySelector(`[data-part="${part}"]`);
  const renew = (page, part) => {
    const [old, now] = [shown(part), page.querySelector(`[data-part="${part}"]`)];
    if (!old) return;
    const focused = old.contains(document.activeElement);
    const name = document.activeElement.id;
    if (now) old.replaceWith(now);
    else old.remove();
    if (focused) (document.getElementById(name) || document.getElementById("main")).focus();
  };
  const later = () => {
    const { progress: state, rest } = shown("progress").dataset;
    if (state === "waiting") setTimeout(look, 1000 * Math.min(Math.max(2, rest), 86400));
  };
  const look = async () => {
    if (document.hidden) {
      document.addEventListener("visibilitychange", look, { once: true });
      return;
    }
    try {
      const answer = await fetch(location.href, {
        cache: "no-store",
        headers: { "X-Watching": "1" },
      });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = page.querySelector("[data-progress]");
      if (!now && answer.status < 500) return; // signed out
      if (now) {
        const before = quarter(document.querySelector("progress"));
        const done = now.dataset.progress === "done";
        if (done || quarter(now.querySelector("progress")) !== before)
          told.textContent = now.querySelector("h2").textContent;
        for (const part of done ? ["progress", "text", "stop", "unknown", "texts"] : ["progress", "text"])
          renew(page, part);
      }
    } catch {
      // The network is away: look again.
    }
    later();
  };
  if (progress) later();
})();
