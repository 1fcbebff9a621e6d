// The workbook on the page: its cells' values, edits with undo and redo, and who hears of a change.

import { latest } from "./apart.js";
import { Events, inside, clock, placesOf } from "./base.js";
import { entered, readNumber } from "./entry.js";
import { formatNumber, formatText, general } from "./formats.js";

// A cell of a workbook that is not ours: whatever is no formula may be changed.
const ANY = Object.freeze({ kind: "any", title: "value", ranges: [] });

// Errors that no spreadsheet has, and what they mean.
export const OWN_ERRORS = Object.freeze({
  "#CIRCLE!": "This cell depends on itself.",
  "#GROWN!": "This array has outgrown the cells that it filled when the file was saved; a page does not make room for it. Excel does: save the file.",
  "#STALE!": "A value that was kept as it was saved is out of date: what it depends on has changed, and a page does not compute it. Excel does: save the file.",
  "#MOVED!": "Which cells this formula reads depends on values that have changed since the file was saved; a page does not follow it. Excel does: save the file.",
});

export class Book extends Events {
  constructor(page, engine) {
    super();
    this.page = page;
    this.engine = engine;
    this.sheets = page.sheets;
    this.past = [];
    this.future = [];
    this.edits = new Map();
    this.first = new Map();
    this.sizes = engine.sheets;
    this.places = [];
    /** The number format of a cell. */
    this.formatOf = () => "General";
    this.done = null;
    this.told = null;
  }

  get(sheet, row, column) {
    const size = this.sizes[sheet];
    if (!size || row < 0 || column < 0 || row >= size.rows || column >= size.columns) return null;
    return this.engine.get(sheet, row, column);
  }

  number(sheet, row, column) {
    const value = this.get(sheet, row, column);
    return typeof value === "number" ? value : NaN;
  }

  sheetNamed(title) {
    const low = title.toLowerCase();
    return this.sheets.findIndex((sheet) => sheet.title.toLowerCase() === low);
  }

  isFormula(sheet, row, column) {
    const size = this.sizes[sheet];
    return Boolean(size && row < size.rows && column < size.columns && this.engine.isFormula(sheet, row, column));
  }

  // What a cell accepts, as the workbook says it; null where nobody is to change it.
  inputAt(sheet, row, column) {
    const inputs = this.sheets[sheet]?.inputs ?? [];
    const { rows, columns } = this.sizes[sheet] ?? { rows: 0, columns: 0 };
    if (this.isHeading(sheet, row, column)) return null;
    if (row < rows && column < columns) {
      this.places[sheet] ??= placesOf(rows, columns, inputs);
      const place = this.places[sheet][row * columns + column];
      if (place >= 0) return inputs[place];
    } else {
      // A cell beyond all that is filled, which waits for an answer.
      for (const input of inputs) if (input.ranges.some((range) => inside(row, column, ...range))) return input;
    }
    if (!this.sheets[sheet]?.open || this.isFormula(sheet, row, column)) return null;
    const size = this.sizes[sheet];
    return size && row < size.rows && column < size.columns ? ANY : null;
  }

  // Whether a cell is a heading of a table, which names a column.
  isHeading(sheet, row, column) {
    return this.sheets[sheet]?.headings?.some((range) => inside(row, column, ...range)) ?? false;
  }

  choices(input) {
    if (input.choices) return input.choices;
    const [sheet, top, left, bottom, right] = input.source;
    const found = [];
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) found.push(String(this.get(sheet, row, column) ?? ""));
    }
    return input.open ? found.filter((choice) => choice !== "") : found;
  }

  // Why nobody is to change a cell.
  refusal(sheet, row, column) {
    const open = this.sheets[sheet]?.open;
    if (this.isFormula(sheet, row, column)) return `This cell is computed. Change ${open ? "one that is no formula" : "a yellow cell"}, and it follows.`;
    if (this.isHeading(sheet, row, column)) return "This is the heading of a table, by which formulas name its column: change it in a spreadsheet.";
    return open ? "This cell lies beyond all that the workbook fills." : "This cell is locked: change a yellow one.";
  }

  // The value that a person's text stands for in a cell, or the reason why the cell does not take it.
  // What is `typed` is read as the cell's format says: 5 is 5 % where it shows shares.
  accepted(sheet, row, column, text, typed = false) {
    const input = this.inputAt(sheet, row, column);
    if (!input) return { refusal: this.refusal(sheet, row, column) };
    const words = text.trim();
    if (words === "" && (input.optional || input.open)) return { value: null };
    if (input.kind === "any" || input.open) return this.taken(input, text, typed ? this.formatOf(sheet, row, column) : "General");
    if (input.kind === "list") {
      const choice = this.choices(input).find((option) => option.toLowerCase() === words.toLowerCase());
      return choice === undefined ? { refusal: input.refusal ?? "Choose one of the list." } : { value: choice };
    }
    if (input.kind === "text") return { value: words === "" ? null : text };
    const value = readNumber(words);
    const low = input.low ?? -Infinity;
    const high = input.high ?? Infinity;
    const whole = input.kind !== "whole" || Number.isInteger(value);
    if (!Number.isFinite(value) || value < low || value > high || !whole) {
      return { refusal: input.refusal ?? "Expected a number." };
    }
    return { value };
  }

  // The same of a cell of a workbook that is not ours: a value of any kind, within what its file says.
  taken(input, text, format) {
    if (text.trim().startsWith("=")) return { refusal: "A page takes values, no formulas." };
    if (input.kind === "list") {
      const choice = this.choices(input).find((option) => option.toLowerCase() === text.trim().toLowerCase());
      if (choice === undefined && !input.advice) return { refusal: input.refusal ?? "Choose one of the list." };
      return { value: entered(choice ?? text, format) };
    }
    const value = entered(text, format);
    const { low = -Infinity, high = Infinity, outside } = input;
    const size = input.kind === "length" ? String(value ?? "").length : value;
    const isOf = input.kind === "any" || (typeof size === "number" && (input.kind !== "whole" || Number.isInteger(size)));
    const fits = input.strict ? size > low && size < high : size >= low && size <= high;
    if (input.kind === "any" || input.advice || (isOf && fits !== Boolean(outside))) return { value };
    return { refusal: input.refusal ?? "The workbook does not take this here." };
  }

  // Sets cells as one step that can be undone: [[sheet, row, column, value], …]; edits of one name that follow each other
  // `join` into one. Returns how many cells changed, or the promise of it where a thread of its own computes.
  set(cells, { keep = true, join = "" } = {}) {
    const before = cells.map(([sheet, row, column]) => [sheet, row, column, this.get(sheet, row, column)]);
    const news = cells.filter(([, , , value], k) => value !== before[k][3]);
    if (news.length === 0) return 0;
    const began = clock();
    for (const [sheet, row, column, value] of before) {
      const key = `${sheet},${row},${column}`;
      if (!this.first.has(key)) this.first.set(key, value);
    }
    const done = this.engine.set(cells);
    for (const [sheet, row, column, value] of cells) {
      const key = `${sheet},${row},${column}`;
      if (this.first.get(key) === value) this.edits.delete(key);
      else this.edits.set(key, value);
    }
    if (keep) {
      const last = this.past[this.past.length - 1];
      if (join && last?.open === join) {
        last.after.push(...cells);
        last.before.push(...before);
      } else this.past.push({ before, after: [...cells], open: join });
      this.future.length = 0;
    }
    if (done instanceof Promise) return this.await(done, began, cells);
    this.tell("change", done, clock() - began, cells);
    return done.cells;
  }

  // What a thread computes: the cells that were entered show at once, what depends on them follows.
  async await(done, began, cells) {
    this.done = done;
    this.tell("entered", cells);
    try {
      const changed = await done;
      // Edits that the thread was given together are answered together.
      if (changed !== this.told) this.tell("change", changed, clock() - began, cells);
      this.told = changed;
      return changed.cells;
    } catch (error) {
      this.tell("failed", error);
      throw error;
    } finally {
      if (this.done === done) this.done = null;
    }
  }

  // A promise that all cells depend on what they show.
  async settled() {
    while (this.done) await this.done;
  }

  // Ends a stroke of the brush or a pull of a slider: what follows is another step.
  close() {
    const last = this.past[this.past.length - 1];
    if (last) last.open = "";
  }

  undo() {
    const step = this.past.pop();
    this.close();
    if (!step) return false;
    this.set(oldest(step.before), { keep: false });
    this.future.push(step);
    this.tell("history");
    return true;
  }

  redo() {
    const step = this.future.pop();
    if (!step) return false;
    this.set(latest(step.after), { keep: false });
    this.past.push(step);
    this.tell("history");
    return true;
  }

  // Back to the workbook as it was made; this too can be undone. Returns what `set` does.
  reset() {
    const cells = [...this.edits.keys()].map((key) => [...key.split(",").map(Number), this.first.get(key)]);
    return cells.length ? this.set(cells) : 0;
  }

  changedCells() {
    return [...this.edits].map(([key, value]) => [...key.split(",").map(Number), value]);
  }
}

function oldest(cells) {
  const found = new Map();
  for (const cell of cells) {
    const key = cell.slice(0, 3).join();
    if (!found.has(key)) found.set(key, cell);
  }
  return [...found.values()];
}

// A value as a cell of that format shows it.
export function shown(value, format = "General", room = 11) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return format === "General" ? general(value, room) : formatNumber(value, format);
  if (typeof value === "boolean") return value ? "TRUE" : "FALSE";
  if (typeof value === "object") return value.error;
  return formatText(value, format);
}
