// The search is complete without this. With it: fields are filtered as one types, columns are chosen
// in a panel over the page, all rows of a page are ticked at once, and a long download says how far
// it is.
(() => {
  const filters = (root) => {
    for (const box of root.querySelectorAll("[data-filter]")) {
      box.parentElement.querySelector("button").hidden = true; // it filters as one types
      const list = root.querySelector(`#${box.dataset.filter}`);
      const none = list.parentElement.querySelector("[data-none]");
      const filter = () => {
        const typed = box.value.trim().toLowerCase();
        const shown = (one) => !one || getComputedStyle(one).display !== "none";
        let left = 0;
        for (const one of list.querySelectorAll("[data-name]")) {
          one.hidden = !one.dataset.name.includes(typed);
          left += !one.hidden && shown(one.closest(".entity"));
        }
        for (const group of list.querySelectorAll("[data-group]")) {
          group.hidden = !group.querySelector("[data-name]:not([hidden])");
        }
        if (none) none.hidden = left > 0;
      };
      box.addEventListener("input", filter);
      for (const whose of box.form.querySelectorAll("[name=entity]"))
        whose.addEventListener("change", filter);
      box.addEventListener("keydown", (event) => {
        if (event.key === "Enter") event.preventDefault();
      });
    }
  };
  filters(document);

  const all = document.getElementById("all-rows");
  if (all) {
    all.parentElement.hidden = false;
    const rows = () => document.querySelectorAll("#chosen tbody input[type=checkbox]");
    all.addEventListener("change", () => {
      for (const row of rows()) row.checked = all.checked;
    });
  }

  const panel = document.querySelector("[data-panel]");
  const show = async (dialog, address) => {
    const answer = await fetch(address);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const form = page.getElementById("columns-panel");
    dialog.replaceChildren(form);
    filters(dialog);
    form.querySelector("[data-close]").addEventListener("click", (event) => {
      event.preventDefault();
      dialog.close();
    });
  };
  if (panel && window.HTMLDialogElement) {
    const dialog = document.createElement("dialog");
    dialog.className = "sheet";
    dialog.setAttribute("aria-label", "Change Display/Columns");
    document.querySelector("main").append(dialog);
    panel.addEventListener("click", async (event) => {
      event.preventDefault();
      try {
        await show(dialog, panel.href);
        dialog.showModal();
      } catch {
        location.href = panel.href;
      }
    });
  }

  const told = document.getElementById("download");
  const LONG = 4000;
  for (const link of document.querySelectorAll("[data-download]")) {
    link.addEventListener("click", async (event) => {
      const total = Number(document.getElementById("results").textContent.replace(/\D/g, ""));
      if (total < LONG || !window.ReadableStream) return;
      event.preventDefault();
      told.hidden = false;
      told.textContent = "Starting download…";
      try {
        const answer = await fetch(link.href);
        if (answer.redirected) return location.assign(answer.url); // it says what is wrong
        if (!answer.ok) throw new Error(answer.status);
        const rows = Number(answer.headers.get("X-Rows")).toLocaleString();
        const about = Number(answer.headers.get("X-About-Bytes")) || 1;
        const name = /filename="?([^";]+)/.exec(answer.headers.get("Content-Disposition"))[1];
        const reader = answer.body.getReader();
        const pieces = [];
        let bytes = 0;
        for (;;) {
          const { done, value } = await reader.read();
          if (done) break;
          pieces.push(value);
          bytes += value.length;
          const part = Math.min(99, Math.round((100 * bytes) / about));
          told.textContent = `Downloading ${rows} rows: about ${part} %`;
        }
        const file = document.createElement("a");
        file.href = URL.createObjectURL(new Blob(pieces));
        file.download = name;
        file.click();
        told.textContent = `${name} is downloaded: ${rows} rows.`;
      } catch {
        told.textContent = "The download stopped. Check your connection and try again.";
      }
    });
  }
})();
