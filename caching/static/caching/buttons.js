// Run now, Preview, Pause or Resume, Stop; Cancel of each operation, and Run now of each schedule. They are never disabled outright, so that the keyboard's focus stays where it is.

import { attribute, field, show, write } from "./page.js";

const button = (name) => document.getElementById(name);

export class Buttons {
  // `facts` tells what is true now, `words` what to call it; `asked` is called when the server has taken a request on; `out` when the login is lost.
  constructor({ facts, words, csrf, asked, out }) {
    this.facts = facts;
    this.words = words;
    this.csrf = csrf;
    this.asked = asked;
    this.out = out;
    this.busy = false;
    this.stopping = false;
    this.pausing = false;
    this.#on("run", () => this.#start(false));
    this.#on("preview", () => this.#start(true));
    this.#on("pause", () => this.#pause());
    this.#on("stop", () => this.#stop());
    this.#onRows("operations", "cancel", (id) => `/api/operations/${id}/cancel`);
    this.#onRows("next", "run", (name) => `/api/schedules/${name}/run`);
  }

  say(sentence) {
    write(button("said"), sentence);
  }

  show() {
    const working = this.facts.working;
    if (!working) this.stopping = false;
    const stopHadFocus = document.activeElement === button("stop");
    show(button("stop"), working);
    if (stopHadFocus && !working) button("run").focus();
    attribute(button("run"), "aria-disabled", working || this.busy);
    attribute(button("preview"), "aria-disabled", working || this.busy);
    attribute(button("pause"), "aria-disabled", this.pausing);
    attribute(button("stop"), "aria-disabled", this.stopping);
    const next = this.facts.paused ? "resume" : "pause";
    write(field(button("pause"), "icon"), next);
    write(field(button("pause"), "text"), this.words.pause[next]);
  }

  #on(name, action) {
    button(name).addEventListener("click", () => {
      if (button(name).getAttribute("aria-disabled") !== "true") action();
    });
  }

  // A button that each row of a card has; the row's key is part of the address.
  #onRows(card, name, address) {
    document.getElementById(card).addEventListener("click", async ({ target }) => {
      const pressed = target.closest(`[data-field="${name}"]`);
      if (!pressed || pressed.getAttribute("aria-disabled") === "true") return;
      attribute(pressed, "aria-disabled", true);
      await this.#post(address(encodeURIComponent(pressed.closest("[data-key]").dataset.key)), {});
      attribute(pressed, "aria-disabled", false);
      this.asked();
    });
  }

  async #start(preview) {
    this.busy = true;
    this.show();
    this.say(preview ? "Asking for a preview …" : "Asking for a cycle …");
    const done = await this.#post("/api/start-cache", { dry_run: preview });
    this.busy = false;
    if (done) this.asked();
    this.show();
  }

  async #pause() {
    this.pausing = true;
    this.show();
    const done = await this.#post(this.facts.paused ? "/api/resume" : "/api/pause", {});
    this.pausing = false;
    if (done) this.facts.paused = done.paused;
    this.asked();
    this.show();
  }

  async #stop() {
    this.stopping = true;
    this.show();
    this.say("Stopping …");
    this.stopping = Boolean((await this.#post("/api/stop-cache", {}))?.stopping);
    this.asked();
    this.show();
  }

  // The data of the answer; null when the server said no, which is told in its own words.
  async #post(address, body) {
    let response;
    try {
      response = await fetch(address, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-CSRFToken": this.#token() },
        body: JSON.stringify(body),
      });
    } catch {
      this.say("Cacherr does not answer. This page goes on trying to reach it; try again when it is back.");
      return null;
    }
    const answer = await response.json().catch(() => null);
    if (response.status === 401) this.out();
    this.say(answer?.message || answer?.error || `The server answered with error ${response.status}. Reload the page and try again.`);
    return response.ok ? answer?.data : null;
  }

  // The cookie's token is the newer one after somebody signed in again in another tab.
  #token() {
    const cookies = document.cookie.split("; ").map((cookie) => cookie.split("="));
    return cookies.find(([name]) => name === this.csrf.cookie)?.[1] ?? this.csrf.token;
  }
}
