// The list of policies. Only the rows in sight exist; the server searches, counts and pages.

import { get, now as serverNow, policyPath, refresh } from "./api.js";
import { showFindings } from "./findings.js";
import { count, element, nextChange, reason, setText, shape, stateMark } from "./text.js";

const pageSize = 50;
const spare = 6;
const outlineAge = 60_000;
const view = document.getElementById("list");
const rows = document.getElementById("rows");
const search = document.getElementById("search");
const filter = document.getElementById("filter");
const narrow = matchMedia("(max-width: 800px)");

let matching = 0;
let pages = new Map();
let shown = new Map();
let outlines = new Map();
let waiting = [];
let asking = 0;
let wanted = 0;
let reading = false;

const rowHeight = () => (narrow.matches ? 150 : 76);
const state = () => filter.elements.state.value;

/** What `poll` runs: reads the pages in sight again. */
export async function update() {
  const asked = ++wanted;
  const [first, last] = visible();
  const numbers = new Set([Math.floor(first / pageSize), Math.floor(Math.max(first, last - 1) / pageSize)]);
  let answers;
  reading = true;
  try {
    [answers] = await Promise.all([Promise.all([...numbers].map(readPage)), showFindings()]);
  } finally {
    if (asked === wanted) reading = false;
  }
  if (asked !== wanted) return;
  const fresh = new Map();
  for (const [number, answer] of answers) fresh.set(number, answer.policies);
  pages = fresh;
  const [, { counts, matching: found }] = answers[0];
  matching = found;
  for (const [name, number] of Object.entries(counts)) setText(`count-${name}`, count(number));
  const words = search.value.trim();
  setText("matches", words || state()
    ? `${count(matching)} ${matching === 1 ? "policy matches" : "policies match"}.` : "");
  const none = document.getElementById("none");
  none.hidden = matching > 0;
  none.textContent = counts.all === 0 && !words
    ? "There are no policies yet: start Headstart with --policies, or create a ScaledObject."
    : "No policy matches.";
  document.getElementById("table").hidden = matching === 0;
  document.getElementById("table").setAttribute("aria-rowcount", matching + 1);
  draw();
}

async function readPage(number) {
  const query = new URLSearchParams({ offset: number * pageSize, limit: pageSize });
  if (state()) query.set("state", state());
  // A plus is a plus to the server.
  const words = search.value.trim();
  const text = `${query}${words ? `&search=${encodeURIComponent(words)}` : ""}`;
  return [number, await get(`/api/v1/policies?${text}`)];
}

function visible() {
  const top = rows.getBoundingClientRect().top;
  const first = Math.max(0, Math.floor(-top / rowHeight()) - spare);
  const last = Math.min(matching || pageSize, Math.ceil((innerHeight - top) / rowHeight()) + spare);
  return [Math.min(first, Math.max(0, matching - 1)), Math.max(last, 1)];
}

function draw() {
  rows.style.height = `${matching * rowHeight()}px`;
  const [first, last] = visible();
  let missing = false;
  const kept = new Map();
  for (let index = first; index < Math.min(last, matching); index++) {
    const policy = pages.get(Math.floor(index / pageSize))?.[index % pageSize];
    if (!pages.has(Math.floor(index / pageSize))) missing = true;
    const row = shown.get(index) ?? makeRow(index);
    fill(row, index, policy);
    kept.set(index, row);
  }
  for (const [index, row] of shown) if (!kept.has(index)) row.line.remove();
  shown = kept;
  // What is passed while pages are being read is not asked for: the last would wait behind them all.
  if (missing && !reading) refresh();
}

function makeRow(index) {
  const cell = (className) => element("span", { className, role: "cell" });
  const row = {
    link: element("a"), place: element("small"), name: cell("name"), status: cell("status"),
    replicas: cell("replicas number"), sparkline: cell("sparkline"), why: cell("why"),
    next: cell("next"),
  };
  row.name.append(row.link, row.place);
  row.line = element("div", { className: "row", role: "row", "aria-rowindex": index + 2 },
    row.name, row.status, row.replicas, row.sparkline, row.why, row.next);
  row.line.style.top = `${index * rowHeight()}px`;
  row.link.dataset.index = index;
  // Rows stand in the document in their order, which is the order of the tab key.
  const after = [...shown.entries()].filter(([other]) => other > index)
    .sort((left, right) => left[0] - right[0])[0];
  rows.insertBefore(row.line, after?.[1].line ?? null);
  shown.set(index, row);
  return row;
}

function fill(row, index, policy) {
  row.line.style.top = `${index * rowHeight()}px`;
  if (!policy) return;
  const now = serverNow();
  const namespace = policy.namespace ?? "-";
  const set = (target, text) => {
    if (target.textContent !== text) target.textContent = text;
  };
  set(row.link, policy.name);
  row.link.href = `#/policy/${encodeURIComponent(namespace)}/${encodeURIComponent(policy.name)}`;
  row.link.title = policy.name;
  set(row.place, policy.namespace ?? "every namespace");
  if (row.state !== policy.state) row.status.replaceChildren(stateMark(policy.state));
  row.state = policy.state;
  set(row.replicas, count(policy.desiredReplicas));
  set(row.why, reason(policy.explanation));
  row.why.title = policy.explanation;
  set(row.next, nextChange(policy.nextChange, now));
  const key = `${namespace}/${policy.name}`;
  if (row.key !== key) row.sparkline.replaceChildren();
  row.key = key;
  const outline = outlines.get(key);
  if (outline?.points && row.drawn !== outline) {
    row.sparkline.replaceChildren(sparkline(outline));
    row.drawn = outline;
  }
  if (!outline || (Date.now() - outline.read > outlineAge && !outline.asked)) {
    if (outline) outline.asked = true;
    else outlines.set(key, { asked: true, read: 0 });
    waiting.push([key, namespace, policy.name]);
    askOutlines();
  }
}

/** A few at a time, those that came into sight last first. */
async function askOutlines() {
  while (asking < 3 && waiting.length > 0) {
    const [key, namespace, name] = waiting.pop();
    if (![...shown.values()].some((row) => row.key === key)) {
      outlines.delete(key);
      continue;
    }
    asking += 1;
    get(policyPath(namespace, name, "/outline?hours=6"))
      .then((outline) => outlines.set(key, { ...outline, read: Date.now() }))
      .catch(() => outlines.delete(key))
      .finally(() => {
        asking -= 1;
        if (!view.hidden) draw();
        askOutlines();
      });
  }
  if (outlines.size > 2000) outlines = new Map([...outlines].slice(-500));
}

function sparkline({ from, to, now, points }) {
  const width = 160;
  const height = 40;
  const start = 2 * now - to;
  const x = (at) => Math.min(width, Math.max(0, ((at - start) / (to - start)) * width));
  const top = Math.max(1, ...points.map(([, value]) => value ?? 0));
  const y = (value) => height - 3 - (value / top) * (height - 6);
  const path = (begin, end) => {
    let text = "";
    let open = false;
    points.forEach(([at, value], index) => {
      const until = Math.min(end, points[index + 1]?.[0] ?? to);
      const since = Math.max(begin, at);
      if (value === null || until <= since) {
        open = false;
        return;
      }
      text += open ? `V${y(value)}` : `M${x(since)} ${y(value)}`;
      text += `H${x(until)}`;
      open = true;
    });
    return text;
  };
  const values = points.map(([, value]) => value).filter((value) => value !== null);
  const words = values.length
    ? `between ${Math.min(...values)} and ${Math.max(...values)} replicas` : "no answer";
  return shape("svg", {
    class: "spark", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img",
    "aria-label": `From six hours ago to six hours ahead: ${words}`,
  },
  shape("line", { x1: x(now), x2: x(now), y1: 0, y2: height }),
  shape("path", { d: path(Math.max(from, start), now) }),
  shape("path", { class: "ahead", d: path(now, to) }));
}

let drawing = false;
function drawSoon() {
  if (drawing || view.hidden) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    draw();
  });
}
addEventListener("scroll", drawSoon, { passive: true });
addEventListener("resize", drawSoon);

let typing = null;
function changed() {
  pages = new Map();
  scrollTo(0, 0);
  refresh();
}
search.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(changed, 150);
});
filter.addEventListener("change", (event) => {
  if (event.target.name === "state") changed();
});
filter.addEventListener("submit", (event) => {
  event.preventDefault();
  changed();
});

// Arrow keys go from policy to policy.
rows.addEventListener("keydown", (event) => {
  const steps = { ArrowDown: 1, ArrowUp: -1 };
  const index = Number(event.target.dataset?.index);
  if (!(event.key in steps) || Number.isNaN(index)) return;
  event.preventDefault();
  const next = index + steps[event.key];
  if (next < 0) search.focus();
  if (next < 0 || next >= matching) return;
  if (!shown.has(next)) draw();
  const link = shown.get(next)?.link;
  link?.focus({ preventScroll: true });
  link?.scrollIntoView({ block: "nearest" });
});
search.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowDown") return;
  event.preventDefault();
  rows.querySelector("a")?.focus();
});
