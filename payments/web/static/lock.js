// Locks a page that nobody touches, over its contents, and opens it again by the password: what was
// typed stays where it is. Nothing is stored. Without this script the server locks by itself and
// carries a form that comes too late through its sign-in page.
"use strict";
(function () {
  const dialog = document.getElementById("lock");
  if (!dialog || !dialog.showModal) return;
  const after = Number(dialog.dataset.minutes) * 60;
  const form = dialog.querySelector("form");
  const wrong = document.getElementById("lock-wrong");
  const lost = document.getElementById("lock-lost");
  const covered = Array.from(document.body.children).filter((one) => one !== dialog && one.tagName !== "SCRIPT");
  let touched = Date.now();
  let told = Date.now();

  function send(address, fields) {
    const body = new URLSearchParams(fields || {});
    body.set(dialog.dataset.field, form.elements[dialog.dataset.field].value);
    return fetch(address, { method: "POST", body: body, headers: { Accept: "application/json" }, redirect: "manual", cache: "no-store" });
  }

  function cover(isCovered) {
    for (const one of covered) one.classList.toggle("covered", isCovered);
  }

  function lock(isHere) {
    if (dialog.open) return;
    cover(true);
    wrong.hidden = true;
    dialog.showModal();
    if (isHere) send(dialog.dataset.lock).catch(function () {});
  }

  function touch() {
    if (dialog.open) return;
    touched = Date.now();
    // Typing in a long form asks the server for nothing: say that somebody is here.
    if (touched - told < Math.min(60, after / 3) * 1000) return;
    told = touched;
    send(dialog.dataset.touch).then(function (answer) {
      if (answer.status === 401) lock(false);
    }, function () {});
  }

  for (const kind of ["keydown", "pointerdown", "input"]) document.addEventListener(kind, touch, true);
  document.addEventListener("vienphi:locked", function () { lock(false); });
  dialog.addEventListener("cancel", function (event) { event.preventDefault(); });
  // By the wall clock: timers rest while a laptop sleeps.
  setInterval(function () {
    if ((Date.now() - touched) / 1000 >= after) lock(true);
  }, 1000);

  for (const button of document.querySelectorAll("[data-lock-now]")) {
    button.addEventListener("click", function (event) {
      event.preventDefault();
      lock(true);
    });
  }

  form.addEventListener("submit", async function (event) {
    event.preventDefault();
    const field = form.elements.password;
    let status = 0;
    try {
      status = (await send(form.action, { password: field.value })).status;
    } catch (error) {
      status = 0;
    }
    field.value = "";
    wrong.hidden = status === 200 || status === 401;
    lost.hidden = status !== 401;
    if (status === 200 || status === 401) {
      touched = told = Date.now();
      cover(false);
      dialog.close();
    } else {
      field.focus();
    }
  });
})();
