// Shows the facts on the page. Each function fills one part of it in place.

import { ago, at, bytes, files, timeLeft, until } from "./words.js";
import { sessionKey } from "./facts.js";
import { attribute, field, fill, moment, part, rows, show, write } from "./page.js";

const section = (name) => document.getElementById(name);

export function showAll(facts, start) {
  showHealth(facts, start);
  showCycle(facts, start);
  showOperations(facts, start);
  showCaches(facts);
  showPlaying(facts, start);
  showNext(facts);
  showActivity(facts, start);
  showRecent(facts, start);
  showTimes(facts.now());
}

// Times grow old while nothing else changes.
export function showTimes(now) {
  for (const element of document.querySelectorAll(".dashboard time[datetime]")) {
    const when = Date.parse(element.dateTime);
    write(element, element.hasAttribute("data-until") ? until(when, now) : ago(when, now));
    if (element.hasAttribute("title")) attribute(element, "title", at(when));
  }
}

function showHealth(facts, { words, pages }) {
  const health = section("health");
  attribute(health, "data-level", facts.health);
  write(health, words.health[facts.health]);
  rows(section("problems"), facts.problems, {
    key: (problem) => problem.message,
    template: "row-problem",
    fill(row, problem) {
      attribute(row, "data-level", problem.level);
      fill(row, { word: words.levels[problem.level], message: problem.message, link: pages[problem.page].text });
      attribute(field(row, "link"), "href", pages[problem.page].href);
    },
  });
}

function showCycle(facts, { words, pages }) {
  const card = section("cycle");
  const cycle = facts.cycle;
  show(part(card, "none"), cycle === null);
  show(part(card, "any"), cycle !== null);
  show(field(card, "page"), cycle !== null);
  show(field(card, "preview"), Boolean(cycle?.dry_run));
  if (cycle === null) return;
  const running = cycle.state === "running";
  const comparing = cycle.phase === "plan" && cycle.items_total > 0;
  const now = comparing ? words.comparing : words.phases[cycle.phase];
  const page = `${pages.cycle.href}${cycle.id}/change/`;
  fill(card, {
    headline: running ? now : words.cycles[cycle.state],
    cached: cycle.files_cached,
    restored: cycle.files_restored,
    "finished-at": cycle.finished_at ? at(Date.parse(cycle.finished_at)) : "",
    items: cycle.items_total ? `${cycle.items_processed} of ${files(cycle.items_total)}` : "",
  });
  if (cycle.bytes_cached !== undefined) write(field(card, "size"), bytes(cycle.bytes_cached));
  for (const link of ["page", "preview-page"]) attribute(field(card, link), "href", page);
  moment(field(card, "started"), cycle.started_at);
  moment(field(card, "finished"), cycle.finished_at);
  show(field(card, "started-line"), running && Boolean(cycle.started_at));
  show(field(card, "finished-line"), !facts.working && Boolean(cycle.finished_at));
  show(field(card, "untouched"), cycle.dry_run && !facts.working);
  show(field(card, "facts"), !cycle.dry_run);
  show(field(card, "steps"), running);
  showPhases(field(card, "phases"), running, cycle.phase);
  const bar = field(card, "bar");
  attribute(bar, "max", cycle.items_total || 1);
  if (cycle.items_total) attribute(bar, "value", cycle.items_processed);
  else bar.removeAttribute("value");
}

// What is before the present phase is done, what is behind it is ahead.
function showPhases(list, running, phase) {
  show(list, running);
  let state = list.querySelector(`[data-step="${phase}"]`) ? "done" : "ahead";
  for (const step of list.children) {
    const now = step.dataset.step === phase;
    attribute(step, "data-state", now ? "now" : state);
    if (now) {
      attribute(step, "aria-current", "step");
      state = "ahead";
    } else step.removeAttribute("aria-current");
  }
}

function showOperations(facts, { words, pages, waiting_shown: shown }) {
  const card = section("operations");
  const hadFocus = card.contains(document.activeElement);
  const all = [...facts.operations.values()].sort((one, other) => one.operation_id - other.operation_id);
  const running = all.filter((row) => row.started);
  const waiting = all.filter((row) => !row.started);
  show(part(card, "none"), all.length === 0);
  show(part(card, "queue"), waiting.length > 0);
  show(part(card, "more"), waiting.length > shown);
  write(part(card, "more"), `and ${waiting.length - shown} more`);
  const key = (row) => row.operation_id;
  const common = (row, operation) => {
    attribute(row, "data-type", operation.operation_type);
    attribute(field(row, "title"), "href", `${pages.operations.href}${operation.operation_id}/change/`);
    const title = operation.title || operation.file_name;
    fill(row, { title, kind: words.kinds[operation.operation_type], reason: operation.reason });
    attribute(field(row, "cancel"), "aria-label", `Cancel: ${title}`);
  };
  rows(part(card, "running"), running, {
    key,
    template: "row-operation",
    fill(row, operation) {
      common(row, operation);
      showProgress(row, operation);
    },
  });
  rows(part(card, "waiting"), waiting.slice(0, shown), {
    key,
    template: "row-waiting",
    fill(row, operation) {
      common(row, operation);
      write(field(row, "size"), bytes(operation.bytes_total));
    },
  });
  // A row that ends takes its button along: the keyboard goes on from the card's heading.
  if (hadFocus && !card.contains(document.activeElement)) section("operations-heading").focus();
}

function showProgress(row, operation) {
  const { bytes_transferred: copied, bytes_total: total, speed_bytes_per_sec: speed } = operation;
  const checking = copied >= total;
  fill(row, {
    percent: Math.floor(operation.progress_percent),
    bytes: `${bytes(copied)} of ${bytes(total)}`,
    speed: checking || !speed ? "" : `${bytes(speed)}/s`,
    left: checking ? "Checking the copy" : timeLeft(operation.eta_seconds),
    file: operation.title ? operation.file_name : "",
  });
  show(field(row, "file"), Boolean(operation.title));
  attribute(field(row, "bar"), "value", operation.progress_percent);
  attribute(field(row, "bar"), "aria-label", operation.title || operation.file_name);
}

function showCaches(facts) {
  const card = section("caches");
  fill(card, { files: files(facts.stats.files_cached), bytes: `${bytes(facts.stats.bytes_cached)} on the SSD` });
  show(part(card, "none"), facts.stats.caches.length === 0);
  rows(part(card, "caches"), facts.stats.caches, { key: (cache) => cache.id, template: "row-cache", fill: showCache });
}

function showCache(row, { path, present, used, total, free, limit, error }) {
  const of = limit ? `of the limit of ${bytes(limit)}` : `of the disk's ${bytes(total)}`;
  const usedText = `${bytes(used)} ${present ? of : "of cached files"}`;
  const freeText = limit ? `${bytes(free)} free on the disk of ${bytes(total)}` : `${bytes(free)} free`;
  const others = limit ? 0 : Math.max(0, total - free - used);
  fill(row, { path, used: usedText, others: `${bytes(others)} of other files`, free: freeText, error });
  show(field(row, "others-line"), present && others > 0);
  show(field(row, "free-line"), present);
  show(field(row, "absent"), !present);
  const meter = field(row, "meter");
  meter.toggleAttribute("hidden", !present);
  attribute(meter, "aria-label", usedText);
  const usedShare = share(used, limit || total);
  attribute(field(row, "used-bar"), "width", usedShare);
  attribute(field(row, "others-bar"), "x", usedShare);
  attribute(field(row, "others-bar"), "width", share(others, total));
}

function share(some, whole) {
  return `${whole ? Math.min(100, (100 * some) / whole).toFixed(2) : 0}%`;
}

function showPlaying(facts, { words }) {
  const card = section("playing");
  const word = watchingWord(facts.watching);
  const note = part(card, "note");
  write(note, words.playing[word]);
  show(note, word !== "idle" || facts.sessions.length === 0);
  rows(part(card, "sessions"), facts.sessions, {
    key: sessionKey,
    template: "row-session",
    fill(row, session) {
      const parts = [session.user, session.player, words.states[session.state], session.transcoded ? "transcoded" : ""];
      attribute(row, "data-served", session.served);
      fill(row, { title: session.title, who: parts.filter(Boolean).join(" · "), served: words.served[session.served] });
      show(field(row, "served"), session.served !== "");
    },
  });
}

function watchingWord({ enabled, error, alive }) {
  if (!enabled) return "off";
  return error || !alive ? "unknown" : "idle";
}

function showNext(facts) {
  rows(part(section("next"), "schedules"), facts.schedules, {
    key: (schedule) => schedule.name,
    template: "row-next",
    fill(row, schedule) {
      const next = field(row, "next");
      write(field(row, "title"), schedule.title);
      attribute(field(row, "run"), "aria-label", `Do now: ${schedule.title}`);
      titled(next, schedule.next_at);
      show(next, schedule.next_at !== null);
      show(field(row, "off"), schedule.next_at === null);
    },
  });
}

function showActivity(facts, { words }) {
  const card = section("activity");
  show(part(card, "none"), facts.activity.length === 0);
  rows(part(card, "activity"), facts.activity, {
    key: (entry) => entry.id,
    template: "row-activity",
    fill(row, entry) {
      attribute(row, "data-level", entry.level);
      fill(row, { word: words.happened[entry.kind], message: entry.message });
      attribute(field(row, "message"), "href", entry.page);
      titled(field(row, "at"), entry.at);
    },
  });
}

// A moment whose title tells it in full.
function titled(element, iso) {
  moment(element, iso);
  if (!element.hasAttribute("title")) attribute(element, "title", "");
}

function showRecent(facts, { words, pages }) {
  const card = section("recent");
  show(part(card, "none"), facts.recent.length === 0);
  rows(part(card, "recent"), facts.recent, {
    key: (row) => row.operation_id,
    template: "row-recent",
    fill(row, operation) {
      const done = operation.state === "done";
      attribute(row, "data-state", operation.state);
      attribute(field(row, "title"), "href", `${pages.operations.href}${operation.operation_id}/change/`);
      fill(row, {
        word: done ? words.done[operation.operation_type] : words.undone[operation.state],
        title: operation.title || operation.file_name,
        size: bytes(operation.bytes_total),
        outcome: operation.outcome || operation.reason,
      });
      titled(field(row, "finished"), operation.finished_at);
    },
  });
}
