// The live list of runs: taken from a fresh copy of this page every two seconds, held while somebody points at it.
(() => {
  const part = (page) => page.querySelector("[data-live]");
  const state = document.getElementById("runs-state");
  const fresh = document.getElementById("runs-new");
  const held = () => part(document).matches(":hover") || part(document).contains(document.activeElement);
  let waiting = null;

  function tell(className, text) {
    const [dot, words] = state.firstElementChild.children;
    dot.className = `mh-dot ${className}`;
    words.textContent = text;
  }

  function show() {
    if (!waiting) return;
    part(document).replaceWith(waiting);
    waiting = null;
    for (const bar of document.querySelectorAll("[data-live] [data-width]")) bar.style.width = `${bar.dataset.width}%`;
    fresh.hidden = true;
  }

  function hold() {
    const known = new Set([...document.querySelectorAll("[data-run]")].map((row) => row.dataset.run));
    const more = [...waiting.querySelectorAll("[data-run]")].filter((row) => !known.has(row.dataset.run)).length;
    fresh.hidden = more === 0;
    fresh.textContent = `${more} new`;
    tell("mh-waiting", "held while you point at it");
  }

  async function ask() {
    const answer = await fetch(location.href).catch(() => null);
    if (answer?.ok) {
      waiting = part(new DOMParser().parseFromString(await answer.text(), "text/html"));
      if (held()) hold();
      else {
        show();
        tell("mh-open", "live");
      }
    } else tell("mh-closed", "not connected, trying again");
    setTimeout(ask, document.hidden ? 15000 : 2000);
  }

  fresh.onclick = show;
  setTimeout(ask, 1000);
})();
