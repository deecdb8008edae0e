// The button beside a sign-in link: copies it, or where the browser does not allow that (plain http), selects it.

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copies]");
  if (!button) return;
  const field = document.getElementById(button.dataset.copies);
  field.select();
  if (!navigator.clipboard) return;
  await navigator.clipboard.writeText(field.value);
  document.getElementById(button.getAttribute("aria-describedby")).textContent = "Copied.";
});
