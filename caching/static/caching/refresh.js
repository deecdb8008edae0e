// Cards that the server draws, the charts, are taken from a fresh copy of the page when they may have changed.

const DRAWN = "[data-drawn]";
const APART = 5_000;

let asked = 0;

// Never while somebody is in the card: nothing may be taken away under a reader's hands.
export async function refreshDrawn() {
  if (Date.now() - asked < APART) return;
  asked = Date.now();
  const response = await fetch(window.location.pathname, { cache: "no-store" }).catch(() => null);
  if (!response?.ok || response.redirected) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const card of document.querySelectorAll(DRAWN)) {
    const drawn = fresh.getElementById(card.id);
    if (!drawn || card.contains(document.activeElement) || card.matches(":hover")) continue;
    for (const details of card.querySelectorAll("details[open]")) {
      const same = drawn.querySelector(`[data-details="${details.dataset.details}"]`);
      if (same) same.open = true;
    }
    card.replaceWith(document.importNode(drawn, true));
  }
}
