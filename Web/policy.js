// One policy: its chart, its decision, what if, its sources.

import { get, now as serverNow, policyPath } from "./api.js";
import { Chart } from "./chart.js";
import { drawForecasts, forecasts } from "./forecast.js";
import {
  count, distance, element, exactTime, nextChange, reason, setText, shape, span, stateMark,
  stateNames, time,
} from "./text.js";

const hour = 3_600_000;
const futureAge = 30_000;
const range = document.getElementById("range");
let chart = null;
let shownPolicy = null;

/** What `poll` runs for the policy of that name. */
export function show(namespace, name) {
  const policy = { namespace, name, past: [], future: null, futureRead: 0, record: null };
  shownPolicy = policy;
  setText("policy-title", namespace === "-" ? name : `${namespace}/${name}`);
  document.getElementById("policy-body").hidden = true;
  document.getElementById("policy-missing").hidden = true;
  document.getElementById("policy-state").replaceChildren();
  chart ??= new Chart(document.getElementById("chart"), (at, decision) => tell(at, decision));
  chart.at = null;
  return () => update(policy);
}

async function update(policy) {
  const path = (rest) => policyPath(policy.namespace, policy.name, rest);
  try {
    const last = policy.past.at(-1);
    const since = last ? `?since=${encodeURIComponent(last.time)}` : "";
    const needsFuture = Date.now() - policy.futureRead > futureAge
      || policy.record?.at !== policy.futureOf;
    const [record, past, future, scalings, expected] = await Promise.all([
      get(path("")), get(path(`/history${since}`)),
      needsFuture ? get(path("/projection?hours=24")) : policy.future,
      get(`/api/v1/history?limit=1000&policy=${encodeURIComponent(policy.name)}`),
      forecasts(policy.namespace, policy.name),
    ]);
    if (shownPolicy !== policy) return;
    if (needsFuture) {
      policy.futureRead = Date.now();
      policy.futureOf = record.at;
    }
    policy.record = record;
    policy.scalings = scalings;
    policy.expected = expected;
    policy.future = future;
    policy.from = Date.parse(past.from);
    const added = past.decisions.map(entry);
    const begin = added[0]?.at ?? Infinity;
    policy.past = [...policy.past.filter((decision) => decision.at < begin), ...added];
  } catch (error) {
    if (error.status !== 404) throw error;
    if (shownPolicy !== policy) return;
    const missing = document.getElementById("policy-missing");
    missing.textContent = `${error.message[0].toUpperCase()}${error.message.slice(1)}.`;
    missing.hidden = false;
    document.getElementById("policy-body").hidden = true;
    return;
  }
  document.getElementById("policy-missing").hidden = true;
  document.getElementById("policy-body").hidden = false;
  draw(policy);
}

function entry(decision) {
  return { ...decision, time: decision.at, at: Date.parse(decision.at) };
}

function draw(policy) {
  const { record, past, future } = policy;
  const now = serverNow();
  const replicas = record.desiredReplicas;
  document.title = `${count(replicas)} – ${record.name} – Headstart`;
  setText("policy-replicas", count(replicas));
  setText("policy-unit", replicas === 1 ? "replica" : "replicas");
  setText("policy-why", reason(record.explanation));
  setText("policy-next", `Next change: ${nextChange(record.nextChange, now)}.`);
  const states = record.contributions.filter((one) => !one.observed).map((one) => one.state);
  const state = !record.available ? "unavailable"
    : states.every((one) => one === "fresh") ? "ok" : "degraded";
  const mark = document.getElementById("policy-state");
  mark.className = `state ${state}`;
  if (mark.textContent !== stateNames[state]) mark.textContent = stateNames[state];

  const coming = future.decisions.map(entry).filter((decision) => decision.at > now);
  chart.show({
    now, hours: Number(range.querySelector("input:checked").value),
    decisions: [...past.filter((decision) => decision.at <= now), ...coming],
    signals: record.contributions.map((one) => one.signal),
    limits: { min: record.limits.minReplicas, max: record.limits.maxReplicas },
    lead: milliseconds(record.leadTime),
    knownUntil: future.knownUntil && Date.parse(future.knownUntil),
  });
  drawForecasts(policy.expected, now);
  drawDecision(record, now);
  drawSources(record.sources);
  drawScalings(policy, now);
  document.getElementById("whatifs").replaceChildren(...record.whatIf.map((whatIf) =>
    tableRow(whatIf.change[0].toUpperCase() + whatIf.change.slice(1),
      number(whatIf.replicas === null ? "unavailable" : count(whatIf.replicas)))));
  document.getElementById("between").replaceChildren(...record.between.map((one) =>
    element("li", {}, one.sentence)));
  document.getElementById("changes").replaceChildren(...changes(past, now));
}

/** The latest answers, the newest first. */
function changes(past, now) {
  const answers = past.filter((decision, index) =>
    index === 0 || decision.desiredReplicas !== past[index - 1].desiredReplicas);
  return answers.slice(-12).reverse().map((decision) => element("li", {},
    element("time", { datetime: decision.time }, `${time(decision.at, now)}, ${distance(decision.at, now)}`),
    element("span", {}, decision.explanation)));
}

function drawDecision(record, now) {
  document.getElementById("signals").replaceChildren(...record.contributions.map((one, index) => {
    const peak = one.peak && Date.parse(one.peak);
    const from = peak === null ? "–" : peak > now ? `${time(peak, now)}, ${distance(peak, now)}` : "now";
    const why = [
      one.observed && "observed only",
      one.rule && `rule “${one.rule}”`,
      one.value !== null && `value ${one.value}`,
      one.lostSince && `lost for ${span(now - Date.parse(one.lostSince))}, goes on asking`,
      { disk: "learnt from the state directory", target: "its target's present replicas" }[one.origin]
        ?? (one.origin?.startsWith("peer") && `learnt from ${one.origin}`),
      one.problem,
    ].filter(Boolean).join(", ");
    const name = element("th", { scope: "row" }, swatch(index), one.signal);
    if (one.signal === record.winner) name.append(" ", element("span", { className: "quiet" }, "decides"));
    return element("tr", {}, name, cell(one.kind), number(count(one.replicas)), cell(from),
      cell(stateMark(one.state)), cell(one.ageSeconds === null ? "–" : span(one.ageSeconds * 1000)),
      element("td", { className: "wide" }, why || (one.kind === "schedule" ? "default" : "–")));
  }));
  const { minReplicas, maxReplicas } = record.limits;
  const applied = record.appliedLimits.map((limit) => ({
    increase: `${limit.by} by rule “${limit.rule}” of ${limit.signal}: ${limit.replicas} instead of ${limit.asked}`,
    cap: `capped at ${limit.replicas} by rule “${limit.rule}” of ${limit.signal}`,
    lastAnswer: `kept at ${limit.replicas}, the answer before the edit`,
    activity: `kept at ${limit.replicas}${limit.until ? ` until ${time(Date.parse(limit.until), now)}` : ""}, `
      + { firstSeen: "new", active: "not idle long enough", wakeUp: "woken", outsidePeriod: "outside of its enabled period" }[limit.cause],
    override: override(limit, now),
    minReplicas: `raised to ${limit.replicas}`, maxReplicas: `lowered to ${limit.replicas}`,
  })[limit.limit]);
  const bounds = `Limits: at least ${minReplicas}, ${maxReplicas === null ? "no upper limit" : `at most ${maxReplicas}`}`;
  setText("limits", `${[bounds, ...applied].join("; ")}. Lead time ${record.leadTime}, hold ${record.hold}.`);
}

/** `at least 40 until 18:00: launch`. */
function override({ atLeast, atMost, until, reason }, now) {
  const bounds = atLeast === atMost ? `frozen at ${atLeast}`
    : [atLeast != null && `at least ${atLeast}`, atMost != null && `at most ${atMost}`].filter(Boolean).join(" and ");
  return `${bounds} until ${time(Date.parse(until), now)}${reason ? `: ${reason}` : ""}`;
}

/** What direct scaling has done for this policy, the newest first. */
function drawScalings(policy, now) {
  const { direct, operations } = policy.scalings;
  const own = operations.filter((one) => (one.policy.namespace ?? "-") === policy.namespace);
  document.getElementById("scalings").hidden = !direct || !own.length;
  document.getElementById("operations").replaceChildren(...own.slice(0, 20).map((one) => {
    const at = Date.parse(one.time);
    const times = one.count > 1 ? ` (${one.count} times)` : "";
    return tableRow(`${time(at, now)}, ${distance(at, now)}`,
      cell(`${one.kind} ${one.namespace}/${one.name}`), number(count(one.from)), number(count(one.to)),
      cell(`${one.result}${times}`), element("td", { className: "wide" }, one.error ?? one.reason));
  }));
}

function drawSources(sources) {
  const body = document.getElementById("sources");
  if (!sources.length) {
    body.replaceChildren(element("tr", {}, element("td", { colspan: 4 }, "Only a schedule: it reads no source.")));
    return;
  }
  body.replaceChildren(...sources.map((source) => element("tr", {},
    element("th", { scope: "row" }, `${source.kind} ${source.name}`), cell(stateMark(source.state)),
    cell(source.ageSeconds === null ? "never" : `${span(source.ageSeconds * 1000)} ago`),
    element("td", { className: "wide" }, source.lastError ?? "–"))));
}

/** The values and the sentence of the instant that is pointed at. */
function tell(at, decision) {
  const now = chart.data.now;
  const instant = at ?? now;
  setText("instant-time", at === null ? "Now" : `${exactTime(instant)}, ${distance(instant, now)}`);
  setText("instant-why", decision?.explanation
    ?? "Not known: Headstart had not started then, or has forgotten it.");
  const rows = [tableRow(withSwatch("Answer", "decision"), number(count(decision?.desiredReplicas ?? null)),
    cell(decision ? (decision.available ? "" : stateMark("unavailable")) : ""), cell(limitsOf(decision)))];
  chart.data.signals.forEach((signal, index) => {
    const one = decision?.contributions.find((candidate) => candidate.signal === signal);
    const detail = one && [one.rule && `rule “${one.rule}”`, one.value !== null && `value ${one.value}`,
      one.problem].filter(Boolean).join(", ");
    rows.push(tableRow(withSwatch(signal, `s${index % 6}`), number(count(one?.replicas ?? null)),
      cell(one ? stateMark(one.state) : "–"), cell(detail || "")));
  });
  document.getElementById("instant-signals").replaceChildren(...rows);
}

function limitsOf(decision) {
  return (decision?.appliedLimits ?? []).map((limit) => `${limit.limit} ${limit.replicas}`).join(", ");
}

/** `1h30m` as Go writes it. */
function milliseconds(duration) {
  const units = { ms: 1, s: 1000, m: 60_000, h: hour, d: 24 * hour, w: 168 * hour };
  let sum = 0;
  for (const [, value, unit] of duration.matchAll(/([\d.]+)(ms|[smhdw])/g)) sum += value * units[unit];
  return sum;
}

function tableRow(first, ...others) {
  return element("tr", {}, element("th", { scope: "row" }, first), ...others);
}

function cell(content) {
  return element("td", {}, content);
}

function number(content) {
  return element("td", { className: "number" }, content);
}

function swatch(index) {
  return lineSample(`s${index % 6}`);
}

function withSwatch(text, className) {
  const pair = document.createDocumentFragment();
  pair.append(lineSample(className), text);
  return pair;
}

function lineSample(className) {
  return shape("svg", { class: "swatch", viewBox: "0 0 30 12", "aria-hidden": "true" },
    shape("path", { class: className, d: "M0 6H30" }));
}

range.addEventListener("change", () => {
  if (shownPolicy?.record) draw(shownPolicy);
});
