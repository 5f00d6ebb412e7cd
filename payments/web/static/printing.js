// Prints a receipt on the roll of this desk, by its key or by itself as soon as it has a number.
// Nothing is opened, so the scan box keeps the focus; a browser that is started with
// --kiosk-printing asks nothing. Without this script the button opens the paper as elsewhere.
"use strict";
(function () {
  const tried = new Set();
  let isBusy = false;

  async function print(form) {
    if (isBusy) return;
    isBusy = true;
    try {
      const told = new URLSearchParams(new FormData(form));
      told.set("picture", "1");
      const answer = await fetch(form.action, { method: "POST", body: told });
      // Somebody else has just printed it: one original is enough.
      if (answer.status !== 409) {
        if (!answer.ok) throw new Error(String(answer.status));
        await onPaper(await answer.text());
      }
      document.dispatchEvent(new Event("vienphi:changed"));
    } catch (error) {
      say(form.dataset.failed);
    }
    isBusy = false;
  }

  async function onPaper(picture) {
    const paper = document.createElement("img");
    paper.className = "roll-paper";
    paper.alt = "";
    paper.src = "data:image/svg+xml," + encodeURIComponent(picture);
    await paper.decode();
    document.body.append(paper);
    document.body.classList.add("is-printing");
    window.addEventListener("afterprint", function () {
      document.body.classList.remove("is-printing");
      paper.remove();
    }, { once: true });
    window.print();
  }

  function say(text) {
    const bar = document.createElement("p");
    bar.className = "toast bar bar--warn";
    bar.setAttribute("role", "alert");
    bar.textContent = text;
    document.body.append(bar);
    setTimeout(function () { bar.remove(); }, 8000);
  }

  function fresh() {
    const form = document.getElementById("roll");
    if (!form || !form.dataset.now || tried.has(form.dataset.now)) return;
    tried.add(form.dataset.now);
    print(form);
  }

  document.addEventListener("submit", function (event) {
    if (event.target.id !== "roll") return;
    event.preventDefault();
    print(event.target);
  });
  document.addEventListener("vienphi:replaced", fresh);
  fresh();
})();
