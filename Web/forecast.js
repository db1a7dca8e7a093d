// The forecasts that Headstart makes itself: a fan ahead, what was asked and what came behind it, and
// how far to trust each.

import { get } from "./api.js";
import { element, shape, span, stateMark, time } from "./text.js";

const margin = { left: 56, right: 14, top: 14, bottom: 26 };
const height = 190;
const number = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 4 });
const percent = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });

/** The forecasts of a policy; none where it has none. */
export async function forecasts(namespace, name) {
  const path = `/api/v1/forecasts/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`;
  return (await get(path)).forecasts;
}

/** Draws them into their section, and hides it where there are none. */
export function drawForecasts(found, now) {
  document.getElementById("forecasts").hidden = !found.length;
  const body = document.getElementById("forecast-list");
  // Drawn when it is seen: its width is known then.
  body.replaceChildren(...found.map((one) => drawOne(one, now)));
  found.forEach((one, index) => {
    const box = body.children[index].querySelector(".chart");
    if (box) box.replaceChildren(fan(one, now, box.clientWidth || 600));
  });
}

function drawOne(one, now) {
  const title = element("h3", {}, one.signal, " ", stateMark(one.state));
  if (one.observed) title.append(" ", element("span", { className: "quiet" }, "observed only"));
  const parts = [title, element("p", { className: "forecast-says" }, sentence(one))];
  if (one.values.length || one.past.length) {
    const words = `${one.signal}: the load of the last day and the forecast`;
    parts.push(element("div", { className: "chart", role: "img", "aria-label": words }));
    parts.push(element("p", { className: "quiet" }, sample("came"), "what came ", sample("asked"),
      `what was asked, ${percent.format(one.quantile)} of the time enough `, sample("expected"),
      "expected"));
  }
  parts.push(facts(one, now));
  return element("div", { className: "forecast" }, ...parts);
}

/** What it says, or why it says nothing. */
function sentence(one) {
  const text = one.problem ?? one.explanation ?? "nothing yet";
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}

function facts(one, now) {
  const account = one.account;
  const rows = [];
  const add = (name, value) => rows.push(element("tr", {}, element("th", { scope: "row" }, name),
    element("td", {}, value)));
  if (account) {
    add("In charge", charge(account));
    add(`Kept of the last ${judged(account)}`, account.kept === null ? "not judged yet"
      : `${percent.format(account.kept)}, wanted ${percent.format(one.quantile)}`);
    add("Compared with simple guesses", skill(account));
    add("Has learnt", `${span(account.historySeconds * 1000)} of ${span(account.wantedHistorySeconds * 1000)}`
      + `, ${number.format(account.missingBuckets)} buckets of it missing`);
  }
  const next = one.values.find((value) => Date.parse(value.at) + one.stepSeconds * 1000 > now);
  if (next) {
    add("Now", `${number.format(next.expected)} expected, at most ${number.format(next.atMost)}: `
      + `${number.format(next.replicas)} replicas`);
  }
  add("Query", element("code", {}, one.query));
  const table = element("table", {}, element("caption", { className: "hidden" }, `How ${one.signal} does`),
    element("thead", { className: "hidden" }, element("tr", {}, element("th", { scope: "col" }, "What"),
      element("th", { scope: "col" }, "How"))),
    element("tbody", {}, ...rows));
  return element("div", { className: "scroll" }, table);
}

/** What it was judged by: a week, or less where it does not know as much. */
function judged(account) {
  const days = Math.floor(account.historySeconds / 86400);
  return days < 2 ? `${Math.floor(account.historySeconds / 3600)} h` : `${Math.min(days, 7)} days`;
}

function charge(account) {
  if (account.charge === "regression") return "what was learnt";
  const share = account.addition === null ? ""
    : ` ${account.addition < 0 ? "minus" : "plus"} ${percent.format(Math.abs(account.addition))}`;
  return `${account.charge}${share}: a simple guess that has been better for days`;
}

function skill(account) {
  if (account.skill === null) return "not for long enough yet";
  const side = account.skill < 0 ? "more" : "less";
  return `loses ${percent.format(Math.abs(account.skill))} ${side} than the best (${account.bestGuess})`;
}

/** The chart: the last day to the left of now, the forecast to the right. */
function fan(one, now, total) {
  const step = one.stepSeconds * 1000;
  const past = one.past.map((bucket) => ({ ...bucket, at: Date.parse(bucket.at) }));
  const ahead = one.values.map((value) => ({ ...value, at: Date.parse(value.at) }));
  const start = past[0]?.at ?? ahead[0]?.at ?? now;
  const border = ahead[0]?.at ?? now;
  const end = (ahead.at(-1)?.at ?? border) + step;
  const values = [...past.flatMap((bucket) => [bucket.came, bucket.asked]),
    ...ahead.map((value) => value.atMost)].filter((value) => value !== null);
  const top = Math.max(...values, one.threshold) * 1.05;
  // What comes is short beside a day: it gets a third of the width.
  const width = total - margin.left - margin.right;
  const middle = past.length ? margin.left + width * 2 / 3 : margin.left;
  const x = (at) => (at <= border
    ? margin.left + (at - start) / Math.max(border - start, 1) * (middle - margin.left)
    : middle + (at - border) / Math.max(end - border, 1) * (margin.left + width - middle));
  const y = (value) => margin.top + height * (1 - value / top);
  const line = (items, valueOf) => {
    let text = "";
    let open = false;
    for (const item of items) {
      const value = valueOf(item);
      if (value === null) {
        open = false;
        continue;
      }
      text += `${open ? "V" : `M${x(item.at)} `}${y(value)}H${x(item.at + step)}`;
      open = true;
    }
    return text;
  };
  const parts = [];
  for (const value of [0, top / 2.1, top / 1.05]) {
    parts.push(shape("line", { class: value ? "grid" : "axis", x1: margin.left, y1: y(value),
      x2: total - margin.right, y2: y(value) }));
    parts.push(shape("text", { x: margin.left - 7, y: y(value) + 4, "text-anchor": "end" },
      number.format(Math.round(value))));
  }
  for (const at of [start, border, end]) {
    const anchor = at === start ? "start" : at === end ? "end" : "middle";
    parts.push(shape("text", { x: x(at), y: margin.top + height + 17, "text-anchor": anchor },
      time(at, now)));
  }
  const back = [...ahead].reverse();
  if (ahead.length) {
    const edge = line(ahead, (value) => value.atMost);
    const low = back.map((value) => `L${x(value.at + step)} ${y(value.expected)}L${x(value.at)} ${y(value.expected)}`);
    parts.push(shape("path", { class: "fan", d: `${edge}${low.join("")}Z` }));
  }
  parts.push(shape("path", { class: "step asked", d: line(past, (bucket) => bucket.asked) }));
  parts.push(shape("path", { class: "step came", d: line(past, (bucket) => bucket.came) }));
  parts.push(shape("path", { class: "step asked", d: line(ahead, (value) => value.atMost) }));
  parts.push(shape("path", { class: "step expected", d: line(ahead, (value) => value.expected) }));
  parts.push(shape("line", { class: "now", x1: x(border), y1: margin.top - 4, x2: x(border),
    y2: margin.top + height }));
  return shape("svg", { viewBox: `0 0 ${total} ${margin.top + height + margin.bottom}`,
    "aria-hidden": "true" }, ...parts);
}

function sample(className) {
  return shape("svg", { class: "swatch", viewBox: "0 0 30 12", "aria-hidden": "true" },
    shape("path", { class: className, d: "M0 6H30" }));
}
