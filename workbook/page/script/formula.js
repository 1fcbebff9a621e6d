// The formula bar: a cell's formula, its references in the colours of their cells, and the formula with its numbers.

import { address, byId, corners, inside, make, rangeAddress, sheetPrefix } from "./base.js";
import { OWN_ERRORS, shown } from "./book.js";
import { general, plain } from "./formats.js";
import { markColour } from "./marks.js";
import { momentText } from "./moments.js";
import { controlOf } from "./controls.js";
import { readable } from "./palette.js";

const REFERENCE =
  /"(?:[^"]|"")*"|((?:'(?:[^']|'')+'|[A-Za-z_][\w.]*)!)?(\$?[A-Za-z]{1,3}\$?[1-9]\d*(?::\$?[A-Za-z]{1,3}\$?[1-9]\d*)?)(?![\w(.])/g;
const MOST_TRACED = 500;
const MOST_CHIPS = 8;

export class FormulaBar {
  constructor(app) {
    this.app = app;
    this.depth = 1;
    this.name = byId("name");
    this.name.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.goTo();
      if (event.key === "Escape") app.grid.view.focus();
    });
    byId("back").addEventListener("click", () => this.trace(-1));
    byId("forth").addEventListener("click", () => this.trace(1));
    app.events.on("trace", (way) => this.trace(way));
    app.events.on("escape", () => {
      this.reset();
      app.say("");
    });
    app.events.on("select", () => this.reset());
    app.events.on("changed", () => this.change());
  }

  reset() {
    this.depth = 1;
    this.way = -1;
    this.show();
    this.app.grid.later();
  }

  goTo() {
    const { app } = this;
    const match = /^(?:'((?:[^']|'')+)'!|([^!']+)!)?([^!]+)$/.exec(this.name.value.trim());
    const range = match && corners(match[3]);
    const sheet = match && (match[1] || match[2]) ? app.book.sheetNamed((match[1] ?? match[2]).replaceAll("''", "'")) : app.grid.sheet.number;
    if (!range || sheet < 0) {
      const block = app.grid.sheet.source.blocks?.find(([name]) => name === this.name.value.trim());
      if (!block) return app.say("Expected an address such as B7, Adam!B7, or the name of a block.", "bad");
      app.selecting.go(app.grid.sheet.number, block[3][0][0], block[3][0][1]);
      return app.selecting.select(block[3][0][2], block[3][0][3], { extend: true, scroll: false });
    }
    app.say("");
    app.selecting.go(sheet, range[0], range[1]);
    if (range[0] !== range[2] || range[1] !== range[3]) app.selecting.select(range[2], range[3], { extend: true });
  }

  show() {
    const { app } = this;
    const { selection, book } = app;
    const { number } = app.grid.sheet;
    if (!selection) return;
    const { row, column } = selection;
    this.name.value = rangeAddress(selection.top, selection.left, selection.bottom, selection.right);
    this.text = book.isFormula(number, row, column) ? book.engine.formula(number, row, column) : null;
    this.given = null;
    const boxes = [];
    const far = [];
    if (this.text !== null) byId("formula").replaceChildren(...this.pieces(this.text, number, boxes, far));
    byId("formula").title = this.text ?? "";
    this.traced(number, row, column, boxes, far);
    app.grid.boxes = boxes;
    this.chips(far);
    this.control(number, row, column);
    this.describe(number, row, column);
    this.worth(number, row, column);
  }

  // After an edit only numbers are others.
  change() {
    const { selection, grid } = this.app;
    if (!selection) return;
    this.update?.();
    this.worth(grid.sheet.number, selection.row, selection.column);
  }

  // What the cell holds, or how its formula comes to it.
  worth(number, row, column) {
    const { book } = this.app;
    const value = book.get(number, row, column);
    const below = byId("numbers");
    if (this.text === null) {
      const given = value === null ? "" : typeof value === "number" ? plain(value) : shown(value);
      if (given !== this.given) byId("formula").replaceChildren(make("span", { text: given }));
      this.given = given;
      below.textContent = this.words(number, row, column);
    } else {
      const numbers = book.engine.explain(number, row, column);
      const result = shown(value, "General", 11);
      const why = this.whyOf(number, row, column, value);
      const filled = numbers?.replace(/^=\s*/, "") ?? result;
      // A cell that only shows another's is not said twice.
      below.textContent = `= ${filled}${[result, `"${result}"`].includes(filled) ? "" : ` = ${result}`}${why}`;
    }
    below.title = below.textContent;
  }

  // What is to be said of a value that is not computed: that nobody knows it any more, or that it is the file's.
  whyOf(number, row, column, value) {
    if (value?.error in OWN_ERRORS) return `  ${OWN_ERRORS[value.error]}`;
    const kept = this.app.sheet(number).savedAt(row, column);
    return kept === undefined ? "" : `  Kept as saved: this formula ${kept}.`;
  }

  // The formula's text in pieces; each reference gets a colour, and its cells a box of that colour.
  pieces(text, number, boxes, far) {
    const found = [];
    const hues = new Map();
    let end = 0;
    for (const match of text.matchAll(REFERENCE)) {
      const range = match[2] && corners(match[2].replaceAll("$", ""));
      if (!range) continue;
      const title = match[1]?.slice(0, -1).replace(/^'|'$/g, "").replaceAll("''", "'");
      const sheet = title === undefined ? number : this.app.book.sheetNamed(title);
      if (sheet < 0) continue;
      const key = `${sheet}!${range}`;
      if (!hues.has(key)) {
        hues.set(key, hues.size);
        if (sheet === number) boxes.push({ range, hue: hues.get(key) });
        else far.push({ sheet, range, hue: hues.get(key) });
      }
      found.push(make("span", { text: text.slice(end, match.index) }));
      const piece = make("span", { class: "ref", text: match[0] });
      const ground = this.app.night ? "222B33" : "FFFFFF";
      piece.style.color = `#${readable(markColour(hues.get(key), this.app.night).slice(1), ground)}`;
      found.push(piece);
      end = match.index + match[0].length;
    }
    found.push(make("span", { text: text.slice(end) }));
    return found;
  }

  // One step further back to the inputs, or forth to what depends on the cell.
  trace(way) {
    this.depth = this.way === way ? this.depth + 1 : way === -1 ? 2 : 1;
    this.way = way;
    this.show();
    this.app.grid.later();
    const { selection } = this.app;
    const what = way === -1 ? "what it is computed from" : "what is computed from it";
    this.app.say(`${address(selection.row, selection.column)}: ${what}, ${this.depth} step${this.depth > 1 ? "s" : ""}`, "here");
  }

  traced(number, row, column, boxes, far) {
    const { engine } = this.app.book;
    const forth = this.way === 1;
    if (!forth && this.depth < 2) return;
    if (forth) boxes.length = far.length = 0;
    let frontier = [[number, row, column, row, column]];
    const seen = new Set();
    for (let level = 0; level < this.depth; level++) {
      const next = [];
      let budget = MOST_TRACED;
      for (const [sheet, r, c] of cellsOf(frontier)) {
        if (budget-- <= 0) break;
        for (const range of forth ? engine.dependents(sheet, r, c) : engine.precedents(sheet, r, c)) {
          const key = range.join();
          if (seen.has(key)) continue;
          seen.add(key);
          next.push(range);
        }
      }
      if (forth || level > 0) {
        for (const [sheet, ...range] of next) {
          if (sheet === number) boxes.push({ range, hue: level + (forth ? 3 : 0), dashed: true });
          else if (!far.some((one) => one.sheet === sheet && inside(range[0], range[1], ...one.range))) far.push({ sheet, range, hue: level });
        }
      }
      frontier = next;
    }
  }

  // Cells of other sheets, each a button that leads there.
  chips(far) {
    const { app } = this;
    byId("chips").replaceChildren(
      ...far.slice(0, MOST_CHIPS).map(({ sheet, range, hue }) => {
        const text = sheetPrefix(app.book.sheets[sheet].title) + rangeAddress(...range);
        const chip = make("button", { class: "chip", type: "button", text, onclick: () => app.selecting.go(sheet, range[0], range[1]) });
        chip.style.borderColor = markColour(hue, app.night);
        return chip;
      }),
      ...(far.length > MOST_CHIPS ? [make("span", { class: "more", text: `and ${far.length - MOST_CHIPS} more` })] : []),
    );
  }

  words(number, row, column) {
    const { app } = this;
    const input = app.book.inputAt(number, row, column);
    if (!input) {
      const block = app.grid.sheet.blockAt(row, column);
      return block?.[2] === "recorded" ? "recorded by a run: locked" : "";
    }
    const parts = [];
    // An answer's range would say what may be right.
    if (input.optional) parts.push(input.words ?? "");
    else parts.push(rangeOf(input));
    if (input.paint) parts.push("drag over the picture to paint");
    // Some inputs' words are their range.
    if (input.verdict) parts.push(String(app.book.get(number, ...input.verdict) ?? ""));
    if (input.words && !parts.some((part) => part.endsWith(input.words))) parts.push(input.words);
    return parts.filter(Boolean).join(" · ");
  }

  control(number, row, column) {
    const input = this.app.book.inputAt(number, row, column);
    const key = input ? `${number},${row},${column}` : "";
    if (key === this.controlled) return this.update?.();
    this.controlled = key;
    const made = input && !input.paint ? controlOf(this.app, input, number, row, column) : null;
    this.update = made?.update;
    byId("knob").replaceChildren(...(made ? [made.element] : []));
  }

  describe(number, row, column) {
    const { app } = this;
    const note = app.grid.sheet.noteAt(row, column);
    const web = app.grid.sheet.webAt(row, column);
    const block = app.grid.sheet.blockAt(row, column);
    byId("block").textContent = block ? block[0].replaceAll("_", " ") : "";
    const box = byId("note");
    box.hidden = !note && !web;
    box.replaceChildren(...(note ? [note] : []), ...(note && web ? [make("br")] : []), ...(web ? ["Leads to ", wayOut(web)] : []));
  }

  // Goes where the selected cell leads outside of the page.
  follow() {
    byId("note").querySelector("a")?.click();
  }
}

// The range of what an input takes, in words.
function rangeOf({ low, high, kind, outside, strict }) {
  const shownBound = kind === "moment" ? (bound) => momentText(bound) ?? general(bound) : general;
  const unit = kind === "length" ? " signs" : "";
  if (low !== undefined && high !== undefined) return `${outside ? "not " : ""}from ${shownBound(low)} to ${shownBound(high)}${unit}`;
  if (low !== undefined) return strict ? `more than ${shownBound(low)}${unit}` : `${shownBound(low)}${unit} or more`;
  if (high !== undefined) return strict ? `less than ${shownBound(high)}${unit}` : `${shownBound(high)}${unit} or less`;
  return "";
}

// A link that says where it leads, and tells nobody there from where; another window keeps the edits.
function wayOut(to) {
  return make("a", { href: to, text: to, target: "_blank", rel: "noopener noreferrer" });
}

function* cellsOf(ranges) {
  for (const [sheet, top, left, bottom, right] of ranges) {
    for (let r = top; r <= bottom; r++) {
      for (let c = left; c <= right; c++) yield [sheet, r, c];
    }
  }
}
