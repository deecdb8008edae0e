// Numbers and times as people read them; the same rules as the server's first state of the page.

const STEP = 1024;
const UNITS = ["B", "KB", "MB", "GB", "TB"];
const MINUTE = 60;
const HOUR = 3600;
const DAY = 86400;

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
// In the order in which the server writes them: 25 Nov 2026, 03:41.
const absolute = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });

export function bytes(count) {
  let rest = count;
  for (const unit of UNITS) {
    if (Math.abs(rest) < STEP) {
      return `${rest.toFixed(unit === "B" || rest >= 100 ? 0 : 1)} ${unit}`;
    }
    rest /= STEP;
  }
  return `${rest.toFixed(1)} PB`;
}

export function files(count) {
  return count === 1 ? "1 file" : `${count} files`;
}

export function timeLeft(seconds) {
  if (seconds === null || seconds === undefined) return "";
  const minutes = Math.floor(seconds / MINUTE);
  if (minutes === 0) return `${seconds} s left`;
  return minutes < 60 ? `${minutes} min left` : `${Math.floor(minutes / 60)} h ${minutes % 60} min left`;
}

// `now` is the server's time in milliseconds: the clocks of two machines may differ.
export function ago(when, now) {
  const seconds = Math.max(0, Math.round((now - when) / 1000));
  if (seconds < 10) return "just now";
  if (seconds < MINUTE) return relative.format(-seconds, "second");
  if (seconds < HOUR) return relative.format(-Math.floor(seconds / MINUTE), "minute");
  if (seconds < DAY) return relative.format(-Math.floor(seconds / HOUR), "hour");
  return relative.format(-Math.floor(seconds / DAY), "day");
}

// When something is due.
export function until(when, now) {
  const seconds = Math.round((when - now) / 1000);
  if (seconds < 5) return "now";
  if (seconds < MINUTE) return relative.format(seconds, "second");
  if (seconds < 2 * HOUR) return relative.format(Math.round(seconds / MINUTE), "minute");
  if (seconds < 2 * DAY) return relative.format(Math.round(seconds / HOUR), "hour");
  return relative.format(Math.round(seconds / DAY), "day");
}

export function at(when) {
  return absolute.format(when);
}
