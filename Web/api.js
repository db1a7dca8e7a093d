// Asks the server, again and again, and shows when it does not answer.

const period = 5000;
const patience = 8000;
let lastAnswer = null;
let task = null;
let timer = null;
let round = 0;
let skew = 0;

/** The server's clock, in milliseconds: decisions are made by it. */
export function now() {
  return Date.now() + skew;
}

/** The JSON at a path. Throws with `status` for an answer that is none. */
export async function get(path, signal) {
  const patient = AbortSignal.timeout(patience);
  const answer = await fetch(path, {
    headers: { Accept: "application/json" },
    signal: signal ? AbortSignal.any([signal, patient]) : patient,
  });
  if (!answer.ok) {
    const said = await answer.json().catch(() => ({}));
    throw Object.assign(new Error(said.error ?? `HTTP ${answer.status}`), { status: answer.status });
  }
  const value = await answer.json();
  if (value.now) skew = new Date(value.now) - Date.now();
  return value;
}

export function policyPath(namespace, name, rest = "") {
  return `/api/v1/decisions/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}${rest}`;
}

/** Runs a task now and every few seconds, in place of the one before it. */
export function poll(next) {
  task = next;
  refresh();
}

export async function refresh() {
  clearTimeout(timer);
  const mine = ++round;
  if (!task) return;
  try {
    await task();
    if (mine === round) connected();
  } catch (error) {
    if (mine !== round || error.name === "AbortError") return;
    disconnected(error);
  }
  if (mine === round) timer = setTimeout(refresh, document.hidden ? period * 6 : period);
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden) refresh();
});

function connected() {
  lastAnswer = Date.now();
  document.getElementById("lost").hidden = true;
  const live = document.getElementById("live");
  live.className = "live on";
  if (live.textContent !== "live") live.textContent = "live";
}

function disconnected(error) {
  const live = document.getElementById("live");
  live.className = "live off";
  live.textContent = "not connected";
  const lost = document.getElementById("lost");
  const since = lastAnswer
    ? `What you see is from ${new Date(lastAnswer).toLocaleTimeString()}.` : "Nothing was read yet.";
  const why = error.status ? ` The server says: ${error.message}.` : "";
  const text = `Connection lost.${why} ${since} Trying again every few seconds.`;
  if (lost.textContent !== text) lost.textContent = text;
  lost.hidden = false;
}
