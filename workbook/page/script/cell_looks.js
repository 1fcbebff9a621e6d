// What a cell shows and how it looks: its text, where that begins and ends, its colours.

import { shown } from "./book.js";
import { filledNumber, filledUp, formatInk } from "./formats.js";
import { FILL } from "./pieces.js";
import { PAPER } from "./palette.js";
import { colourOn } from "./scales.js";

const LEAST_SQUEEZE = 0.8;
// Of a line's height and that of its signs, as the style sheet has it.
const LINE_HEIGHT = 1.25;

export class CellLooks {
  constructor(grid) {
    this.grid = grid;
    this.textRoom = document.createElement("canvas").getContext("2d");
    this.widths = new Map();
  }

  text(row, column) {
    const value = this.grid.app.book.get(this.grid.sheet.number, row, column);
    if (value === null || value === "" || this.grid.sheet.quietly(row, column, value)) return "";
    if (typeof value === "number") {
      if (this.grid.sheet.isDrawnAlone(row, column)) return "";
      const room = Math.floor((this.grid.sheet.width(column) - 6) / 7.5);
      return shown(value, this.format(row, column, value), Math.max(4, Math.min(11, room)));
    }
    if (typeof value === "boolean" && this.grid.app.styleTable.entries[this.grid.sheet.style(row, column)]?.box) return value ? "☑" : "☐";
    return shown(value, this.grid.app.styleTable.entries[this.grid.sheet.style(row, column)]?.format ?? "General");
  }

  // How a number is written there.
  format(row, column, value) {
    return this.changed(row, column).format ?? this.grid.sheet.format(row, column, value, this.grid.app.styleTable.entries);
  }

  changed(row, column) {
    return this.grid.sheet.changedLooks(row, column, this.grid.app.book);
  }

  // Whether a cell is a question that nobody has answered yet.
  waits(row, column) {
    return Boolean(this.grid.app.book.inputAt(this.grid.sheet.number, row, column)?.optional) && this.grid.app.book.get(this.grid.sheet.number, row, column) === null;
  }

  // How a cell looks: what `write` puts into its node; null where there is nothing to see.
  of(row, column, part, outside) {
    const { selection } = this.grid.app;
    const merged = this.grid.sheet.mergedAt(row, column);
    if (merged ? row !== merged[0] || column !== merged[1] : this.grid.sheet.width(column) === 0) return null;
    const text = this.text(row, column);
    const active = selection && row === selection.row && column === selection.column;
    const waits = text === "" && this.waits(row, column);
    if (text === "" && !active && !waits) return null;
    const value = this.grid.app.book.get(this.grid.sheet.number, row, column);
    const style = this.grid.sheet.style(row, column);
    const entry = this.grid.app.styleTable.entries[style] ?? {};
    const isNumber = typeof value === "number";
    const format = isNumber ? this.format(row, column, value) : "";
    const align = entry.align || (isNumber ? "right" : typeof value === "string" ? sideOf(value) : value === null ? "left" : "center");
    const runsOn = typeof value === "string" && !entry.wrap && !entry.upright && !entry.slant && !entry.shrunk && !merged;
    const edges = this.grid.sheet.edgesOf(row, column);
    const tall = edges[3] - edges[1];
    const [left, width] = runsOn ? this.room(row, column, text, entry, align) : [edges[0], edges[2] - edges[0]];
    if (outside && left + width <= this.grid.sheet.x[part.from]) return null;
    const scale = this.grid.sheet.scaled[row * this.grid.sheet.columns + column];
    const changed = this.changed(row, column);
    const scaled = scale < 0 || !isNumber ? null : colourOn(this.grid.scale(scale), value);
    const { styleTable } = this.grid.app;
    const ink = changed.ink ?? (isNumber ? formatInk(value, format) : null);
    const ground = scaled ?? (changed.fill || ink ? styleTable.tint(changed.fill || entry.fill || PAPER) : null);
    const squeeze = isNumber || (entry.shrunk && !runsOn) ? this.squeeze(text, entry, entry.upright ? tall : width) : 1;
    const fits = !isNumber || entry.shrunk || squeeze >= LEAST_SQUEEZE;
    const filled = format.includes("*") || text.startsWith("##") ? filledNumber(value, format) : text;
    const runs = typeof value === "string" && !waits ? this.grid.sheet.runsAt(row, column, text) : undefined;
    // A number that is sure to be seen whole needs no clip: many without are painted as one.
    const isWhole = isNumber && fits && !entry.slant && !entry.upright && tall >= LINE_HEIGHT * this.pixels(entry);
    const isFree = this.grid.app.book.inputAt(this.grid.sheet.number, row, column);
    return {
      id: `c${row}-${column}`,
      kind: `cell ${align}${isWhole ? " whole" : ""}${style < 0 ? "" : ` k${style}`}${waits ? " waits" : ""}${isFree ? " free-cell" : ""}`,
      runs: runs ? styleTable.runs(runs, entry, ground ?? styleTable.tint(entry.fill || PAPER)) : null,
      text: runs ? "" : waits ? "?" : fits && filled.includes(FILL) ? filledUp(filled, width - 7, (sign) => this.signs(sign, entry)) : fits ? text : "#".repeat(Math.max(1, Math.floor(width / 9))),
      link: this.grid.sheet.linkAt(row, column) || this.grid.sheet.webAt(row, column) ? "link" : "",
      label: waits ? "empty: waits for your answer" : fits ? null : text,
      locked: isFree ? null : "true",
      selected: active ? "true" : null,
      left: `${left + this.grid.margin - part.at}px`,
      width: `${width}px`,
      tall: merged ? `${tall}px` : "",
      across: merged && merged[3] > merged[1] ? merged[3] - merged[1] + 1 : null,
      down: merged && merged[2] > merged[0] ? merged[2] - merged[0] + 1 : null,
      colour: ground ? `#${styleTable.ink(ink ? { ...entry, ink } : entry, ground)}` : "",
      weight: changed.bold ? "700" : "",
      slant: changed.italic ? "italic" : "",
      turn: entry.slant ? turned(entry.slant) : "",
      line: changed.strike ? "line-through" : "",
      size: fits && squeeze < 1 ? `${this.pixels(entry) * squeeze}px` : "",
    };
  }

  // How much smaller a number must be to fit its column, which is measured for another font.
  squeeze(text, entry, width) {
    return Math.min(1, (width - 3) / this.signs(text, entry));
  }

  // How high signs of a style are set.
  pixels(entry) {
    return (((entry.size ?? 11) * 4) / 3) * this.grid.app.styleTable.scaleOf(entry);
  }

  signs(text, entry) {
    const key = `${entry.size ?? 11}${entry.bold ? "b" : ""}${entry.mono ? "m" : ""}${entry.family ?? ""}`;
    if (!this.widths.has(key)) {
      const style = getComputedStyle(document.body);
      const family = style.getPropertyValue(`--${entry.mono ? "mono" : (entry.family ?? "cells")}`);
      const size = this.pixels(entry);
      this.textRoom.font = `${entry.bold ? 700 : 400} ${size}px ${family}`;
      this.widths.set(key, { font: this.textRoom.font, known: new Map() });
    }
    const { font, known } = this.widths.get(key);
    if (known.size > 5000) known.clear();
    if (!known.has(text)) {
      this.textRoom.font = font;
      known.set(text, this.textRoom.measureText(text).width);
    }
    return known.get(text);
  }

  // Where a text begins that may run on over empty cells, to its right, to its left where it ends at the right, or to both
  // sides; and how wide it is then. What lies on another pane is not run over.
  room(row, column, text, entry, align) {
    const { sheet, frozen } = this.grid;
    const width = sheet.width(column);
    const needed = this.signs(text, entry) + 12 + 9 * (entry.indent ?? 0) - width;
    const least = column < frozen[1] ? 0 : frozen[1];
    const share = align === "center" ? needed / 2 : needed;
    let before = align === "left" ? 0 : this.empty(row, column, -1, share, least);
    let after = align === "right" ? 0 : this.empty(row, column, 1, share, least);
    // A text in the middle stays there.
    if (align === "center") before = after = Math.min(before, after);
    return [sheet.x[column] - before, before + width + after];
  }

  // How many pixels of empty cells lie beside a cell, as far as they are needed.
  empty(row, column, step, needed, least) {
    const { sheet, app } = this.grid;
    let width = 0;
    for (let next = column + step; width < needed && next >= least && next < sheet.columns; next += step) {
      const value = app.book.get(sheet.number, row, next);
      if (value !== null && value !== "") break;
      width += sheet.width(next);
    }
    return width;
  }
}

// The side at which a text begins: that of its first letter.
export function sideOf(text) {
  return /^[^\p{L}]*[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}]/u.test(text) ? "right" : "left";
}

// Signs that run upwards begin at the lower edge of their cell, those that run downwards end there.
export function turned(degrees) {
  const aside = Math.sin((Math.abs(degrees) * Math.PI) / 180).toFixed(2);
  const way = degrees > 0 ? `left bottom; transform: translateX(${aside}em)` : "right bottom; transform:";
  return `display: inline-block; white-space: pre; transform-origin: ${way} rotate(${-degrees}deg)`;
}
