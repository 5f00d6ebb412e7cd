// Keeps a second screen true. The page itself holds no payment code: this script fetches what is to
// be shown, asks all the time whether it is still so, and takes it away when nobody answers.
"use strict";
(function () {
  // A change must be on the glass within a second: this leaves 300 ms for two answers.
  const SHOWN_MS = 700;
  // A desk at work shows its next code as soon; before one that rests nobody waits.
  const WORKING_FOR_MS = 10 * 60000;
  const RESTING_MS = 5000;
  const ANSWER_MAX_MS = 3000;
  const LOST_AFTER_MS = 4000;
  const PAID_MS = 6000;
  const NOTHING = "-";

  const screen = document.getElementById("screen");
  const announce = document.getElementById("announce");
  const data = screen.dataset;
  const isPairing = "pairing" in data;
  let version = isPairing ? "waiting" : NOTHING;
  let state = "";
  let said = "";
  // The showing whose payment was on the glass long enough.
  let done = "";
  let isWanted = false;
  let isLost = false;
  let paidFor = "";
  let began = Date.now();
  // By the wall clock: timers rest while a computer sleeps, and a code ends all the same.
  let heard = Date.now();
  let changed = Date.now();

  async function ask(address, more) {
    const control = new AbortController();
    const timer = setTimeout(function () { control.abort(); }, ANSWER_MAX_MS);
    try {
      const answer = await fetch(address, Object.assign({ cache: "no-store", signal: control.signal }, more));
      if (answer.status >= 400) throw new Error(String(answer.status));
      return { status: answer.status, text: await answer.text() };
    } finally {
      clearTimeout(timer);
    }
  }

  async function look() {
    let wait = RESTING_MS;
    try {
      const answer = await ask(data.status + "?seen=" + encodeURIComponent(version));
      const told = answer.status === 200 ? JSON.parse(answer.text).version : version;
      if (isPairing) {
        if (told !== version) return location.reload();
      } else if (told === "" || told === "waiting") {
        // Unpaired: nothing may be seen from here on, not even until the next page has come.
        empty();
        return location.reload();
      } else if (told !== version || isWanted) {
        await bring();
      }
      heard = Date.now();
    } catch (error) {
      // Said by tick as soon as it has lasted.
      wait = SHOWN_MS;
    }
    setTimeout(look, isPairing ? Number(data.every) * 1000 : Math.min(wait, pace()));
  }

  function pace() {
    if (isLost || screen.querySelector("[data-code]")) return SHOWN_MS;
    return Date.now() - changed < WORKING_FOR_MS ? SHOWN_MS : RESTING_MS;
  }

  async function bring() {
    const answer = await ask(data.now + "?done=" + encodeURIComponent(done));
    if (answer.status !== 200) return location.reload();
    const part = new DOMParser().parseFromString(answer.text, "text/html").getElementById("part");
    if (!part) throw new Error("no part");
    version = part.dataset.version;
    isLost = isWanted = false;
    began = heard = changed = Date.now();
    show(part, part.dataset.state, part.dataset.said);
    if (state === "paid" && paidFor !== part.dataset.showing) thank(part.dataset.showing);
    tick();
  }

  // The green stays long enough to be read, and not until the next patient stands there.
  function thank(showing) {
    paidFor = showing;
    setTimeout(function () {
      done = showing;
      isWanted = true;
    }, PAID_MS);
  }

  // Header and frame stay; what a person reads is replaced whole.
  function show(part, newState, words) {
    const main = screen.querySelector("main");
    const footer = screen.querySelector("footer");
    main.replaceWith(part.querySelector("main"));
    footer.replaceWith(part.querySelector("footer"));
    screen.className = "display display--" + newState;
    state = newState;
    if (words !== said) announce.textContent = words;
    said = words;
  }

  function empty() {
    const main = screen.querySelector("main");
    if (main) main.replaceChildren();
  }

  function lost() {
    if (isLost) return;
    isLost = true;
    version = NOTHING;
    const part = document.getElementById("lost").content.cloneNode(true);
    show(part, "lost", data.lost);
  }

  function clockText(seconds) {
    return String(Math.floor(seconds / 60)).padStart(2, "0") + ":" + String(seconds % 60).padStart(2, "0");
  }

  function tick() {
    if (!isPairing && Date.now() - heard > LOST_AFTER_MS + (pace() === RESTING_MS ? RESTING_MS : 0)) lost();
    const passed = Math.floor((Date.now() - began) / 1000);
    for (const element of screen.querySelectorAll("[data-left]")) {
      const left = Math.max(0, Number(element.dataset.left) - passed);
      if (element.tagName === "PROGRESS") element.value = left;
      else element.textContent = clockText(left);
      if (left === 0 && !isWanted) end();
    }
  }

  // An ended code is never shown, whatever the network does.
  function end() {
    isWanted = true;
    const part = document.getElementById("ended").content.cloneNode(true);
    show(part, "expired", data.ended);
  }

  // For the light on the desk. The form's token may be of a session that has ended since.
  async function beHere() {
    try {
      const answer = await fetch(data.seen, { method: "POST", headers: { "X-Form-Token": data.token }, cache: "no-store" });
      if (answer.status === 403) location.reload();
    } catch (error) {
      // The questions for the version tell what a person must know.
      return;
    }
  }

  window.addEventListener("pageshow", function (event) {
    if (event.persisted) location.reload();
  });
  if (!isPairing) {
    setInterval(tick, 250);
    setInterval(beHere, Number(data.every) * 1000);
    beHere();
  }
  look();
})();
