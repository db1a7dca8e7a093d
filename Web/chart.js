// One chart of the past and the future of a policy: now in the middle, a step line per signal, the
// decision on top.

import { count, shape, time } from "./text.js";

const margin = { left: 40, right: 14, top: 26, bottom: 26 };
const hour = 3_600_000;

/** Draws into `box` and calls `onInstant` with the instant that is pointed at; null for now. */
export class Chart {
  constructor(box, onInstant) {
    this.box = box;
    this.onInstant = onInstant;
    this.at = null;
    this.data = null;
    new ResizeObserver(() => this.draw()).observe(box);
    box.addEventListener("pointermove", (event) => this.point(event));
    box.addEventListener("pointerdown", (event) => this.point(event));
    box.addEventListener("pointerleave", (event) => {
      if (event.pointerType === "mouse") this.move(null);
    });
    box.addEventListener("keydown", (event) => this.key(event));
  }

  /**
   * `decisions` in order, each with `at` in milliseconds; `signals` names in order; `limits` with
   * `min` and `max`, null for none.
   */
  show(data) {
    this.data = data;
    if (this.at !== null && (this.at < this.start || this.at > this.end)) this.at = null;
    this.draw();
  }

  get start() { return this.data.now - this.data.hours * hour; }
  get end() { return this.data.now + this.data.hours * hour; }

  /** The decision in force at an instant; undefined before the first. */
  decisionAt(instant) {
    return this.data.decisions.findLast((decision) => decision.at <= instant);
  }

  // Pointing

  point(event) {
    if (!this.data) return;
    const bounds = this.box.getBoundingClientRect();
    const share = (event.clientX - bounds.left - margin.left) / this.width;
    this.move(this.start + Math.min(1, Math.max(0, share)) * (this.end - this.start));
  }

  move(instant) {
    this.at = instant;
    this.drawCursor();
    this.tell();
  }

  key(event) {
    if (!this.data) return;
    const at = this.at ?? this.data.now;
    const changes = this.data.decisions.map((decision) => decision.at)
      .filter((instant) => instant >= this.start && instant <= this.end);
    const later = () => Math.min(changes.find((instant) => instant > at) ?? this.end, this.end);
    const earlier = () => changes.findLast((instant) => instant < at) ?? this.start;
    const target = {
      ArrowRight: later, ArrowUp: later, ArrowLeft: earlier, ArrowDown: earlier,
      PageUp: () => Math.min(at + hour, this.end), PageDown: () => Math.max(at - hour, this.start),
      Home: () => this.start, End: () => this.end, Escape: () => null,
    }[event.key];
    if (!target) return;
    event.preventDefault();
    event.stopPropagation();
    this.move(target());
  }

  tell() {
    const at = this.at ?? this.data.now;
    const decision = this.decisionAt(at);
    const words = decision?.explanation ?? "not known: Headstart had not started, or forgot it";
    this.box.setAttribute("aria-valuemin", Math.round(this.start / 1000));
    this.box.setAttribute("aria-valuemax", Math.round(this.end / 1000));
    this.box.setAttribute("aria-valuenow", Math.round(at / 1000));
    this.box.setAttribute("aria-valuetext", `${time(at, this.data.now)}: ${words}`);
    this.onInstant(this.at, decision);
  }

  // Drawing

  draw() {
    if (!this.data || this.box.clientWidth === 0) return;
    const total = this.box.clientWidth;
    this.width = total - margin.left - margin.right;
    this.height = total < 600 ? 210 : 290;
    const { decisions, signals, limits, now, lead, knownUntil } = this.data;
    const inSight = decisions.filter((decision, index) =>
      decision.at < this.end && (decisions[index + 1]?.at ?? Infinity) > this.start);
    const values = inSight.flatMap((decision) =>
      [decision.desiredReplicas, ...decision.contributions.map((one) => one.replicas)]);
    const highest = Math.max(1, limits.min ?? 0, ...values.filter((value) => value !== null));
    // A limit far above everything would press the lines flat.
    const showsMax = limits.max !== null && limits.max <= highest * 1.5;
    const { step, top } = scale(Math.max(highest, showsMax ? limits.max : 0));
    this.x = (at) => margin.left
      + ((Math.min(this.end, Math.max(this.start, at)) - this.start) / (this.end - this.start))
      * this.width;
    this.y = (value) => margin.top + this.height * (1 - value / top);
    const bottom = margin.top + this.height;
    const parts = [];
    // On top of the lines, so that they can be read.
    const labels = [];

    for (const [from, to, decision] of stretches(decisions, this.start, this.end)) {
      if (decision && decision.desiredReplicas !== null) continue;
      if (!decision) continue;
      parts.push(shape("rect", { class: "lost-band", x: this.x(from), y: margin.top,
        width: Math.max(1, this.x(to) - this.x(from)), height: this.height }));
    }
    parts.push(shape("rect", { class: "lead", x: this.x(now), y: margin.top,
      width: Math.max(2, this.x(now + lead) - this.x(now)), height: this.height }));
    for (let value = 0; value <= top; value += step) {
      parts.push(line(value === 0 ? "axis" : "grid", margin.left, this.y(value),
        total - margin.right, this.y(value)));
      parts.push(label(margin.left - 7, this.y(value) + 4, count(value), "end"));
    }
    for (const at of ticks(this.start, this.end, total < 600 ? 4 : 8)) {
      parts.push(line("grid", this.x(at), margin.top, this.x(at), bottom));
      parts.push(label(this.x(at), bottom + 17, time(at, now), "middle"));
    }
    const bounds = [["min", limits.min || null], ["max", showsMax ? limits.max : null]];
    for (const [name, value] of bounds) {
      if (value === null) continue;
      parts.push(line("limit", margin.left, this.y(value), total - margin.right, this.y(value)));
      labels.push(label(margin.left + 6, this.y(value) - 5, `${name} ${value}`, "start"));
    }
    if (limits.max !== null && !showsMax) {
      parts.push(label(total - margin.right - 4, margin.top - 8, `max ${limits.max} ↑`, "end"));
    }
    if (knownUntil !== null && knownUntil > now && knownUntil < this.end) {
      parts.push(line("known", this.x(knownUntil), margin.top, this.x(knownUntil), bottom));
      parts.push(label(this.x(knownUntil) + 5, margin.top + 12, "forecast ends", "start"));
    }
    signals.forEach((signal, index) => {
      const path = this.path((decision) =>
        decision.contributions.find((one) => one.signal === signal)?.replicas ?? null);
      parts.push(shape("path", { class: `step s${index % 6}`, d: path }));
    });
    parts.push(shape("path", { class: "step decision", d: this.path((one) => one.desiredReplicas) }));
    parts.push(line("now", this.x(now), margin.top - 4, this.x(now), bottom));
    const head = label(this.x(now), margin.top - 9, "now", "middle");
    head.setAttribute("class", "now-label");
    parts.push(head);
    this.cursor = shape("g");
    parts.push(...labels, this.cursor);
    this.box.replaceChildren(shape("svg", {
      viewBox: `0 0 ${total} ${bottom + margin.bottom}`, "aria-hidden": "true",
    }, ...parts));
    this.drawCursor();
    this.tell();
  }

  drawCursor() {
    if (!this.cursor) return;
    this.cursor.replaceChildren();
    if (this.at === null) return;
    const x = this.x(this.at);
    this.cursor.append(line("cursor", x, margin.top, x, margin.top + this.height));
    const value = this.decisionAt(this.at)?.desiredReplicas ?? null;
    if (value === null) return;
    this.cursor.append(shape("circle", { class: "dot", cx: x, cy: this.y(value), r: 5 }));
  }

  /** A step line, with a gap wherever there is no value. */
  path(valueOf) {
    let text = "";
    let open = false;
    for (const [from, to, decision] of stretches(this.data.decisions, this.start, this.end)) {
      const value = decision ? valueOf(decision) : null;
      if (value === null) {
        open = false;
        continue;
      }
      text += open ? `V${this.y(value)}` : `M${this.x(from)} ${this.y(value)}`;
      text += `H${this.x(to)}`;
      open = true;
    }
    return text;
  }
}

/** [from, to, decision or undefined] over the whole interval. */
function stretches(decisions, start, end) {
  const found = [];
  if (!decisions.length || decisions[0].at > start) {
    found.push([start, Math.min(end, decisions[0]?.at ?? end), undefined]);
  }
  decisions.forEach((decision, index) => {
    const from = Math.max(start, decision.at);
    const to = Math.min(end, decisions[index + 1]?.at ?? end);
    if (from < to) found.push([from, to, decision]);
  });
  return found;
}

/** Whole numbers for about five lines. */
function scale(highest) {
  const rough = (highest * 1.1) / 5;
  const power = 10 ** Math.floor(Math.log10(Math.max(1, rough)));
  const step = Math.max(1, [1, 2, 5, 10].find((factor) => factor * power >= rough) * power);
  return { step, top: Math.max(step, Math.ceil((highest * 1.02) / step) * step) };
}

/** Full hours, quarters of hours, or whatever gives about as many marks as wanted. */
function ticks(start, end, wanted) {
  const steps = [5, 10, 15, 30, 60, 120, 180, 240, 360, 720].map((minutes) => minutes * 60_000);
  const step = steps.find((one) => (end - start) / one <= wanted) ?? steps.at(-1);
  const shift = new Date(start).getTimezoneOffset() * 60_000;
  const marks = [];
  for (let at = Math.ceil((start - shift) / step) * step + shift; at < end; at += step) {
    marks.push(at);
  }
  return marks;
}

function line(className, x1, y1, x2, y2) {
  return shape("line", { class: className, x1, y1, x2, y2 });
}

function label(x, y, text, anchor) {
  return shape("text", { x, y, "text-anchor": anchor }, text);
}
