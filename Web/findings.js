// What is wrong with manifest files and custom resources, above the list of policies.

import { get } from "./api.js";
import { element, setText } from "./text.js";

const most = 100;
const box = document.getElementById("findings");
const list = document.getElementById("findings-list");
let shown = "";

/** Reads the findings, and shows how many there are and the first of them. */
export async function showFindings() {
  const { errors, warnings, findings } = await get(`/api/v1/findings?limit=${most}`);
  box.hidden = errors + warnings === 0;
  const parts = [amount(errors, "error"), amount(warnings, "warning")].filter(Boolean);
  setText("findings-title", `${parts.join(" and ")} in manifests`);
  const text = JSON.stringify(findings);
  if (text === shown) return;
  shown = text;
  const rest = errors + warnings - findings.length;
  list.replaceChildren(...findings.map(item), ...(rest > 0 ? [element("li", {}, `and ${rest} more`)] : []));
}

function amount(number, name) {
  return number > 0 ? `${number} ${name}${number === 1 ? "" : "s"}` : "";
}

function item({ severity, file, line, column, message, lastGoodIsUsed }) {
  const place = line === null ? file : `${file}:${line}:${column}`;
  const kept = lastGoodIsUsed ? " (its last good content is used)" : "";
  return element("li", { className: severity }, element("code", {}, place), ` ${severity}: ${message}${kept}`);
}
