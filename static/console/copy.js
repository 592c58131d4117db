// Bars get their size from data attributes (no inline styles), and whatever has data-copy copies it on click.
document.addEventListener("DOMContentLoaded", () => {
  for (const bar of document.querySelectorAll(".mh [data-width]")) bar.style.width = `${bar.dataset.width}%`;
  for (const bar of document.querySelectorAll(".mh [data-height]")) bar.style.height = `${bar.dataset.height}%`;
  document.addEventListener("click", async (click) => {
    const source = click.target.closest("[data-copy]");
    if (!source || !navigator.clipboard) return;
    await navigator.clipboard.writeText(source.dataset.copy);
    const title = source.title;
    source.title = "Copied";
    setTimeout(() => (source.title = title), 1500);
  });
});
