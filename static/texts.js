// While a text is written: how long it is, as portal/segments.py counts. While a batch goes out: how
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
    const tell = () => {
      const typed = body.value.split("\n").map((line) => line.trim()).join("\n").trim();
      if (!typed) return;
      const { school, most } = count.dataset;
      const named = typed.toLowerCase().includes(school.toLowerCase());
      const text = named ? typed : `${school}: ${typed}`;
      const { units, parts, plain } = segments(text.normalize("NFC"));
      count.textContent =
        `${units} characters with the school's name: ${parts} ${parts === 1 ? "segment" : "segments"}` +
        (plain ? "." : ". Accents, curly quotes or emoji in it make segments shorter.") +
        (text.length > most ? ` That is too long: ${most} fit.` : "");
    };
    body.addEventListener("input", tell);
    tell();
  }

  const progress = () => document.querySelector("[data-progress]");
  const look = async () => {
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      if (answer.ok) {
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const now = page.querySelector("[data-progress]");
        if (now) progress().replaceWith(now);
      }
    } catch {
      // The network is away: look again.
    }
    if (progress().dataset.progress === "waiting") setTimeout(look, 2000);
  };
  if (progress()?.dataset.progress === "waiting") setTimeout(look, 2000);
})();
