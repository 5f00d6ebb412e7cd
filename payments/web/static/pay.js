// Keeps a patient's page true while they pay: asks for its version, more and more seldom, and at
// once when they come back from the bank app. Copies values. Without it the page has a link.
"use strict";
(function () {
  const main = document.querySelector("main[data-live]");
  const announce = document.getElementById("announce");
  if (!main) return;
  // From these seconds on, this many seconds apart.
  const PACE = [[0, 2], [60, 5], [300, 15], [900, 60]];
  let began = performance.now();
  let looked = performance.now();
  let isBusy = false;
  let isLost = false;
  let next;

  function say(text) {
    if (announce && text) announce.textContent = text;
  }

  function clockText(seconds) {
    return String(Math.floor(seconds / 60)).padStart(2, "0") + ":" + String(seconds % 60).padStart(2, "0");
  }

  function tick() {
    const passed = Math.floor((performance.now() - began) / 1000);
    for (const element of main.querySelectorAll("[data-left]")) {
      const left = Math.max(0, Number(element.dataset.left) - passed);
      if (element.tagName === "PROGRESS") {
        element.value = left;
        continue;
      }
      element.textContent = clockText(left);
      for (const [seconds, words] of [[300, "five"], [60, "one"]]) {
        // Said once, and only to who was here before that moment.
        const mark = "said" + words;
        if (left <= seconds && left > 0 && Number(element.dataset.left) > seconds && !element.dataset[mark]) {
          element.dataset[mark] = "1";
          say(main.dataset[words]);
        }
      }
      if (left === 0 && !element.dataset.over) {
        element.dataset.over = "1";
        end();
      }
    }
  }

  // An old code is never shown, with or without a network.
  function end() {
    for (const part of main.querySelectorAll("[data-code]")) part.hidden = true;
    for (const part of main.querySelectorAll("[data-ended]")) part.hidden = false;
    setTimeout(replace, 1500);
  }

  function plan() {
    clearTimeout(next);
    const passed = (performance.now() - looked) / 1000;
    const every = PACE.filter(([from]) => passed >= from).pop()[1];
    next = setTimeout(ask, (document.hidden ? 60 : every) * 1000);
  }

  async function ask() {
    if (!isBusy) {
      isBusy = true;
      try {
        const address = main.dataset.live + "?seen=" + encodeURIComponent(main.dataset.version);
        const answer = await fetch(address, { headers: { Accept: "application/json" }, cache: "no-store" });
        if (answer.status === 404) location.reload();
        if (answer.status === 200) await replaceParts();
        lost(answer.status >= 500);
      } catch (error) {
        lost(true);
      }
      isBusy = false;
    }
    plan();
  }

  async function replace() {
    try {
      await replaceParts();
    } catch (error) {
      lost(true);
    }
  }

  async function replaceParts() {
    const answer = await fetch(location.pathname, { headers: { "X-Vienphi-Live": "1" }, cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const other = fresh.querySelector("main[data-live]");
    if (!other) return location.reload();
    const open = [...main.querySelectorAll("details[open]")].map((details) => details.id);
    const hadFocus = main.contains(document.activeElement);
    const isNews = other.dataset.said !== main.dataset.said;
    main.replaceChildren(...other.childNodes);
    for (const id of open) {
      const details = document.getElementById(id);
      if (details) details.open = true;
    }
    if (hadFocus) main.focus();
    main.dataset.version = other.dataset.version;
    main.dataset.said = other.dataset.said;
    document.title = fresh.title;
    began = performance.now();
    if (isNews) {
      looked = performance.now();
      say(main.dataset.said);
    }
    offerCopies();
    tick();
  }

  function lost(isNow) {
    if (isNow === isLost) return;
    isLost = isNow;
    const bar = document.getElementById("lost");
    if (!isNow && bar) {
      bar.remove();
      say(main.dataset.back);
    }
    if (isNow && !bar) {
      const made = document.createElement("p");
      made.id = "lost";
      made.className = "toast bar bar--bad";
      made.setAttribute("role", "alert");
      made.textContent = main.dataset.lost;
      main.after(made);
    }
  }

  function offerCopies() {
    for (const button of main.querySelectorAll("[data-copy]")) button.parentElement.hidden = false;
  }

  async function copy(text) {
    if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
    // Old browsers, and a trial without https.
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "vh";
    document.body.append(field);
    field.select();
    const isDone = document.execCommand("copy");
    field.remove();
    if (!isDone) throw new Error("copy");
  }

  main.addEventListener("click", async function (event) {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const words = button.querySelector("[data-said]");
    const before = words.textContent;
    if (before === words.dataset.said) return;
    try {
      await copy(button.dataset.copy);
    } catch (error) {
      return;
    }
    words.textContent = words.dataset.said;
    say(words.dataset.said);
    button.focus();
    setTimeout(function () { words.textContent = before; }, 2000);
  });

  document.addEventListener("visibilitychange", function () {
    if (document.hidden) return;
    looked = performance.now();
    ask();
  });
  window.addEventListener("online", ask);
  window.addEventListener("offline", function () { lost(true); });
  offerCopies();
  tick();
  setInterval(tick, 500);
  plan();
})();
