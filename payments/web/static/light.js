// Keeps the light of the second screens true while a desk waits: a screen that dies must be seen.
// Without this script it is as true as the page.
"use strict";
(function () {
  const light = document.getElementById("screen-light");
  const EVERY_MS = 10000;
  if (!light) return;

  async function look() {
    try {
      const answer = await fetch(light.dataset.light, { headers: { Accept: "application/json" }, cache: "no-store" });
      if (answer.status !== 200) return;
      const fresh = new DOMParser().parseFromString((await answer.json()).light, "text/html").body.firstElementChild;
      // The same is left alone: a status that is put in again is read aloud again.
      if (fresh && light.firstElementChild.outerHTML !== fresh.outerHTML) light.replaceChildren(fresh);
    } catch (error) {
      // The page's own questions tell that the network is lost; the next one here comes by itself.
      return;
    }
  }

  setInterval(look, EVERY_MS);
})();
