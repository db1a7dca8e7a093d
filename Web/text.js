// Words for people, and elements for words. Text from outside goes through textContent only.

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const exactClock = new Intl.DateTimeFormat(undefined, {
  hour: "2-digit", minute: "2-digit", second: "2-digit",
});
const dayAndClock = new Intl.DateTimeFormat(undefined, {
  weekday: "short", hour: "2-digit", minute: "2-digit",
});

export const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The time of day; with the weekday where it is not within half a day. */
export function time(instant, now) {
  return (Math.abs(instant - now) < 43_200_000 ? clock : dayAndClock).format(instant);
}

export function exactTime(instant) {
  return exactClock.format(instant);
}

/** `40s`, `12m`, `3h 5m`, `2d 4h`. */
export function span(milliseconds) {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  const pair = (large, unit, small, rest) => (small ? `${large}${unit} ${small}${rest}` : `${large}${unit}`);
  if (hours < 24) return pair(hours, "h", minutes % 60, "m");
  return pair(Math.floor(hours / 24), "d", hours % 24, "h");
}

/** `in 12m`, `5m ago`, `now`. */
export function distance(instant, now) {
  if (Math.abs(instant - now) < 1000) return "now";
  return instant > now ? `in ${span(instant - now)}` : `${span(now - instant)} ago`;
}

export function count(replicas) {
  return replicas === null ? "–" : replicas.toLocaleString();
}

/** The sentence without the number that stands beside it anyway. */
export function reason(explanation) {
  const end = explanation.indexOf(": ");
  return end < 0 ? explanation : explanation.slice(end + 2);
}

export const stateNames = {
  ok: "OK", degraded: "Degraded", unavailable: "Unavailable", fresh: "Fresh", held: "Held",
  silent: "Silent", up: "Up", failing: "Failing", unknown: "Unknown",
};

export function nextChange(change, now) {
  if (!change) return "none in sight";
  const at = Date.parse(change.at);
  const what = change.replicas === null ? "unavailable" : count(change.replicas);
  return `${what} at ${time(at, now)}, ${distance(at, now)}`;
}

/** An element with a class, attributes, and children: elements or texts. */
export function element(name, { className, ...attributes } = {}, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export function shape(name, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export function stateMark(state) {
  return element("span", { className: `state ${state}` }, stateNames[state] ?? state);
}

/** Sets a text only where it differs, so that a screen reader hears of changes alone. */
export function setText(id, text) {
  const target = document.getElementById(id);
  if (target.textContent !== text) target.textContent = text;
}
