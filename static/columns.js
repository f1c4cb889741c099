// Choosing columns is complete without this. With it, what is ticked stands at once in the list of
// what is shown, and is moved in it without loading the page anew.
(() => {
  const chosen = (form) => form.querySelector(".chosen ol");
  const mark = (list) => {
    for (const [name, edge] of [["up", list.firstElementChild], ["down", list.lastElementChild]])
      for (const button of list.querySelectorAll(`[name=${name}]`))
        button.disabled = button.closest("li") === edge;
  };
  const tell = (form, words, loud = false) => {
    const told = form.querySelector("#moved");
    told.textContent = words;
    told.classList.toggle("unseen", !loud);
  };
  const add = (form, box) => {
    const item = form.querySelector("#one-column").content.cloneNode(true).firstElementChild;
    const label = box.dataset.column;
    item.querySelector("span").textContent = label;
    item.querySelector("input").value = box.value;
    for (const button of item.querySelectorAll("button")) {
      button.value = box.value;
      button.setAttribute("aria-label", `${button.dataset.does} ${label}`);
    }
    chosen(form).append(item);
  };
  const item = (form, key) =>
    chosen(form).querySelector(`input[value="${CSS.escape(key)}"]`)?.closest("li");
  const label = (li) => li.querySelector("span").textContent;

  document.addEventListener("change", (event) => {
    const box = event.target;
    const form = box.closest("#columns-panel");
    if (!form || box.name !== "col") return;
    const most = Number(chosen(form).dataset.most);
    if (box.checked && chosen(form).children.length >= most) {
      box.checked = false;
      tell(form, `You can show up to ${most} columns. Remove one first.`, true);
      return;
    }
    if (box.checked) add(form, box);
    else item(form, box.value)?.remove();
    mark(chosen(form));
    tell(form, `${box.dataset.column} ${box.checked ? "added at the end" : "removed"}`);
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("#columns-panel .chosen button");
    if (!button) return;
    event.preventDefault();
    const form = button.form;
    const list = chosen(form);
    const li = button.closest("li");
    const words = label(li);
    if (button.name === "out") {
      const next = li.nextElementSibling || li.previousElementSibling;
      form.querySelector(`[name=col][value="${CSS.escape(button.value)}"]`).checked = false;
      li.remove();
      mark(list);
      (next?.querySelector("[name=out]") || form.querySelector("[name=find]")).focus();
      tell(form, `${words} removed`);
      return;
    }
    if (button.name === "up") li.previousElementSibling.before(li);
    else li.nextElementSibling.after(li);
    mark(list);
    const place = [...list.children].indexOf(li) + 1;
    (button.disabled ? li.querySelector("button:not(:disabled)") : button).focus();
    tell(form, `${words}: now number ${place} of ${list.children.length}`);
  });
})();
