// The page of logs: the server made its first lines; from here on a socket adds what is logged.

import { Link } from "./link.js";
import { attribute, field, show, write } from "./page.js";

const LINK_WORDS = {
  connecting: "Connecting …",
  live: "Live",
  polling: "Polling every 5 seconds",
  reconnecting: "Reconnecting …",
  out: "Signed out",
};
const MOST = 1000;
const CATCH_UP_AFTER = 3_000;

const start = JSON.parse(document.getElementById("logs-start").textContent);
const list = document.getElementById("lines");
const template = document.getElementById("log-line").content.firstElementChild;
const hold = document.getElementById("hold");
const least = start.levels.indexOf(start.level);
const search = start.search.toLocaleLowerCase();
const moment = new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium" });
const known = new Set(); // what is shown: a line can come by the socket and by a refresh
let waiting = [];
let held = false;
let missed = false;
let catchUp;

// `status` is heard as well: its answers show that the connection lives.
const link = new Link({ wanted: ["log", "status"], heard, polled: refresh, changed });

function isWanted(entry) {
  if (start.levels.indexOf(entry.level) < least) return false;
  return !search || entry.message.toLocaleLowerCase().includes(search) || entry.logger.toLocaleLowerCase().includes(search);
}

function heard({ type, data }) {
  if (type !== "log") return;
  if (data.skipped) missed = true;
  if (missed) catchUp ??= setTimeout(refresh, CATCH_UP_AFTER);
  if (!isWanted(data)) return;
  waiting.push(data);
  if (waiting.length > MOST) waiting.shift();
  draw();
}

function key(entry) {
  return `${entry.time} ${entry.process} ${entry.message}`;
}

function made(entry) {
  const row = template.cloneNode(true);
  row.dataset.level = entry.level;
  row.dataset.key = key(entry);
  known.add(row.dataset.key);
  attribute(field(row, "time"), "datetime", entry.time);
  write(field(row, "time"), moment.format(new Date(entry.time)));
  for (const name of ["level", "logger", "message"]) write(field(row, name), entry[name]);
  return row;
}

function draw() {
  write(document.getElementById("held"), held && waiting.length ? `${waiting.length} new since the pause.` : "");
  if (held) return;
  // Whoever reads further down keeps the place.
  const place = list.scrollTop ? list.scrollHeight - list.scrollTop : 0;
  for (const entry of waiting) if (!known.has(key(entry))) list.prepend(made(entry));
  waiting = [];
  while (list.children.length > MOST) {
    known.delete(list.lastElementChild.dataset.key);
    list.lastElementChild.remove();
  }
  if (place) list.scrollTop = list.scrollHeight - place;
  show(document.getElementById("empty"), list.children.length === 0);
}

// All of it anew: after a connection was lost, lines came that nobody told of.
async function refresh() {
  clearTimeout(catchUp);
  catchUp = undefined;
  if (held) {
    missed = true;
    return;
  }
  const query = new URLSearchParams({ level: start.level, search: start.search, limit: start.shown });
  const answer = await fetch(`/api/logs?${query}`, { cache: "no-store" })
    .then((response) => (response.ok ? response.json() : null))
    .catch(() => null);
  if (!answer) return;
  missed = false;
  waiting = [];
  known.clear();
  list.replaceChildren(...answer.data.items.map(made));
  draw();
}

function changed(state) {
  const place = document.getElementById("link");
  attribute(place, "data-state", state);
  write(field(place, "text"), LINK_WORDS[state]);
  show(document.getElementById("signed-out"), state === "out");
  if (state === "live") refresh();
}

hold.addEventListener("click", () => {
  held = !held;
  attribute(hold, "aria-pressed", held);
  write(field(hold, "icon"), held ? "play_arrow" : "pause");
  write(field(hold, "text"), held ? "Go on" : "Pause");
  if (!held && missed) refresh();
  draw();
});

for (const time of list.querySelectorAll("time")) write(time, moment.format(new Date(time.dateTime)));
show(hold, true);
link.open();
document.addEventListener("visibilitychange", () => document.hidden || link.hurry());
window.addEventListener("online", () => link.hurry());
