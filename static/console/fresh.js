// While something of the part marked data-fresh runs, take that part from a fresh copy of this page.
(() => {
  // The theme's script would write the name of a chosen file into a text field that only its own widget has.
  for (const input of document.querySelectorAll(".mh input[type=file]")) input.hasChangeListener = true;
  const part = (page) => page.querySelector("[data-fresh]");
  const ask = async () => {
    const here = part(document);
    if (!here?.hasAttribute("data-running")) return;
    const answer = await fetch(location.href).catch(() => null);
    if (answer?.ok && !here.contains(document.activeElement)) {
      const fresh = part(new DOMParser().parseFromString(await answer.text(), "text/html"));
      if (fresh) here.replaceWith(fresh);
      for (const bar of document.querySelectorAll("[data-fresh] [data-width]")) bar.style.width = `${bar.dataset.width}%`;
      for (const bar of document.querySelectorAll("[data-fresh] [data-height]")) bar.style.height = `${bar.dataset.height}%`;
    }
    setTimeout(ask, 1500);
  };
  setTimeout(ask, 1000);
})();
