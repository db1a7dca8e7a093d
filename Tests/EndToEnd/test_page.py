"""The page at / in a real browser: what it shows, how it is used, and what it survives."""

import pytest

from harness import browser as browsers
from harness.fake_prometheus import FakePrometheus
from harness.policies import fixed, policy, query, rule_from, schedule, source
from harness.waiting import eventually

pytestmark = pytest.mark.skipif(
    not browsers.available(), reason="chromium and chromedriver are missing (scripts/bootstrap test)"
)

# Reports what a screen reader or weak eyes would stumble over: controls and pictures without a
# name, ids that stand twice, headings that skip a level, tables without heads, and text whose
# contrast is below WCAG 2.2 AA.
AUDIT = """
const problems = [];
const visible = (node) => node.checkVisibility({ checkOpacity: false, checkVisibilityCSS: true });
const tell = (node, what) => problems.push(`${what}: ${node.outerHTML.slice(0, 120)}`);
const named = (node) => Boolean(
  node.getAttribute("aria-label")
  || (node.getAttribute("aria-labelledby") ?? "").split(" ").some(
    (id) => id && document.getElementById(id)?.textContent.trim())
  || [...(node.labels ?? [])].some((label) => label.textContent.trim())
  || node.textContent.trim());
for (const node of document.querySelectorAll("a, button, input, select, [role=slider], [role=img]")) {
  if (visible(node) && !named(node)) tell(node, "no name");
}
for (const node of document.querySelectorAll("img")) {
  if (!node.hasAttribute("alt")) tell(node, "no alternative");
}
for (const node of document.querySelectorAll("svg")) {
  if (!node.closest("[aria-hidden=true]") && node.getAttribute("role") !== "img") {
    tell(node, "a drawing that is neither hidden nor named");
  }
}
const ids = [...document.querySelectorAll("[id]")].map((node) => node.id);
for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) problems.push(`id twice: ${id}`);
let level = 0;
for (const node of document.querySelectorAll("h1, h2, h3, h4")) {
  if (!visible(node)) continue;
  const next = Number(node.tagName[1]);
  if (next > level + 1) tell(node, `heading ${next} after ${level}`);
  level = next;
}
if (document.querySelectorAll("main").length !== 1) problems.push("not one main");
if (!document.documentElement.lang) problems.push("no language");
for (const table of document.querySelectorAll("table")) {
  if (visible(table) && !table.querySelector("th[scope=col]")) tell(table, "no column heads");
}
for (const cell of document.querySelectorAll("[role=row] > *")) {
  if (!["cell", "columnheader"].includes(cell.getAttribute("role"))) tell(cell, "no cell");
}
for (const node of document.querySelectorAll("*")) {
  for (const name of ["aria-labelledby", "aria-describedby"]) {
    for (const id of (node.getAttribute(name) ?? "").split(" ")) {
      if (id && !document.getElementById(id)) tell(node, `${name} leads nowhere`);
    }
  }
}

// Colours, on a canvas: whatever notation, it gives bytes.
const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
const bytes = (colour, ground) => {
  canvas.globalCompositeOperation = "source-over";
  canvas.fillStyle = ground ? `rgb(${ground})` : "#fff";
  canvas.fillRect(0, 0, 1, 1);
  canvas.fillStyle = colour;
  canvas.fillRect(0, 0, 1, 1);
  return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)];
};
const ground = (node) => {
  const layers = [];
  for (let up = node; up; up = up.parentElement) layers.unshift(getComputedStyle(up).backgroundColor);
  let colour = bytes(getComputedStyle(document.body).backgroundColor);
  for (const layer of layers) colour = bytes(layer, colour);
  return colour;
};
const light = (colour) => {
  const [red, green, blue] = colour.map((byte) => {
    const share = byte / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const contrast = (one, other) => {
  const [bright, dark] = [light(one), light(other)].sort((a, b) => b - a);
  return (bright + 0.05) / (dark + 0.05);
};
let looked = 0;
for (const node of document.querySelectorAll("body *")) {
  const says = [...node.childNodes].some(
    (child) => child.nodeType === Node.TEXT_NODE && child.textContent.trim());
  if (!says || !visible(node) || node.closest("noscript, .hidden, .skip")) continue;
  const style = getComputedStyle(node);
  const under = ground(node);
  const text = node instanceof SVGElement ? style.fill : style.color;
  const size = parseFloat(style.fontSize);
  const needed = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
  const found = contrast(bytes(text, under), under);
  looked += 1;
  if (found < needed) tell(node, `contrast ${found.toFixed(2)} of ${needed}`);
}
for (const node of document.querySelectorAll("path.step, .spark path")) {
  const found = contrast(bytes(getComputedStyle(node).stroke), ground(node));
  if (found < 3) tell(node, `contrast ${found.toFixed(2)} of 3`);
}
return { problems, looked };
"""


MARKUP = "<img src=x onerror=document.title='owned'>&amp;"


@pytest.fixture
def upstream():
    instance = FakePrometheus()
    yield instance
    instance.close()


def soon(minutes, replicas, name="Soon"):
    from datetime import timedelta

    from harness.policies import now

    return rule_from(now() + timedelta(minutes=minutes), replicas, name=name)


@pytest.fixture
def server(headstart, upstream):
    calendar = schedule([soon(40, 10), soon(150, 14, name="Later")], default=3)
    return headstart(
        policies={
            "a.yaml": policy(
                "checkout", calendar, query("rate(requests[1m])", 100, origin="main"),
                namespace="shop", leadTime="30m", limits={"minReplicas": 2, "maxReplicas": 20},
            ),
            "b.yaml": policy("mailer", query("up", origin="lost"), namespace="shop"),
            "c.yaml": policy(
                "gateway", fixed(4), {"required": False} | query("up", origin="lost"),
                namespace="edge",
            ),
            "d.yaml": policy(
                "markup", schedule([{"name": MARKUP, "start": "00:00", "end": "24:00", "replicas": 2}]),
                namespace="edge",
            ),
            "e.yaml": source("main", "prometheus", upstream.url),
            "f.yaml": source("lost", "prometheus", "http://127.0.0.1:1"),
        }
    )


def check(window):
    audit = window.run(AUDIT)
    assert audit["looked"] > 10
    assert audit["problems"] == []
    assert window.console() == []


def show_list(window, server):
    window.open(server.http_url + "/")
    window.wait_for("return document.querySelectorAll('#rows .row a[href]').length >= 3")
    window.wait_for_text("#live", "live")
    return window


def show_policy(window, server, path="shop/checkout"):
    window.open(f"{server.http_url}/#/policy/{path}")
    window.wait_for("return document.querySelector('#chart svg') !== null")
    return window


@pytest.mark.parametrize(
    "view, options",
    [
        ("wide", {}),
        ("wide-dark", {"dark": True}),
        ("phone", {"width": 390, "height": 844}),
        ("phone-dark", {"width": 390, "height": 844, "dark": True}),
    ],
)
def test_every_view_can_be_read_by_everybody(server, open_browser, view, options):
    window = show_list(open_browser(**options), server)
    window.wait_for("return document.querySelectorAll('.spark').length >= 3")
    check(window)
    assert window.run("return document.documentElement.scrollWidth <= innerWidth")
    window.screenshot(f"list-{view}")
    show_policy(window, server)
    check(window)
    assert window.run("return document.documentElement.scrollWidth <= innerWidth")
    window.screenshot(f"policy-{view}")


def test_the_list_says_state_replicas_reason_and_next_change(server, open_browser):
    window = show_list(open_browser(), server)
    rows = window.run(
        "return Object.fromEntries([...document.querySelectorAll('#rows .row')].map((row) =>"
        " [row.querySelector('a').textContent, row.innerText]))"
    )
    assert "Unavailable" in rows["mailer"] and "–" in rows["mailer"]
    assert "Degraded" in rows["gateway"] and "4" in rows["gateway"]
    assert "OK" in rows["checkout"] and "10 at" in rows["checkout"]
    assert "live asks for 3 now (300" in rows["checkout"]
    assert window.text("#count-all") == "4"


def test_markup_in_a_manifest_stays_text(server, open_browser):
    window = show_list(open_browser(), server)
    window.wait_for_text("#rows", MARKUP)
    show_policy(window, server, "edge/markup")
    assert MARKUP in window.text("#signals") and MARKUP in window.text("#instant-why")
    window.open(f"{server.http_url}/#/policy/edge/%3Cimg%20src%3Dx%3E")
    window.wait_for_text("#policy-title", "<img src=x>")
    assert window.run("return document.querySelectorAll('main img').length") == 0
    assert "owned" not in window.run("return document.title")


def test_search_and_filter(server, open_browser):
    window = show_list(open_browser(), server)
    names = "return [...document.querySelectorAll('#rows .row a')].map((a) => a.textContent)"
    window.press("/")
    window.wait_for("return document.activeElement.id === 'search'")
    window.type("SHOP check")
    eventually(lambda: window.run(names) == ["checkout"])
    assert "1 policy matches." in window.text("#matches")
    window.run("const s = document.getElementById('search'); s.value = ''; s.dispatchEvent(new Event('input'))")
    window.click("input[name=state][value=unavailable]")
    eventually(lambda: window.run(names) == ["mailer"])
    window.run("const s = document.getElementById('search'); s.value = 'none+such'; s.dispatchEvent(new Event('input'))")
    window.wait_for_text("#none", "No policy matches")


def test_everything_works_by_keyboard(server, open_browser):
    window = show_list(open_browser(), server)
    window.press("/")
    window.wait_for("return document.activeElement.id === 'search'")
    focused = "return document.activeElement.textContent"
    window.press("Down")
    first = window.run(focused)
    window.press("Down")
    assert window.run(focused) != first
    window.press("Up")
    assert window.run(focused) == first
    window.press("Up")
    assert window.run("return document.activeElement.id") == "search"
    window.type("checkout")
    window.wait_for("return document.querySelectorAll('#rows .row').length === 1")
    window.press("Down", "Enter")
    window.wait_for_text("#policy-title", "shop/checkout")
    window.wait_for("return document.querySelector('#chart svg') !== null")

    window.run("document.getElementById('chart').focus()")
    value = "return document.getElementById('chart').getAttribute('aria-valuetext')"
    assert "3 replicas" in window.run(value)
    window.press("Right")
    assert "10 replicas: calendar asks for 10" in window.run(value)
    assert "10 replicas: calendar asks for 10" in window.text("#instant-why")
    assert "in " in window.text("#instant-time")
    window.press("End")
    window.press("Home")
    assert "not known" in window.run(value)
    window.press("Escape")
    assert window.text("#instant-time") == "Now"
    window.run("document.getElementById('chart').blur()")
    window.press("Escape")
    window.wait_for("return !document.getElementById('list').hidden")


def test_the_chart_tells_the_instant_that_is_pointed_at(server, open_browser):
    window = show_policy(open_browser(), server)
    left, top, width, height = window.run(
        "const r = document.getElementById('chart').getBoundingClientRect();"
        "return [r.left, r.top, r.width, r.height]"
    )
    window.hover(left + width * 0.72, top + height / 2)
    window.wait_for_text("#instant-why", "14 replicas: calendar asks for 14")
    assert "Later" in window.text("#instant-signals")
    lines = window.run("return document.querySelectorAll('#chart path.step').length")
    assert lines == 3
    for mark in ["lead", "now", "limit"]:
        assert window.run(f"return document.querySelectorAll('#chart .{mark}').length") > 0


def test_a_policy_shows_its_decision_what_ifs_and_sources(server, open_browser):
    window = show_policy(open_browser(), server)
    assert window.text("#policy-replicas") == "3"
    assert "checkout" in window.run("return document.title")
    assert "live" in window.text("#signals") and "value 300" in window.text("#signals")
    assert "at least 2, at most 20" in window.text("#limits")
    assert "Without live" in window.text("#whatifs")
    assert "With a lead time of 1h" in window.text("#whatifs")
    assert "prometheus main" in window.text("#sources") and "Up" in window.text("#sources")
    assert "No ScaledObject asks" in window.text("#between")
    assert "3 replicas" in window.text("#changes")


def test_a_lost_signal_leaves_a_gap_and_its_error(server, open_browser):
    window = show_policy(open_browser(), server, "shop/mailer")
    assert window.text("#policy-state") == "Unavailable"
    assert "refused" in window.text("#sources")
    assert window.run("return document.querySelectorAll('#chart .lost-band').length") > 0
    check(window)


def test_it_is_live(server, upstream, open_browser):
    window = show_policy(open_browser(), server)
    assert window.text("#policy-replicas") == "3"
    upstream.result = {"resultType": "scalar", "result": [0, "740"]}
    window.wait_for_text("#policy-replicas", "8", timeout=20)
    assert "8 replicas" in window.text("#changes")


def test_a_policy_that_is_not_there_says_so(server, open_browser):
    window = open_browser()
    window.open(f"{server.http_url}/#/policy/shop/chekout")
    window.wait_for_text("#policy-missing", "did you mean shop/checkout?")
    check_messages = [line for line in window.console() if "404" not in line]
    assert check_messages == []


def test_a_lost_connection_shows(server, open_browser):
    window = show_list(open_browser(), server)
    server.stop()
    window.wait_for_text("#lost", "Connection lost", timeout=20)
    assert window.text("#live") == "not connected"
    assert window.run("return document.getElementById('lost').getAttribute('role')") == "alert"
    assert "What you see is from" in window.text("#lost")
    assert window.run(AUDIT)["problems"] == []
    window.screenshot("connection-lost")


def test_five_thousand_policies_stay_smooth(headstart, open_browser):
    manifests = "\n---\n".join(
        policy(f"service-{number:04}", fixed(number % 40 + 1), namespace=f"team-{number % 50:02}")
        for number in range(5000)
    )
    window = open_browser()
    server = headstart(policies={"all.yaml": manifests})
    show_list(window, server)
    assert window.text("#count-all") == "5,000"
    assert window.run("return document.querySelectorAll('#rows .row').length") < 60

    # From end to end, a screen at a time; the longest pause between two frames counts.
    window.run(
        """
        window.frames = [];
        window.reads = [];
        new PerformanceObserver((list) => reads.push(...list.getEntries()
          .filter((entry) => entry.name.includes("/api/v1/policies?"))
          .map((entry) => [entry.startTime, entry.responseEnd]))).observe({ type: "resource" });
        let last = performance.now();
        const frame = (now) => { frames.push(now - last); last = now; requestAnimationFrame(frame); };
        requestAnimationFrame(frame);
        window.walk = setInterval(() => scrollBy(0, 4000), 30);
        """
    )
    window.wait_for("return scrollY + innerHeight >= document.body.scrollHeight - 80", timeout=60)
    window.run("clearInterval(walk)")
    window.wait_for_text("#rows .row:last-child a", "service-4999")
    assert window.run("return document.querySelectorAll('#rows .row').length") < 60
    frames = sorted(window.run("return frames"))
    # No claim about this machine: only that no step takes as long as drawing all rows would.
    assert frames[len(frames) // 2] < 250
    # However fast it goes, the server is asked for one screen at a time: two pages at most.
    reads = sorted(window.run("return reads"))
    assert len(reads) > 2
    for begin, _ in reads:
        assert sum(other <= begin < end for other, end in reads) <= 2

    window.run("scrollTo(0, 0)")
    window.press("/")
    window.wait_for("return document.activeElement.id === 'search'")
    window.type("team-07 4957")
    eventually(
        lambda: window.run("return [...document.querySelectorAll('#rows a')].map((a) => a.textContent)")
        == ["service-4957"]
    )
    window.screenshot("five-thousand")
    check(window)
