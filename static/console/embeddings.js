// The bar of a change of models, read anew while it moves.
const box = document.getElementById("reembed");
const show = (name, value) => { document.getElementById(`reembed-${name}`).textContent = value.toLocaleString("en"); };

async function look() {
  try {
    const answer = await fetch(box.dataset.url);
    if (!answer.ok) return;
    const told = await answer.json();
    if (told.state !== box.dataset.state) return location.reload(); // somebody else took a step
    for (const name of ["done", "total", "waiting"]) show(name, told[name]);
    document.getElementById("reembed-bar").style.width = `${told.share}%`;
    box.querySelector("[role=progressbar]").ariaValueNow = told.share;
    const button = document.getElementById("reembed-switch");
    if (button) button.disabled = told.waiting > 0;
  } catch { /* the server is away; the next look may find it */ }
}

setInterval(() => { if (!document.hidden) look(); }, 2000);
