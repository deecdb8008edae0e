// Shows what the rule in the form hits, below the form and without saving it.

const button = document.getElementById("rule-preview");
const said = document.getElementById("rule-said");
const hits = document.getElementById("rule-hits");

button.addEventListener("click", async (event) => {
  event.preventDefault();
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  said.textContent = "Looking …";
  const address = new URL(button.formAction);
  address.searchParams.set("fragment", "1");
  try {
    const answer = await fetch(address, { method: "POST", body: new FormData(button.form) });
    if (answer.redirected || !answer.ok) throw new Error(String(answer.status));
    // Made by Cacherr's own template, which escapes what it shows.
    hits.innerHTML = await answer.text();
    // One sentence is read out; the rest is there to be looked through.
    said.textContent = (hits.querySelector("h2, .dash-alert > :last-child") ?? hits).textContent.trim();
    hits.scrollIntoView({ block: "start" });
  } catch {
    hits.replaceChildren();
    said.textContent = "Cacherr did not answer as it should. Is the login still good? Try again.";
  }
  button.removeAttribute("aria-disabled");
});
