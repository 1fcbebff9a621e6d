// One sheet's geometry and looks: where columns and rows begin, the style of each cell.

import { inside, placesOf } from "./base.js";
import { fold, readGroups } from "./groups.js";

const DIGIT = 7;
const MARGIN = 5;
const LEAST_WIDTH = 1100;
// So many pixels of what lies on a sheet take a row, or less.
const LEAST_ROW = 18;
const NOTHING = Object.freeze({});
const PIXELS_PER_POINT = 4 / 3;

export class Sheet {
  constructor(page, number, size) {
    const source = page.sheets[number];
    this.number = number;
    this.title = source.title;
    this.source = source;
    this.rows = Math.max(size.rows, 1);
    this.columns = Math.max(size.columns, 1);
    for (const [, , bottom, right] of source.looks ?? []) this.reach(bottom, right);
    for (const [, , bottom, right] of source.merged ?? []) this.reach(bottom, right);
    for (const { at } of source.sparklines ?? []) this.reach(...at);
    for (const chart of source.charts ?? []) this.reach(chart.at[2] + 1, chart.at[3]);
    for (const { at: [row, column], offset, size: [, height] } of [...(source.pictures ?? []), ...(source.boxes ?? [])]) {
      this.reach(row + Math.ceil((offset[1] + height) / LEAST_ROW), column);
    }
    const wide = (column) => columnPixels(source.widths?.[column] ?? source.column ?? page.column);
    // A text of the last column runs on over empty ones.
    for (let x = offsets(this.columns, wide)[this.columns]; x < LEAST_WIDTH; x += wide(this.columns++));
    this.x = offsets(this.columns, wide);
    const tall = (row) => Math.round((source.heights?.[row] ?? source.row ?? page.row) * PIXELS_PER_POINT);
    this.y = offsets(this.rows, tall);
    const { rows = [], columns = [] } = source.groups ?? {};
    this.groups = { row: readGroups(rows, source.heights ?? {}), column: readGroups(columns, source.widths ?? {}) };
    this.measure = () => Object.assign(this, { x: offsets(this.columns, wide), y: offsets(this.rows, tall) });
    this.styles = this.styled(source.looks ?? []);
    this.ruled = placesOf(this.rows, this.columns, source.rules ?? []);
    const drawn = (kind) => placesOf(this.rows, this.columns, (source.scales ?? []).map((scale) => (kind in scale ? scale : { ranges: [] })));
    this.scaled = drawn("colours");
    this.barred = drawn("bar");
    this.signed = drawn("icons");
    this.conditioned = source.conditions ? placesOf(this.rows, this.columns, source.conditions) : null;
    this.quiet = placesOf(this.rows, this.columns, source.quiet ?? []);
    this.freeze = source.freeze ?? [0, 0];
    this.rich = new Map((source.rich ?? []).map(([row, column, runs]) => [`${row},${column}`, runs]));
    this.notes = new Map((source.notes ?? []).map(([row, column, text]) => [`${row},${column}`, text]));
    this.links = new Map((source.links ?? []).map(([row, column, ...to]) => [`${row},${column}`, to]));
    this.web = new Map((source.web ?? []).map(([row, column, to]) => [`${row},${column}`, to]));
    this.saved = source.saved ? placesOf(this.rows, this.columns, source.saved) : null;
    this.merged = source.merged ?? [];
    this.joined = this.merged.length ? placesOf(this.rows, this.columns, this.merged.map((range) => ({ ranges: [range] }))) : null;
  }

  // The rectangle of the merged cells of which a cell is one; null where it stands for itself.
  mergedAt(row, column) {
    const place = this.joined ? this.joined[row * this.columns + column] : -1;
    return place < 0 ? null : this.merged[place];
  }

  // The cell that shows what a cell holds: of merged ones the first.
  headOf(row, column) {
    return this.mergedAt(row, column)?.slice(0, 2) ?? [row, column];
  }

  // The first row and column of what must be drawn where a view begins in the midst of merged cells.
  firstDrawn(row, column, lastRow, lastColumn) {
    let [top, left] = [row, column];
    for (const [first, before, last, after] of this.merged) {
      if (last < row || first > lastRow || after < column || before > lastColumn) continue;
      top = Math.min(top, first);
      left = Math.min(left, before);
    }
    return [top, left];
  }

  // Opens or closes what the heading of a row or column stands for; says what it did, or nothing.
  fold(kind, at) {
    const sizes = kind === "row" ? "heights" : "widths";
    const found = this.groups[kind].length ? fold(this.groups[kind], at, (this.source[sizes] ??= {}), this.source.groups[sizes]) : null;
    if (found) this.measure();
    return found;
  }

  reach(row, column) {
    this.rows = Math.max(this.rows, row + 1);
    this.columns = Math.max(this.columns, column + 1);
  }

  styled(looks) {
    const styles = new Int16Array(this.rows * this.columns).fill(-1);
    for (const [top, left, bottom, right, style] of looks) {
      for (let row = top; row <= bottom; row++) {
        styles.fill(style, row * this.columns + left, row * this.columns + right + 1);
      }
    }
    return styles;
  }

  style(row, column) {
    return this.styles[row * this.columns + column];
  }

  // The edges of a cell, or of the merged cells that it stands for: left, top, right, bottom.
  edgesOf(row, column) {
    const [top, left, bottom, right] = this.mergedAt(row, column) ?? [row, column, row, column];
    return [this.x[left], this.y[top], this.x[right + 1], this.y[bottom + 1]];
  }

  width(column) {
    return this.x[column + 1] - this.x[column];
  }

  height(row) {
    return this.y[row + 1] - this.y[row];
  }

  // The number format of a cell, which a number that outgrows its column may change.
  format(row, column, value, styles) {
    const place = this.ruled[row * this.columns + column];
    const rule = place < 0 ? null : this.source.rules[place];
    if (rule && (value < rule.low || value > rule.high)) return rule.format;
    const format = styles[this.style(row, column)]?.format ?? "General";
    return format === "@" ? "General" : format;
  }

  // The number format that a cell's style gives, that of texts too.
  ownFormat(row, column, styles) {
    return styles[this.style(row, column)]?.format ?? "General";
  }

  // The ground of a cell in which an error is not shown, because it waits for other cells; null where it is.
  quietly(row, column, value) {
    const place = value?.error ? this.quiet[row * this.columns + column] : -1;
    return place < 0 ? null : this.source.quiet[place].fill;
  }

  // The runs of a text whose parts look different, while the cell holds that text; undefined else.
  runsAt(row, column, text) {
    const runs = this.rich.size ? this.rich.get(`${row},${column}`) : undefined;
    return runs?.map((run) => run.text).join("") === text ? runs : undefined;
  }

  // Whether a bar or an icon stands for a number, which is not shown then.
  isDrawnAlone(row, column) {
    const at = row * this.columns + column;
    return [this.barred[at], this.signed[at]].some((place) => place >= 0 && this.source.scales[place].alone);
  }

  noteAt(row, column) {
    return this.notes.get(`${row},${column}`);
  }

  linkAt(row, column) {
    return this.links.get(`${row},${column}`);
  }

  // Where a cell leads outside of the page.
  webAt(row, column) {
    return this.web.get(`${row},${column}`);
  }

  // Why a cell shows what the file was saved with; undefined where it is computed.
  savedAt(row, column) {
    const place = this.saved ? this.saved[row * this.columns + column] : -1;
    return place < 0 ? undefined : this.source.saved[place].why;
  }

  // What the rules that hold change of a cell's looks: of the same part the first, until one says that it is the last.
  changedLooks(row, column, book) {
    if (!this.conditioned || this.conditioned[row * this.columns + column] < 0) return NOTHING;
    const found = {};
    for (const { ranges, rows, stop, ...looks } of this.source.conditions) {
      const k = ranges.findIndex((range) => inside(row, column, ...range));
      if (k < 0) continue;
      const [top, left] = ranges[k];
      const holds = book.get(book.page.aside, rows[k] + row - top, column - left);
      if (holds !== true && !(typeof holds === "number" && holds !== 0)) continue;
      Object.assign(found, { ...looks, ...found });
      if (stop) break;
    }
    return found;
  }

  // The block that a cell belongs to: name, heading, role, rectangles.
  blockAt(row, column) {
    return (this.source.blocks ?? []).find((block) => block[3].some((range) => inside(row, column, ...range)));
  }
}

function columnPixels(width) {
  return width ? Math.max(0, Math.round(width * DIGIT + MARGIN)) : 0;
}

function offsets(count, size) {
  const found = new Float64Array(count + 1);
  for (let k = 0; k < count; k++) found[k + 1] = found[k] + size(k);
  return found;
}
