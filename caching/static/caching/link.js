// The way to the server: a socket that is opened again and again, and polling for as long as it is down.

const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 30_000;
const LONGEST_ANSWER = 4_500;
const ASK_EVERY = 10_000;
const ASK_APART = 1_000;
const SILENT_FOR = 25_000;
const REFUSED = 4401;

export class Link {
  // `heard` gets every event, `polled` every snapshot, `changed` the state: connecting, live, polling, reconnecting or out.
  // `wanted` names the events to hear; `pollEvery` is in milliseconds.
  constructor({ wanted, pollEvery, heard, polled, changed }) {
    this.wanted = wanted;
    this.pollEvery = pollEvery;
    this.heard = heard;
    this.polled = polled;
    this.changed = changed;
    this.state = "connecting";
    this.attempts = 0;
    this.askedAt = 0;
  }

  open() {
    clearTimeout(this.waiting);
    this.socket?.close();
    const address = new URL("/ws/events", window.location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    this.socket = socket;
    socket.onopen = () => socket.send(JSON.stringify({ type: "subscribe", events: this.wanted }));
    socket.onmessage = ({ data }) => socket === this.socket && this.#message(JSON.parse(data));
    socket.onclose = ({ code }) => socket === this.socket && this.#closed(code);
    this.heardAt = Date.now();
    this.checking ??= setInterval(() => this.#check(), ASK_EVERY);
  }

  // Ask for a snapshot: now, or as soon as the last question is a second ago.
  ask() {
    if (this.socket?.readyState !== WebSocket.OPEN || this.asking !== undefined) return;
    const wait = Math.max(0, this.askedAt + ASK_APART - Date.now());
    this.asking = setTimeout(() => {
      this.asking = undefined;
      if (this.socket?.readyState !== WebSocket.OPEN) return;
      this.askedAt = Date.now();
      this.socket.send(JSON.stringify({ type: "status_request" }));
    }, wait);
  }

  // Somebody looks at the page again, or the network is back: no reason to wait any longer.
  hurry() {
    if (this.state === "live") this.ask();
    else this.open();
  }

  signedOut() {
    clearTimeout(this.waiting);
    clearTimeout(this.nextPoll);
    this.nextPoll = undefined;
    this.#change("out");
  }

  #change(state) {
    if (state === this.state) return;
    this.state = state;
    this.changed(state);
  }

  #message(message) {
    this.heardAt = Date.now();
    this.attempts = 0;
    clearTimeout(this.nextPoll);
    this.nextPoll = undefined;
    this.#change("live");
    this.heard(message);
  }

  #closed(code) {
    this.socket = null;
    if (code === REFUSED) {
      this.signedOut();
      return;
    }
    if (this.state !== "polling") this.#change("reconnecting");
    const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.attempts);
    this.attempts += 1;
    this.waiting = setTimeout(() => this.open(), Math.max(FIRST_WAIT, longest * (0.5 + Math.random() / 2)));
    if (this.nextPoll === undefined) this.#poll();
  }

  // A connection can be dead without anybody saying so: after a sleep, or when a cable was pulled.
  #check() {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    if (Date.now() - this.heardAt < SILENT_FOR) this.ask();
    else this.open();
  }

  async #poll() {
    this.nextPoll = setTimeout(() => this.#poll(), this.pollEvery);
    const mine = this.nextPoll;
    const answer = await fetch("/api/status", { cache: "no-store", signal: AbortSignal.timeout(Math.max(LONGEST_ANSWER, this.pollEvery - 500)) })
      .then(async (response) => ({ status: response.status, body: response.ok ? await response.json() : null }))
      .catch(() => null);
    if (this.nextPoll !== mine) return; // the socket is back, or the next question is on its way
    if (answer?.status === 401 || answer?.status === 403) {
      this.signedOut();
    } else if (answer?.body) {
      const returned = this.state === "reconnecting" && this.attempts > 1;
      this.#change("polling");
      this.polled(answer.body.data);
      if (returned) this.open();
    } else {
      this.#change("reconnecting");
    }
  }
}
