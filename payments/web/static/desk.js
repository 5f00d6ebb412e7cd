// Makes the empty desk quick: filters services while typing, and adds up.
// The amounts that count come from the server; without this script the search button does the rest.
"use strict";
(function () {
  const search = document.getElementById("q");
  const body = document.getElementById("services");
  const form = document.getElementById("issue");
  const rows = body ? Array.from(body.rows) : [];

  function bare(text) {
    return text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/[đĐ]/g, "d").toLowerCase();
  }

  function filter() {
    const wanted = bare(search.value).split(/\s+/).filter(Boolean);
    for (const row of rows) {
      const isChosen = row.querySelector(".check").checked;
      row.hidden = !isChosen && !wanted.every((word) => row.dataset.search.includes(word));
    }
  }

  function grouped(number) {
    return String(number).replace(/\B(?=(\d{3})+$)/g, ".");
  }

  function spanned(text, name) {
    const span = document.createElement("span");
    span.textContent = text;
    span.className = name;
    return span;
  }

  function addUp() {
    let total = 0;
    const lines = [];
    for (const row of rows) {
      const isChosen = row.querySelector(".check").checked;
      const quantity = Number(row.querySelector(".in--few").value);
      row.classList.toggle("is-on", isChosen);
      if (!isChosen) continue;
      total += Number(row.dataset.price) * (Number.isInteger(quantity) && quantity > 0 ? quantity : 0);
      const line = document.createElement("li");
      line.append(spanned(row.querySelector("label").textContent, ""), spanned(quantity + " × " + grouped(Number(row.dataset.price)), "num"));
      lines.push(line);
    }
    document.getElementById("chosen-count").textContent = String(lines.length);
    document.getElementById("chosen").replaceChildren(...lines);
    const unit = document.createElement("i");
    unit.textContent = "đ";
    document.getElementById("estimate").replaceChildren(grouped(total), unit);
  }

  // Enter in the search box picks the first that is left, so that hands stay on the keys.
  search.addEventListener("keydown", function (event) {
    if (event.key !== "Enter" || event.ctrlKey || !search.value.trim()) return;
    const first = rows.find((row) => !row.hidden && !row.querySelector(".check").checked);
    if (!first) return;
    event.preventDefault();
    first.querySelector(".check").checked = true;
    search.value = "";
    filter();
    addUp();
    first.scrollIntoView({ block: "nearest" });
  });
  search.addEventListener("input", filter);
  form.addEventListener("input", function (event) {
    const row = event.target.closest("tr");
    if (row && event.target.classList.contains("in--few")) row.querySelector(".check").checked = true;
    addUp();
  });
  // Enter in another field must not send the form half filled: it goes on to the next field.
  form.addEventListener("keydown", function (event) {
    if (event.key !== "Enter" || event.ctrlKey || event.target === search || event.target.tagName !== "INPUT") return;
    event.preventDefault();
    const fields = Array.from(form.querySelectorAll("input.in"));
    const next = fields[fields.indexOf(event.target) + 1];
    if (next) next.focus();
  });
  filter();
  addUp();
})();
