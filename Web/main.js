// Which view is shown, by the address: `#/` the list, `#/policy/NAMESPACE/NAME` one policy.

import { poll } from "./api.js";
import * as list from "./list.js";
import * as policy from "./policy.js";
import { setText, zone } from "./text.js";

const listView = document.getElementById("list");
const policyView = document.getElementById("policy");
let scrolled = 0;
let first = true;

function route() {
  const parts = location.hash.split("/");
  let names = null;
  try {
    if (parts[1] === "policy" && parts.length === 4) names = parts.slice(2).map(decodeURIComponent);
  } catch {
    // An escape that is none: the list is as good an answer as any.
  }
  if (!listView.hidden) scrolled = scrollY;
  listView.hidden = names !== null;
  policyView.hidden = names === null;
  if (names) {
    scrollTo(0, 0);
    poll(policy.show(...names));
  } else {
    document.title = "Headstart";
    poll(list.update);
    requestAnimationFrame(() => scrollTo(0, scrolled));
  }
  // Who goes on by keyboard or listens starts at the top of the new view.
  if (!first) document.getElementById("main").focus({ preventScroll: true });
  first = false;
}

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.matches("input");
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    if (listView.hidden) location.hash = "#/";
    requestAnimationFrame(() => document.getElementById("search").focus());
  } else if (event.key === "Escape" && listView.hidden) {
    location.hash = "#/";
  }
});

setText("zone", zone);
addEventListener("hashchange", route);
route();
