// What is known to be true: the latest snapshot, kept up to date by events. Rows are the truth, events are hints, so
// every snapshot replaces what the events said.

const FINISHED = new Set(["done", "aborted", "conflict"]);
const RECENT = 20;
const REMEMBERED = 500;

export class Facts {
  constructor(snapshot) {
    this.ended = new Set();
    this.operations = new Map();
    this.connected(snapshot);
  }

  // A snapshot of the socket lacks the statistics: they follow in a message of their own.
  connected(snapshot) {
    this.health = snapshot.health;
    this.paused = snapshot.paused;
    this.problems = snapshot.problems;
    this.cycle = snapshot.cycle;
    this.recent = snapshot.recent;
    this.stats = snapshot.stats ?? this.stats;
    this.sessions = snapshot.sessions;
    this.watching = snapshot.watching;
    this.activity = snapshot.activity;
    this.schedules = snapshot.schedules;
    this.ahead = Date.parse(snapshot.time) - Date.now();
    for (const row of this.recent) this.#remember(row.operation_id);
    const known = this.operations;
    this.operations = new Map(snapshot.operations.map((row) => [row.operation_id, newer(row, known)]));
  }

  // The server's time now, in milliseconds.
  now() {
    return Date.now() + this.ahead;
  }

  get working() {
    return this.cycle !== null && (this.cycle.state === "running" || this.cycle.state === "queued");
  }

  // Takes an event in. True when only a snapshot can tell the rest of it.
  take({ type, timestamp, data }) {
    if (type === "status") this.connected(data);
    else if (type === "stats") this.stats = data;
    else if (type === "cycle_progress") return this.#cycle(data, "running");
    else if (type === "cycle_complete") return this.#cycle(data, data.state);
    else if (type === "operation_progress") return this.#progress(data);
    else if (type === "operation_complete") return this.#complete(data, timestamp);
    else if (type === "session_start") return true;
    else if (type === "session_update") return this.#session(data);
    else if (type === "session_end") this.sessions = this.sessions.filter((row) => sessionKey(row) !== sessionKey(data));
    return false;
  }

  #cycle(data, state) {
    if (this.cycle?.id !== data.cycle_id) return true;
    this.cycle = { ...this.cycle, ...data, state };
    return false;
  }

  // Where its file lay is only told by a snapshot.
  #session(data) {
    const known = this.sessions.some((row) => sessionKey(row) === sessionKey(data));
    this.sessions = this.sessions.map((row) => (sessionKey(row) === sessionKey(data) ? { ...row, ...data } : row));
    return !known;
  }

  #progress(data) {
    const id = data.operation_id;
    if (this.ended.has(id)) return false;
    const unknown = !this.operations.has(id);
    this.operations.set(id, newer({ ...data, started: true }, this.operations));
    return unknown;
  }

  #complete(data, timestamp) {
    if (!FINISHED.has(data.state)) {
      this.operations.set(data.operation_id, { ...data, started: true });
      return true; // it waits, perhaps from the start again: a snapshot tells whether it has begun
    }
    this.operations.delete(data.operation_id);
    this.#remember(data.operation_id);
    const others = this.recent.filter((row) => row.operation_id !== data.operation_id);
    this.recent = [{ ...data, finished_at: timestamp }, ...others].slice(0, RECENT);
    return false;
  }

  // A late event about an operation that has ended must not bring it back.
  #remember(id) {
    this.ended.add(id);
    if (this.ended.size > REMEMBERED) this.ended.delete(this.ended.values().next().value);
  }
}

// A player that goes on with another item plays something new.
export function sessionKey(row) {
  return `${row.session_key} ${row.rating_key}`;
}

// Rows are written once a second and events come four times a second: never let a bar go backwards.
function newer(row, known) {
  const before = known.get(row.operation_id);
  return before && before.bytes_transferred > row.bytes_transferred ? { ...before, state: row.state } : row;
}
