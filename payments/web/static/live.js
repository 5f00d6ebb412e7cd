// Keeps a waiting page true: asks for its version, and replaces the parts that changed.
// Without this script the page has a link "check again".
"use strict";
(function () {
  const main = document.querySelector("main[data-live]");
  const announce = document.getElementById("announce");
  if (!main) return;
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

  async function ask() {
    asked += 1;
    const every = document.hidden ? 5 : Number(main.dataset.every);
    if (isBusy || asked % every) return;
    isBusy = true;
    try {
      const address = main.dataset.live + "?seen=" + encodeURIComponent(main.dataset.version);
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

  async function replaceParts() {
    const answer = await fetch(location.href, { headers: { "X-Vienphi-Live": "1" }, cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const freshMain = fresh.querySelector("main[data-live]");
    if (!freshMain) return location.reload();
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
    main.dataset.version = freshMain.dataset.version;
    main.dataset.every = freshMain.dataset.every;
    began = performance.now();
    const said = document.querySelector(".bar p");
    if (said && announce && announce.textContent !== said.innerText) announce.textContent = said.innerText;
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

  document.addEventListener("keydown", function (event) {
    const target = document.querySelector('[data-key="' + event.key + '"]');
    if (!target || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    target.click();
  });
  setInterval(tick, 500);
  setInterval(ask, 1000);
})();
