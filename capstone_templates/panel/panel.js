// Keys for those who score many works; the page does all it does without this file.
"use strict";
const form = document.getElementById("scores");
const criteria = [...form.querySelectorAll("fieldset.criterion")];
const chosen = (one) => one.querySelector("input[type=radio]:checked");
document.querySelector(".keys").hidden = false;

function count() {
  document.getElementById("open").textContent = criteria.filter((one) => !chosen(one)).length;
  for (const one of criteria) one.classList.toggle("open", !chosen(one));
}

form.addEventListener("change", count);
document.addEventListener("keydown", (event) => {
  const writing = event.target.matches("textarea, input:not([type=radio])");
  if (writing || event.ctrlKey || event.metaKey || event.altKey) return;
  const here = document.activeElement.closest("fieldset.criterion");
  if (/^[0-4]$/.test(event.key)) {
    const level = (here || criteria.find((one) => !chosen(one)) || criteria[0]).querySelector(`input[value="${event.key}"]`);
    level.focus();
    level.checked = true;
    count();
    event.preventDefault();
  } else if (event.key === "n") {
    const from = criteria.indexOf(here) + 1;
    const next = [...criteria.slice(from), ...criteria.slice(0, from)].find((one) => !chosen(one));
    if (next) {
      next.querySelector("input[type=radio]").focus();
      next.scrollIntoView({ block: "start" });
    }
    event.preventDefault();
  }
});
count();
