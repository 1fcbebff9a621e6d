// The code beside a sheet: a tab a language; a cell lights its line, a line its cells.

import { byId, inside, make } from "./base.js";
import { general } from "./formats.js";

const TOKENS = new RegExp(
  [
    /(?<text>"""[\s\S]*?"""|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')/, /(?<note>#.*$)/,
    /(?<word>\b(?:def|return|for|in|if|elif|else|while|import|from|as|None|True|False|and|or|not|lambda|with|class|pass|raise|try|except)\b)/,
    /(?<number>\b\d+(?:\.\d+)?(?:e[+-]?\d+)?\b)/, /(?<call>\b[A-Za-z_]\w*(?=\())/,
  ].map((part) => part.source).join("|"),
  "g",
);

export class CodePanel {
  constructor(app) {
    this.app = app;
    this.language = 0;
    this.list = byId("lines");
    app.events.on("select", () => this.light());
    app.events.on("changed", () => this.values());
    app.events.on("step", () => this.values());
  }

  get code() {
    return this.app.page.codes[this.language];
  }

  show() {
    const { title } = this.app.grid.sheet;
    const lines = this.code?.lines[title];
    this.cells = this.code?.cells[title] ?? [];
    if (!lines) {
      const text = this.code ? "This sheet has no formulas of its own." : "This page came without its code.";
      this.list.replaceChildren(make("li", { class: "empty", text }));
      this.items = [];
      return;
    }
    this.items = lines.map((text, k) => {
      const item = make("li", {}, make("code", {}, ...coloured(text)), make("span", { class: "worth" }));
      item.hidden = this.judges(k);
      if (this.cells[k]?.length) {
        item.classList.add("linked");
        item.tabIndex = 0;
        item.addEventListener("click", () => this.pick(k));
        item.addEventListener("keydown", (event) => event.key === "Enter" && this.pick(k));
        item.addEventListener("pointerenter", () => this.hover(k));
        item.addEventListener("pointerleave", () => this.hover(null));
      }
      return item;
    });
    // A statement of several lines says once what it makes.
    this.ranges = this.items.map((_, k) => (k > 0 && String(this.cells[k - 1]) === String(this.cells[k]) ? [] : this.here(k).slice(0, 2)));
    this.worths = this.items.map(() => "");
    this.list.replaceChildren(...this.items);
    this.values();
    this.light();
  }

  here(k) {
    const { number } = this.app.grid.sheet;
    return (this.cells[k] ?? []).filter(([sheet]) => sheet === number).map((range) => range.slice(1));
  }

  // Whether a line only says of an answer what the sheet does: it was written when nobody had answered yet.
  judges(k) {
    const verdicts = (this.app.grid.sheet.source.inputs ?? []).map(({ verdict }) => String(verdict));
    const cells = this.here(k);
    return cells.length > 0 && cells.every(([top, left]) => verdicts.includes(`${top},${left}`));
  }

  hover(k) {
    this.app.grid.lit = k === null ? [] : this.here(k);
    this.app.grid.later();
  }

  // A line leads to the first of its cells, at the chosen step where there is one.
  pick(k) {
    const [range] = this.here(k);
    if (!range) return;
    const step = this.app.steps.current();
    const at = step?.cell(...range) ?? range;
    this.app.selecting.select(at[0], at[1]);
    this.app.grid.lit = this.here(k);
    this.app.grid.later();
  }

  light() {
    const { selection } = this.app;
    if (!selection || !this.items) return;
    let first = null;
    this.items.forEach((item, k) => {
      const on = this.here(k).some((range) => inside(selection.row, selection.column, ...range));
      item.classList.toggle("lit", on);
      if (on) first ??= item;
    });
    if (first && !byId("code").hidden) {
      const { offsetTop, offsetHeight } = first;
      const top = offsetTop - this.list.offsetTop;
      if (top < this.list.scrollTop || top + offsetHeight > this.list.scrollTop + this.list.clientHeight) {
        this.list.scrollTop = top - this.list.clientHeight / 3;
      }
    }
  }

  // What a line makes: a number, or how many rows and columns; at the chosen step the number there.
  values() {
    const { book } = this.app;
    const { number } = this.app.grid.sheet;
    const step = this.app.steps?.current();
    (this.items ?? []).forEach((item, k) => {
      const words = this.ranges[k].map(([top, left, bottom, right]) => {
        const at = top === bottom && left === right ? [top, left] : step?.cell(top, left, bottom, right);
        if (!at) return `${bottom - top + 1}×${right - left + 1}`;
        const value = book.get(number, ...at);
        return typeof value === "number" ? general(value, 9) : value === null ? "" : String(value.error ?? value).slice(0, 18);
      });
      // Cells that only show others of their sheet have the same line, and the same words.
      const text = [...new Set(words)].join("  ");
      if (this.worths[k] !== text) item.lastChild.textContent = this.worths[k] = text;
    });
  }
}

function coloured(text) {
  const found = [];
  let end = 0;
  for (const match of text.matchAll(TOKENS)) {
    const kind = Object.entries(match.groups).find(([, value]) => value !== undefined)[0];
    if (match.index > end) found.push(document.createTextNode(text.slice(end, match.index)));
    found.push(make("span", { class: `t-${kind}`, text: match[0] }));
    end = match.index + match[0].length;
  }
  found.push(document.createTextNode(text.slice(end) || (end ? "" : " ")));
  return found;
}
