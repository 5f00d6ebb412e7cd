// Lets keys press the buttons on which they are printed (data-key). Without this script the buttons
// are pressed by Tab and Enter. Keys of one character answer only outside of fields, and not at all
// where a person has switched them off (data-single-keys on the body).
"use strict";
(function () {
  const single = document.body.dataset.singleKeys !== "off";
  const scan = document.getElementById("scan");

  function isTyping() {
    const one = document.activeElement;
    if (!one || one === document.body) return false;
    if (/^(TEXTAREA|SELECT)$/.test(one.tagName) || one.isContentEditable) return true;
    return one.tagName === "INPUT" && !/^(checkbox|radio|button|submit)$/.test(one.type);
  }

  function press(event, target) {
    if (!target || target.disabled || target.getAttribute("aria-disabled") === "true") return;
    event.preventDefault();
    // A key that is held down is one key.
    if (!event.repeat) target.click();
  }

  function bearing(key) {
    return document.querySelector('[data-key="' + key + '"]');
  }

  document.addEventListener("keydown", function (event) {
    if (event.defaultPrevented || event.metaKey || event.isComposing || document.querySelector("dialog[open]")) return;
    if (event.altKey) {
      const place = /^Digit([1-7])$/.exec(event.code);
      if (place && !event.ctrlKey && !event.shiftKey) press(event, document.querySelectorAll(".rail a:not(.rail__low)")[Number(place[1]) - 1]);
      return;
    }
    if (event.ctrlKey) {
      if (event.key === "Enter") press(event, bearing("Ctrl+Enter") || document.querySelector("main .btn--main"));
      return;
    }
    if (event.key === "Enter") {
      const one = document.activeElement;
      if (!one || one === document.body || one.tagName === "MAIN") press(event, bearing("Enter"));
      return;
    }
    if (event.key.length > 1) {
      if (/^(F[0-9]+|Escape)$/.test(event.key)) press(event, bearing(event.key));
      return;
    }
    if (!single || isTyping()) return;
    if (event.key === "/" && scan) {
      event.preventDefault();
      scan.focus();
    } else if (/^[a-z?]$/i.test(event.key)) {
      press(event, bearing(event.key.toLowerCase()));
    }
  });
})();
