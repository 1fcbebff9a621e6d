// The nodes of rows and cells: what is written into them, and only as far as it is another than before.

import { make } from "./base.js";

function attribute(element, name, value) {
  if (value === null) element.removeAttribute(name);
  else element.setAttribute(name, value);
}

// How each of a node's looks is put into it.
const WRITERS = {
  id: (element, value) => (element.id = value),
  kind: (element, value) => (element.className = value),
  text: (element, value) => (element.firstChild.firstChild.data = value),
  runs: (element, value) => element.firstChild.replaceChildren(element.firstChild.firstChild, ...(value ?? []).map(runOf)),
  link: (element, value) => (element.firstChild.className = value),
  label: (element, value) => attribute(element, "aria-label", value),
  locked: (element, value) => attribute(element, "aria-readonly", value),
  selected: (element, value) => attribute(element, "aria-selected", value),
  open: (element, value) => attribute(element, "aria-expanded", value),
  index: (element, value) => attribute(element, "aria-rowindex", value),
  left: (element, value) => (element.style.left = value),
  top: (element, value) => (element.style.top = value),
  width: (element, value) => (element.style.width = value),
  tall: (element, value) => (element.style.height = value),
  across: (element, value) => attribute(element, "aria-colspan", value),
  down: (element, value) => attribute(element, "aria-rowspan", value),
  height: (element, value) => (element.style.height = value),
  colour: (element, value) => (element.style.color = value),
  size: (element, value) => (element.style.fontSize = value),
  weight: (element, value) => (element.style.fontWeight = value),
  slant: (element, value) => (element.style.fontStyle = value),
  line: (element, value) => (element.style.textDecoration = value),
  turn: (element, value) => (element.firstChild.style.cssText = value),
};

// A part of a text that looks otherwise: its signs, and how they are set.
export function runOf({ text, css }) {
  const part = make("span", { text });
  for (const [name, value] of Object.entries(css)) part.style[name] = value;
  return part;
}

// Puts looks into a node, as far as they are others than `known`, which then has them.
export function write(element, known, looks) {
  for (const name in looks) {
    if (known[name] === looks[name]) continue;
    known[name] = looks[name];
    WRITERS[name](element, looks[name]);
  }
}

// Where a text stands: its node stays when another is written, which the browser then lays out sooner.
function written() {
  return make("span", {}, document.createTextNode(""));
}

export function newCell(column) {
  const element = make("div", { role: "gridcell", "aria-colindex": column + 2 }, written());
  return { element, looks: { link: "", runs: null, label: null, locked: null, selected: null, tall: "", across: null, down: null, colour: "", size: "", weight: "", slant: "", line: "", turn: "" } };
}

// The nodes of a row: its heading, and the parts that stay and that slide across.
export function newRow(group) {
  const head = make("div", { role: "rowheader", "aria-colindex": 1 }, written());
  const parts = ["part kept", "part"].map((kind) => {
    const free = make("div", { class: "free", role: "presentation" });
    return { holder: make("div", { class: kind, role: "presentation" }, free), known: {}, free, cells: new Map() };
  });
  const element = make("div", { class: "row", role: "row" }, head, ...parts.map(({ holder }) => holder));
  group.firstChild.append(element);
  return { element, group, head, parts, row: {}, title: {}, span: "", stale: [], left: null };
}

// Rows that slide together: one layer for the browser, whatever their number.
export function rowGroup() {
  return make("div", { class: "rows", role: "rowgroup" }, make("div", { class: "slide", role: "presentation" }));
}
