// Keeps the moving part of the page up to date. The page works without it.
const EVERY_MS = 1_000;
const live = document.getElementById('live');

async function update() {
  if (document.hidden) return;
  try {
    const answer = await fetch('/live', { signal: AbortSignal.timeout(5_000) });
    if (!answer.ok) return;
    const html = await answer.text();
    // Only what changed, so that a selection or the keyboard's place survives.
    if (html !== update.shown) live.innerHTML = html;
    update.shown = html;
  } catch {
    // The shop is restarting, say. The next round tries again.
  }
}

if (live) {
  (async function repeat() {
    await update();
    setTimeout(repeat, EVERY_MS);
  })();
  // The notice of one form should not come back with a reload.
  if (location.search) history.replaceState(null, '', location.pathname);
}
