// Shows what goes back while it is typed. What counts is worked out by the server.
"use strict";
(function () {
  const form = document.getElementById("cash");
  const back = document.getElementById("back");
  if (!form || !back) return;
  const typed = document.getElementById("tendered");
  const part = document.getElementById("part");
  const due = Number(form.dataset.due);

  function tendered() {
    const text = typed.value.replace(/[.\s\u00a0\u202fđ]/g, "");
    if (typed.value.trim()) return /^[0-9]{1,12}$/.test(text) ? Number(text) : NaN;
    const chosen = form.querySelector("[name=choice]:checked");
    return chosen ? Number(chosen.value) : NaN;
  }

  function show() {
    const change = tendered() - due;
    back.hidden = !(change >= 0);
    if (back.hidden) return;
    const unit = document.createElement("i");
    unit.textContent = "đ";
    document.getElementById("back-amount").replaceChildren(String(change).replace(/\B(?=(\d{3})+$)/g, "."), unit);
  }

  // One answer at a time: what is typed takes the place of the choice, and gives it back.
  let chosen = form.querySelector("[name=choice]:checked");
  form.addEventListener("input", function (event) {
    if (event.target.name === "choice") {
      chosen = event.target;
      typed.value = "";
    } else if (event.target === typed && chosen) {
      chosen.checked = !typed.value.trim();
    }
    show();
  });
  // A digit while the choices have the focus begins another amount.
  form.addEventListener("keydown", function (event) {
    if (event.target.name === "choice" && /^[0-9]$/.test(event.key) && !event.ctrlKey && !event.altKey) typed.focus();
  });
  // The back button of the browser brings the page as it was typed.
  window.addEventListener("pageshow", show);
  part.addEventListener("change", show);
  show();
})();
