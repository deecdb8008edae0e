// Follows a replay that waits or runs; shows its result as soon as there is one.

import { attribute, write } from "./page.js";

const EVERY = 2_000;
const live = document.getElementById("replay-live");
const said = document.getElementById("replay-said");
const progress = document.getElementById("replay-progress");

async function look() {
  try {
    const answer = await fetch(live.dataset.at, { headers: { Accept: "application/json" } });
    if (answer.ok) {
      const { data } = await answer.json();
      if (data.state !== "queued" && data.state !== "running") return window.location.reload();
      write(said, data.state === "queued" ? "Waiting for a worker." : "Replaying.");
      attribute(progress, "value", data.progress);
    } else if (answer.status === 404 || answer.status === 401) {
      return window.location.reload();
    }
  } catch {
    write(said, "The connection is lost; trying again.");
  }
  setTimeout(look, EVERY);
}

setTimeout(look, EVERY);
