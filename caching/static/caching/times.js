// Keeps the times of a page right, in the reader's own time zone.

import { showTimes } from "./show.js";

const EVERY = 5_000;

showTimes(Date.now());
setInterval(() => showTimes(Date.now()), EVERY);
