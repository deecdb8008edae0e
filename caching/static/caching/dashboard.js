// The dashboard: the server made its first state; from here on events, snapshots or polling keep it right.

import { Buttons } from "./buttons.js";
import { Facts } from "./facts.js";
import { Link } from "./link.js";
import { attribute, field, show, write } from "./page.js";
import { refreshDrawn } from "./refresh.js";
import { showAll, showTimes } from "./show.js";
import { files } from "./words.js";

const LINK_WORDS = {
  connecting: "Connecting …",
  live: "Live",
  reconnecting: "Reconnecting …",
  out: "Signed out",
};
const WANTED = [
  "status", "stats", "cycle_start", "cycle_progress", "cycle_complete", "operation_progress", "operation_complete",
  "session_start", "session_update", "session_end",
];
const TIMES_EVERY = 5_000;

const start = JSON.parse(document.getElementById("dashboard-start").textContent);
LINK_WORDS.polling = `Polling every ${start.poll_seconds === 1 ? "second" : `${start.poll_seconds} seconds`}`;
const facts = new Facts(start.snapshot);
const link = new Link({ wanted: WANTED, pollEvery: start.poll_seconds * 1000, heard, polled, changed });
const buttons = new Buttons({ facts, words: start.words, csrf: start.csrf, asked: () => link.ask(), out: () => link.signedOut() });
let drawing = false;
let told = facts.cycle;
let playing = facts.sessions.length;

function heard(event) {
  if (facts.take(event)) link.ask();
  draw();
}

function polled(snapshot) {
  facts.connected(snapshot);
  draw();
}

function changed(state) {
  const indicator = document.getElementById("link");
  attribute(indicator, "data-state", state);
  write(field(indicator, "text"), LINK_WORDS[state]);
  show(document.getElementById("signed-out"), state === "out");
}

function draw() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    showAll(facts, start);
    buttons.show();
    tell();
    redraw();
  });
}

// Says once that a cycle begins or ends. Progress is not read out: it would never stop talking.
function tell() {
  const cycle = facts.cycle;
  const before = told;
  told = cycle;
  if (cycle === null || (before?.id === cycle.id && before.state === cycle.state)) return;
  if (cycle.state === "running") buttons.say(cycle.dry_run ? "A preview is running." : "A cycle is running.");
  else if (cycle.state !== "queued") {
    buttons.say(ending(cycle));
    refreshDrawn();
  }
}

// What was played to its end changes the charts as well.
function redraw() {
  if (facts.sessions.length < playing) refreshDrawn();
  playing = facts.sessions.length;
}

function ending(cycle) {
  const words = start.words.cycles[cycle.state];
  if (cycle.dry_run) return `${words}. It was a preview: nothing was touched.`;
  if (cycle.state === "failed") return `${words}.`;
  return `${words}: ${files(cycle.files_cached)} cached, ${files(cycle.files_restored)} restored.`;
}

changed("connecting");
draw();
link.open();
setInterval(() => showTimes(facts.now()), TIMES_EVERY);
window.addEventListener("online", () => link.hurry());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && link.hurry());
window.addEventListener("focus", () => link.state !== "live" && link.hurry());
