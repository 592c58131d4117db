// The review desk by keyboard: j and k walk, a letter decides what has the focus, u takes the last decision back.
const rows = [...document.querySelectorAll(".mh-review")];
const press = (button) => { if (button) { button.focus(); button.click(); } };

function walk(step) {
  const at = rows.indexOf(document.activeElement?.closest(".mh-review"));
  const next = rows[at < 0 ? 0 : Math.min(Math.max(at + step, 0), rows.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (key) => {
  if (key.ctrlKey || key.metaKey || key.altKey || key.target.closest("input, textarea, select")) return;
  if (key.key === "j" || key.key === "k") return walk(key.key === "j" ? 1 : -1);
  const here = document.activeElement?.closest(".mh-review");
  const button = here?.querySelector(`[data-letter="${CSS.escape(key.key)}"]`);
  if (button) return press(button);
  if (key.key === "u") press(document.getElementById("review-undo"));
});
// One decision at a time: a second press would be told that it is decided already.
for (const form of document.querySelectorAll(".mh-decide")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
}
// After a decision the next one is at hand.
if (document.querySelector(".mh-done")) rows[0]?.focus({ preventScroll: true });
