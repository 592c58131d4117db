// Verify: ask for page after page of each chain, and show how far it is and what was found.
const box = document.getElementById("chains");
const button = document.getElementById("chains-check");

function show(row, text, share, bad) {
  row.querySelector(".mh-bar i").style.width = `${share}%`;
  row.querySelector("[role=progressbar]").ariaValueNow = share;
  const result = row.querySelector(".mh-result");
  result.textContent = text;
  result.classList.toggle("mh-error", bad);
}

async function check(row) {
  for (let since = 0; since !== null;) {
    const answer = await fetch(`${box.dataset.url}?chain=${row.dataset.chain}&since=${since}`);
    if (!answer.ok) throw new Error(answer.status);
    const told = await answer.json();
    const share = told.total ? Math.round((100 * told.checked) / told.total) : 100;
    const number = told.checked.toLocaleString("en");
    if (!told.intact) return show(row, `Broken at ${told.broken.seq}: ${told.broken.detail}.`, share, true);
    show(row, told.complete ? `Whole: ${number} facts are as they were told.` : `${number} so far`, share, false);
    since = told.next_since;
  }
}

button.addEventListener("click", async () => {
  button.disabled = true;
  for (const row of box.querySelectorAll("[data-chain]")) {
    try { await check(row); } catch { show(row, "The server did not answer; try again.", 0, true); }
  }
  button.disabled = false;
});
