// Keeps a waiting page true: asks for its version, and replaces the parts that changed.
// Without this script the page has a link "check again".
"use strict";
(function () {
  // The page itself comes first: what it waits for is what a person looks at.
  const watched = Array.from(document.querySelectorAll("[data-live]"));
  const main = document.getElementById("main");
  const announce = document.getElementById("announce");
  if (!watched.length) return;
  const TOAST_MS = 8000;
  const SAID_AFTER_MS = 400;
  const seen = new Map();
  const from = watched[0].dataset.from || location.href;
  let began = performance.now();
  let isBusy = false;
  let wasLost = false;
  let asked = 0;

  function clockText(seconds) {
    const minutes = Math.floor(seconds / 60);
    return String(minutes).padStart(2, "0") + ":" + String(seconds % 60).padStart(2, "0");
  }

  function tick() {
    const passed = Math.floor((performance.now() - began) / 1000);
    for (const element of document.querySelectorAll("[data-left]")) {
      const left = Math.max(0, Number(element.dataset.left) - passed);
      if (element.tagName === "PROGRESS") element.value = left;
      else element.textContent = clockText(left);
      if (left === 0 && element.dataset.refresh && Number(element.dataset.left) > 0) {
        element.removeAttribute("data-refresh");
        refresh();
      }
    }
  }

  function ask() {
    asked += 1;
    for (const one of watched) {
      const every = document.hidden ? 5 : Number(one.dataset.every);
      // One at a time: what both would bring is brought by the first.
      if (!isBusy && asked % every === 0) look(one);
    }
  }

  async function look(one) {
    isBusy = true;
    try {
      const address = one.dataset.live + "?seen=" + encodeURIComponent(one.dataset.version);
      const answer = await fetch(address, { headers: { Accept: "application/json" }, cache: "no-store" });
      if (answer.status === 401) asleep();
      if (answer.status === 403) location.reload();
      if (answer.status === 200) await replaceParts();
      lost(answer.status >= 500);
    } catch (error) {
      lost(true);
    }
    isBusy = false;
  }

  // A reload would lose what was typed: the lock covers the page instead, where there is one.
  function asleep() {
    if (document.getElementById("lock")) document.dispatchEvent(new Event("vienphi:locked"));
    else location.reload();
  }

  async function refresh() {
    if (isBusy) return;
    isBusy = true;
    try {
      await replaceParts();
    } catch (error) {
      lost(true);
    }
    isBusy = false;
  }

  // What is on its way was asked before the change: it may not bring it.
  function refreshSoon() {
    if (isBusy) setTimeout(refreshSoon, 200);
    else refresh();
  }

  async function replaceParts() {
    const wasPaid = isPaid();
    const answer = await fetch(from, { headers: { "X-Vienphi-Live": "1" }, cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!fresh.getElementById(watched[0].id)) return asleep();
    for (const part of document.querySelectorAll("[data-part]")) {
      const next = fresh.getElementById(part.id);
      // Never under a hand that is typing a reason.
      const isTyping = part.contains(document.activeElement) && document.activeElement.tagName === "INPUT";
      if (next && !isTyping && next.innerHTML !== part.innerHTML) {
        const hadFocus = part.contains(document.activeElement);
        part.replaceChildren(...next.childNodes);
        if (hadFocus) main.focus();
      }
    }
    for (const one of watched) {
      const next = fresh.getElementById(one.id);
      if (next) Object.assign(one.dataset, { version: next.dataset.version, every: next.dataset.every });
    }
    began = performance.now();
    showToasts();
    document.dispatchEvent(new Event("vienphi:replaced"));
    if (!wasPaid && isPaid()) toScanBox();
    say();
  }

  // What goes back to the payer comes first: the notes are in the cashier's hand. Then the state,
  // and what is still due: what stands largest on the screen is said too.
  function say() {
    const said = Array.from(document.querySelectorAll("#part-money .change p, #part-money .bar p, #part-money [data-say]"))
      .map(function (one) { return one.innerText.replace(/\s*\n\s*/g, " "); }).join(". ");
    if (said && announce && announce.textContent !== said) announce.textContent = said;
  }

  function isPaid() {
    return document.querySelector("#part-money .bar--ok") !== null;
  }

  // The next patient's card can be scanned at once; a field that somebody fills keeps the focus.
  function toScanBox() {
    const scan = document.getElementById("scan");
    const one = document.activeElement;
    if (scan && !(one && one.tagName === "INPUT" && one.type !== "checkbox" && one.value)) scan.focus();
  }

  // Payments of other patients: each is said once and leaves by itself.
  function showToasts() {
    for (const toast of document.querySelectorAll("[data-toast]")) {
      const id = toast.dataset.toast;
      if (seen.has(id)) {
        if (performance.now() - seen.get(id) > TOAST_MS) toast.remove();
        continue;
      }
      seen.set(id, performance.now());
      setTimeout(function () {
        const again = document.querySelector('[data-toast="' + id + '"]');
        if (again) again.remove();
      }, TOAST_MS);
      if (announce) announce.textContent = toast.innerText;
    }
  }

  function lost(isLost) {
    if (isLost === wasLost) return;
    wasLost = isLost;
    let bar = document.getElementById("lost");
    if (!isLost && bar) bar.remove();
    if (isLost && !bar) {
      bar = document.createElement("p");
      bar.id = "lost";
      bar.className = "toast bar bar--bad";
      bar.setAttribute("role", "alert");
      bar.textContent = main.dataset.lost;
      document.body.append(bar);
    }
  }

  document.addEventListener("vienphi:changed", refreshSoon);
  showToasts();
  // A region that is there and then changes is read; what a page brings along is not.
  setTimeout(say, SAID_AFTER_MS);
  setInterval(tick, 500);
  setInterval(ask, 1000);
})();
