// The sheet on the screen: a canvas of grounds and lines, signs over it, a canvas of marks on top; only what is in view.

import { address, clamp, clock, inside, lastAtMost, letters, make, oncePerFrame } from "./base.js";
import { shown } from "./book.js";
import { newCell, newRow, rowGroup, write } from "./nodes.js";
import { colourOn, measure } from "./scales.js";

const HEAD = 22;
const FLASH = 900;
const FRAME = "00664B";
const LOOK_LEFT = 14;
// A letter of a column's heading takes so many pixels: letters that would run into those beside them are not shown.
const LEAST_HEAD = 10;
const SPARE = 3;
const LEAST_SQUEEZE = 0.8;
const MARKS = ["#0072B2", "#D55E00", "#009E73", "#AA4499", "#B58900", "#2E9BD6", "#7A5195"];

export class Grid {
  constructor(app, root) {
    this.app = app;
    this.scroller = root;
    this.space = make("div", { class: "space" });
    this.back = make("canvas", { class: "layer", "aria-hidden": "true" });
    this.front = make("canvas", { class: "layer marks", "aria-hidden": "true" });
    this.heads = make("div", { class: "heads", role: "rowgroup" });
    this.rowsTop = rowGroup();
    this.rowsBody = rowGroup();
    this.charts = make("div", { class: "charts", role: "presentation" });
    this.view = make("div", {
      id: "grid", class: "view", role: "grid", tabindex: "0", "aria-multiselectable": "true",
      "aria-describedby": "hint",
    });
    this.view.style.fontSize = `${((11 * 4) / 3) * app.styleTable.scale}px`;
    this.overlay = make("div", { class: "overlay" });
    this.stack = make("div", { class: "stack" });
    this.view.append(this.heads, this.rowsTop, this.rowsBody);
    this.stack.append(this.back, this.view, this.charts, this.front, this.overlay);
    this.space.append(this.stack);
    this.scroller.append(this.space);
    this.drawn = new Map();
    this.flashes = [];
    this.boxes = [];
    this.lit = [];
    this.band = [];
    this.version = 0;
    this.textRoom = document.createElement("canvas").getContext("2d");
    this.widths = new Map();
    this.scrolled = [0, 0];
    this.turn();
    this.later = oncePerFrame(() => this.draw());
    // While changed cells glow, nothing else moves.
    this.glow = oncePerFrame(() => this.drawMarks(this.panes()));
    this.scroller.addEventListener("scroll", () => this.slid(), { passive: true });
    new ResizeObserver(() => this.resize()).observe(this.scroller);
  }

  show(sheet) {
    this.sheet = sheet;
    if (!this.size) this.resize();
    this.margin = Math.max(34, String(sheet.rows).length * 8 + 12);
    this.frozen = [
      Math.min(sheet.freeze[0], sheet.rows), Math.min(sheet.freeze[1], sheet.columns),
    ];
    this.space.style.width = `${this.margin + sheet.x[sheet.columns] + 24}px`;
    this.space.style.height = `${HEAD + sheet.y[sheet.rows] + 24}px`;
    this.view.setAttribute("aria-rowcount", sheet.rows + 1);
    this.view.setAttribute("aria-colcount", sheet.columns + 1);
    this.view.setAttribute("aria-label", `Sheet ${sheet.title}`);
    this.view.classList.add("fresh");
    this.boxes = [];
    this.lit = [];
    this.flashes = [];
    this.scroller.scrollTo(0, 0);
    this.scrolled = [0, 0];
    this.refresh();
  }

  // Where the sheet stands is asked for when it has moved: to ask after something is written makes the browser lay out
  // the page at once.
  slid() {
    this.scrolled = [this.scroller.scrollLeft, this.scroller.scrollTop];
    this.draw();
  }

  // The cells hold other values, or wear other colours.
  refresh() {
    this.version += 1;
    this.scales = [];
    this.later();
  }

  // Cells of some rectangles, [sheet, top, left, bottom, right] after each other, hold other values: rows without any of
  // them, and of no colour scale that has any, stay as they are.
  renew(ranges) {
    this.scales = [];
    const changed = this.here(ranges);
    const scaled = (this.sheet.source.scales ?? []).filter((scale) => scale.ranges.some((one) => changed.some((other) => meet(one, other))));
    const rows = [...changed, ...scaled.flatMap((scale) => scale.ranges)];
    for (const [row, found] of this.drawn) {
      if (rows.some(([top, , bottom]) => row >= top && row <= bottom)) found.span = "";
    }
    this.later();
  }

  // A colour scale, measured when a cell of it comes into view.
  scale(place) {
    const { book, styleTable } = this.app;
    this.scales[place] ??= measure(this.sheet.source.scales[place], this.sheet.number, book, styleTable.tint);
    return this.scales[place];
  }

  // The colours of the marks, by day or by night.
  turn() {
    const style = getComputedStyle(document.body);
    this.colours = Object.fromEntries(
      ["accent", "flash", "band", "lit", "note", "rule"].map((name) => [name, style.getPropertyValue(`--${name}`).trim()]),
    );
    this.headSpan = null;
  }

  resize() {
    const [width, height] = [this.scroller.clientWidth, this.scroller.clientHeight];
    if (!width || !height) return;
    const ratio = window.devicePixelRatio || 1;
    for (const canvas of [this.back, this.front]) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    this.stack.style.width = `${width}px`;
    this.stack.style.height = `${height}px`;
    this.size = [width, height];
    this.scrolled = [this.scroller.scrollLeft, this.scroller.scrollTop];
    this.version += 1;
    this.later();
  }

  // The parts of the view: the cells in it, where it lies, and by how much its cells are moved.
  panes() {
    const { x, y, rows, columns } = this.sheet;
    const [width, height] = this.size;
    const [top, left] = this.frozen;
    const [fx, fy] = [x[left], y[top]];
    const [scrollLeft, scrollTop] = this.scrolled;
    const r0 = Math.min(rows - 1, lastAtMost(y, fy + scrollTop));
    const r1 = Math.min(rows - 1, lastAtMost(y, scrollTop + height - HEAD));
    // Some columns more, so that a scroll across fills the rows anew less often.
    const c0 = Math.min(columns - 1, lastAtMost(x, fx + scrollLeft) & ~SPARE);
    const c1 = Math.min(columns - 1, lastAtMost(x, scrollLeft + width - this.margin) | SPARE);
    const down = (from, to, at, room, move) => ({ from, to, at, room, move });
    const vertical = [down(0, top - 1, HEAD, fy, 0), down(Math.max(r0, top), r1, HEAD + fy, height - HEAD - fy, scrollTop)];
    const across = [
      down(0, left - 1, this.margin, fx, 0),
      down(Math.max(c0, left), c1, this.margin + fx, width - this.margin - fx, scrollLeft),
    ];
    return { vertical, across };
  }

  draw() {
    if (!this.size || !this.sheet) return;
    const panes = this.panes();
    this.drawGrounds(panes);
    this.drawSigns(panes);
    this.drawMarks(panes);
    this.placeCharts();
    this.app.events.tell("drawn");
  }

  eachPane(context, panes, action) {
    for (const down of panes.vertical) {
      for (const across of panes.across) {
        if (down.to < down.from || across.to < across.from || down.room <= 0 || across.room <= 0) continue;
        context.save();
        context.beginPath();
        context.rect(across.at, down.at, across.room, down.room);
        context.clip();
        context.translate(this.margin - across.move, HEAD - down.move);
        action(down, across);
        context.restore();
      }
    }
  }

  drawGrounds(panes) {
    const ratio = window.devicePixelRatio || 1;
    const context = this.back.getContext("2d", { alpha: false });
    const { styleTable, book } = this.app;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = `#${styleTable.paper}`;
    context.fillRect(0, 0, ...this.size);
    const { x, y, number } = this.sheet;
    this.eachPane(context, panes, (down, across) => {
      const lines = [];
      for (let row = down.from; row <= down.to; row++) {
        const [top, tall] = [y[row], y[row + 1] - y[row]];
        for (let column = across.from; column <= across.to; column++) {
          const style = this.sheet.style(row, column);
          const entry = style < 0 ? null : styleTable.entries[style];
          const scale = this.sheet.scaled[row * this.sheet.columns + column];
          const scaled = scale < 0 ? null : colourOn(this.scale(scale), book.number(number, row, column));
          const quiet = this.sheet.quietly(row, column, book.get(number, row, column));
          const fill = quiet ? `#${styleTable.tint(quiet)}` : scaled ? `#${scaled}` : entry && styleTable.fills[style];
          if (fill) {
            context.fillStyle = fill;
            context.fillRect(x[column], top, x[column + 1] - x[column], tall);
          }
          if (entry?.box || entry?.frame) lines.push([row, column, entry, styleTable.edges[style]]);
        }
      }
      for (const [row, column, entry, edge] of lines) this.drawBox(context, row, column, entry, edge);
    });
  }

  drawBox(context, row, column, entry, edge) {
    if (entry.box) this.drawSides(context, row, column, entry.box, edge, entry.line, 1);
    if (entry.frame) this.drawSides(context, row, column, entry.frame, `#${this.app.styleTable.tint(FRAME)}`, "medium", 2);
  }

  drawSides(context, row, column, [hasTop, hasRight, hasBottom, hasLeft], edge, kind, width) {
    const { x, y } = this.sheet;
    const [left, top, right, bottom] = [x[column], y[row], x[column + 1], y[row + 1]];
    const half = width / 2;
    context.strokeStyle = edge;
    context.setLineDash(kind === "dashed" ? [3, 2] : kind === "hair" || kind === "dotted" ? [1, 1] : []);
    context.lineWidth = width;
    context.beginPath();
    const line = (x0, y0, x1, y1) => {
      context.moveTo(x0, y0);
      context.lineTo(x1, y1);
    };
    if (hasTop) line(left, top + half, right, top + half);
    if (hasRight) line(right - half, top, right - half, bottom);
    if (hasBottom) line(left, bottom - half, right, bottom - half);
    if (hasLeft) line(left + half, top, left + half, bottom);
    context.stroke();
    context.setLineDash([]);
  }

  text(row, column) {
    const value = this.app.book.get(this.sheet.number, row, column);
    if (value === null || value === "" || this.sheet.quietly(row, column, value)) return "";
    if (typeof value === "number") {
      const format = this.sheet.format(row, column, value, this.app.styleTable.entries);
      const room = Math.floor((this.sheet.width(column) - 6) / 7.5);
      return shown(value, format, Math.max(4, Math.min(11, room)));
    }
    return shown(value, this.app.styleTable.entries[this.sheet.style(row, column)]?.format ?? "General");
  }

  // Rows keep their nodes while they stay in view and nothing in them changes.
  drawSigns(panes) {
    const { vertical, across } = panes;
    const span = `${this.version}/${across[0].to}/${across[1].from}/${across[1].to}`;
    this.drawHeads(panes, span);
    // A text in a column that stays in view runs on over the others, until they move under it.
    this.view.classList.toggle("home", this.scrolled[0] === 0);
    const parts = [[vertical[0], this.rowsTop], [vertical[1], this.rowsBody]];
    const left = this.leavers(parts);
    for (const [part, group] of parts) {
      group.style.top = `${part.at}px`;
      group.style.height = `${Math.max(0, part.room)}px`;
      group.firstChild.style.transform = `translateY(${HEAD - part.move - part.at}px)`;
      for (let row = part.from; row <= part.to; row++) {
        const found = this.drawn.get(row) ?? this.entrant(row, group, left);
        if (found.span !== span) this.fillRow(found, row, across, span);
        if (found.left !== across[1].move) {
          found.left = across[1].move;
          found.parts[1].free.style.transform = `translateX(${-found.left}px)`;
        }
      }
    }
    for (const { element } of left) element.remove();
    this.pointAt();
  }

  // The rows that leave the view, whose nodes those that enter it take over.
  leavers(parts) {
    const left = [];
    for (const [row, found] of this.drawn) {
      if (parts.some(([part, group]) => found.group === group && row >= part.from && row <= part.to)) continue;
      left.push(found);
      this.drawn.delete(row);
    }
    return left;
  }

  entrant(row, group, left) {
    const at = left.findIndex((one) => one.group === group);
    const found = at < 0 ? newRow(group) : left.splice(at, 1)[0];
    found.span = "";
    this.drawn.set(row, found);
    return found;
  }

  drawHeads(panes, span) {
    const { across } = panes;
    if (this.headSpan !== span) {
      this.headSpan = span;
      const corner = make("div", { class: "corner", role: "columnheader", "aria-colindex": 1, text: "Row" });
      const row = make("div", { class: "row", role: "row", "aria-rowindex": 1 }, corner);
      this.headFree = null;
      across.forEach((part, k) => {
        const holder = make("div", { class: "part", role: "presentation" });
        const free = make("div", { class: "free", role: "presentation" });
        holder.style.left = `${part.at}px`;
        holder.style.width = `${Math.max(0, part.room)}px`;
        for (let column = part.from; column <= part.to; column++) {
          const head = make("div", {
            class: "head", role: "columnheader", "aria-colindex": column + 2, text: letters(column),
          });
          head.style.left = `${this.sheet.x[column] + this.margin - part.at}px`;
          head.style.width = `${this.sheet.width(column)}px`;
          if (this.sheet.width(column) < LEAST_HEAD * letters(column).length) head.classList.add("narrow");
          if (this.app.selection && inside(0, column, 0, this.app.selection.left, 0, this.app.selection.right)) {
            head.classList.add("on");
          }
          free.append(head);
        }
        holder.append(free);
        row.append(holder);
        if (k === 1) this.headFree = free;
      });
      corner.style.width = `${this.margin}px`;
      this.heads.replaceChildren(row);
      this.headLeft = null;
    }
    if (this.headLeft !== across[1].move) {
      this.headLeft = across[1].move;
      this.headFree.style.transform = `translateX(${-this.headLeft}px)`;
    }
  }

  fillRow(found, row, across, span) {
    found.span = span;
    found.left = null;
    const { selection } = this.app;
    const tall = this.sheet.height(row);
    const on = selection && row >= selection.top && row <= selection.bottom;
    write(found.element, found.row, { index: row + 2, top: `${this.sheet.y[row]}px`, height: `${tall}px` });
    write(found.head, found.title, {
      text: row + 1, width: `${this.margin}px`, kind: `rowhead${tall < 11 ? " narrow" : ""}${on ? " on" : ""}`,
    });
    across.forEach((part, k) => {
      const { holder, known, free, cells } = found.parts[k];
      write(holder, known, { left: `${part.at}px`, width: `${Math.max(0, part.room)}px` });
      const from = k === 1 ? Math.max(this.frozen[1], part.from - LOOK_LEFT) : part.from;
      for (const [column, cell] of cells) {
        if (column >= from && column <= part.to) continue;
        cell.element.remove();
        cells.delete(column);
      }
      let next = null;
      for (let column = part.to; column >= from; column--) {
        const looks = this.cell(row, column, part, column < part.from);
        let cell = cells.get(column);
        if (!looks) {
          cell?.element.remove();
          cells.delete(column);
          continue;
        }
        if (!cell) {
          cell = newCell(column);
          cells.set(column, cell);
          free.insertBefore(cell.element, next);
        }
        write(cell.element, cell.looks, looks);
        next = cell.element;
      }
    });
  }

  // How a cell looks: what `write` puts into its node; null where there is nothing to see.
  cell(row, column, part, outside) {
    const { selection } = this.app;
    const text = this.text(row, column);
    const active = selection && row === selection.row && column === selection.column;
    const waits = text === "" && this.waits(row, column);
    if (text === "" && !active && !waits) return null;
    const value = this.app.book.get(this.sheet.number, row, column);
    const style = this.sheet.style(row, column);
    const entry = this.app.styleTable.entries[style] ?? {};
    const isNumber = typeof value === "number";
    const align = entry.align || (isNumber ? "right" : typeof value === "string" || value === null ? "left" : "center");
    let width = this.sheet.width(column);
    if (typeof value === "string" && !entry.wrap && !entry.upright && align === "left") {
      width = this.room(row, column, text, entry, width);
    }
    if (outside && this.sheet.x[column] + width <= this.sheet.x[part.from]) return null;
    const scale = this.sheet.scaled[row * this.sheet.columns + column];
    const ground = scale < 0 || !isNumber ? null : colourOn(this.scale(scale), value);
    const squeeze = isNumber ? this.squeeze(text, entry, width) : 1;
    const fits = squeeze >= LEAST_SQUEEZE;
    const isFree = this.app.book.inputAt(this.sheet.number, row, column);
    return {
      id: `c${row}-${column}`,
      kind: `cell ${align}${style < 0 ? "" : ` k${style}`}${waits ? " waits" : ""}${isFree ? " free-cell" : ""}`,
      text: waits ? "?" : fits ? text : "#".repeat(Math.max(1, Math.floor(width / 9))),
      link: this.sheet.linkAt(row, column) ? "link" : "",
      label: waits ? "empty: waits for your answer" : fits ? null : text,
      locked: isFree ? null : "true",
      selected: active ? "true" : null,
      left: `${this.sheet.x[column] + this.margin - part.at}px`,
      width: `${width}px`,
      colour: ground ? `#${this.app.styleTable.ink(entry, ground)}` : "",
      size: fits && squeeze < 1 ? `${(((entry.size ?? 11) * 4) / 3) * this.app.styleTable.scaleOf(entry) * squeeze}px` : "",
    };
  }

  // Whether a cell is a question that nobody has answered yet.
  waits(row, column) {
    return Boolean(this.app.book.inputAt(this.sheet.number, row, column)?.optional) && this.app.book.get(this.sheet.number, row, column) === null;
  }

  // How much smaller a number must be to fit its column, which is measured for another font.
  squeeze(text, entry, width) {
    return Math.min(1, (width - 3) / this.signs(text, entry));
  }

  signs(text, entry) {
    const key = `${entry.size ?? 11}${entry.bold ? "b" : ""}${entry.mono ? "m" : ""}`;
    if (!this.widths.has(key)) {
      const style = getComputedStyle(document.body);
      const family = style.getPropertyValue(entry.mono ? "--mono" : "--cells");
      const size = (((entry.size ?? 11) * 4) / 3) * this.app.styleTable.scaleOf(entry);
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

  // How wide a text may run on over the empty cells to its right.
  room(row, column, text, entry, width) {
    const needed = this.signs(text, entry) + 12 + 9 * (entry.indent ?? 0);
    for (let next = column + 1; width < needed && next < this.sheet.columns; next++) {
      const value = this.app.book.get(this.sheet.number, row, next);
      if (value !== null && value !== "") break;
      width += this.sheet.width(next);
    }
    return width;
  }

  pointAt() {
    const { selection } = this.app;
    if (!selection) return;
    const id = `c${selection.row}-${selection.column}`;
    if (document.getElementById(id)) this.view.setAttribute("aria-activedescendant", id);
    else this.view.removeAttribute("aria-activedescendant");
  }

  drawMarks(panes) {
    const ratio = window.devicePixelRatio || 1;
    const context = this.front.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, ...this.size);
    const now = clock();
    this.flashes = this.flashes.filter((flash) => now - flash.at < FLASH);
    const { x, y } = this.sheet;
    const { selection } = this.app;
    const { colours } = this;
    const { accent } = colours;
    this.eachPane(context, panes, (down, across) => {
      const box = (top, left, bottom, right) => {
        if (bottom < down.from || top > down.to || right < across.from || left > across.to) return null;
        return [x[left], y[top], x[right + 1] - x[left], y[bottom + 1] - y[top]];
      };
      for (const flash of this.flashes) {
        const share = this.app.still ? 0.6 : 1 - (now - flash.at) / FLASH;
        context.fillStyle = colours.flash;
        context.globalAlpha = share;
        for (const [top, left, bottom, right] of flash.ranges) {
          const found = box(
            Math.max(top, down.from), Math.max(left, across.from), Math.min(bottom, down.to), Math.min(right, across.to),
          );
          if (found && found[2] > 0 && found[3] > 0) context.fillRect(...found);
        }
        context.globalAlpha = 1;
      }
      for (const range of this.band) {
        const found = box(...range);
        if (!found) continue;
        context.fillStyle = colours.band;
        context.fillRect(...found);
      }
      for (const range of this.lit) {
        const found = box(...range);
        if (!found) continue;
        context.strokeStyle = colours.lit;
        context.lineWidth = 2;
        context.setLineDash([]);
        context.strokeRect(found[0] + 1, found[1] + 1, found[2] - 2, found[3] - 2);
      }
      for (const { range, hue, dashed } of this.boxes) {
        const found = box(...range);
        if (!found) continue;
        const colour = markColour(hue, this.app.night);
        context.fillStyle = `${colour}1f`;
        context.strokeStyle = colour;
        context.lineWidth = 2;
        context.setLineDash(dashed ? [4, 3] : []);
        context.fillRect(...found);
        context.strokeRect(found[0] + 1, found[1] + 1, found[2] - 2, found[3] - 2);
      }
      context.setLineDash([]);
      for (const key of this.sheet.notes.keys()) {
        const [row, column] = key.split(",").map(Number);
        const found = box(row, column, row, column);
        if (!found) continue;
        context.fillStyle = colours.note;
        context.beginPath();
        context.moveTo(found[0] + found[2] - 7, found[1]);
        context.lineTo(found[0] + found[2], found[1]);
        context.lineTo(found[0] + found[2], found[1] + 7);
        context.fill();
      }
      if (!selection) return;
      const whole = box(selection.top, selection.left, selection.bottom, selection.right);
      if (whole && (selection.top !== selection.bottom || selection.left !== selection.right)) {
        context.fillStyle = `${accent}1c`;
        context.fillRect(...whole);
        context.strokeStyle = accent;
        context.lineWidth = 1;
        context.strokeRect(whole[0] + 0.5, whole[1] + 0.5, whole[2] - 1, whole[3] - 1);
      }
      const one = box(selection.row, selection.column, selection.row, selection.column);
      if (one) {
        context.strokeStyle = accent;
        context.lineWidth = 2;
        context.strokeRect(one[0] + 0.5, one[1] + 0.5, one[2] - 1, one[3] - 1);
      }
    });
    context.strokeStyle = colours.rule;
    context.lineWidth = 1;
    const [fx, fy] = [x[this.frozen[1]], y[this.frozen[0]]];
    context.beginPath();
    if (this.frozen[0]) {
      context.moveTo(0, HEAD + fy + 0.5);
      context.lineTo(this.size[0], HEAD + fy + 0.5);
    }
    if (this.frozen[1]) {
      context.moveTo(this.margin + fx + 0.5, 0);
      context.lineTo(this.margin + fx + 0.5, this.size[1]);
    }
    context.stroke();
    if (this.flashes.length) this.glow();
  }

  placeCharts() {
    const { x, y } = this.sheet;
    const [scrollLeft, scrollTop] = this.scrolled;
    const top = HEAD + y[this.frozen[0]];
    this.charts.style.top = `${top}px`;
    this.charts.style.left = `${this.margin}px`;
    for (const chart of this.charts.children) {
      const [row, column] = chart.at;
      chart.style.transform = `translate(${x[column] - scrollLeft}px, ${y[row] + HEAD - top - scrollTop}px)`;
    }
  }

  // The rectangles, each as its corners, that lie on this sheet.
  here(ranges) {
    const found = [];
    for (let k = 0; k < ranges.length; k += 5) {
      if (ranges[k] === this.sheet.number) found.push([ranges[k + 1], ranges[k + 2], ranges[k + 3], ranges[k + 4]]);
    }
    return found;
  }

  flash(ranges) {
    const here = this.here(ranges);
    if (here.length) this.flashes.push({ ranges: here, at: clock() });
    this.later();
  }

  // The cell under a point of the screen; `head` tells that it is a heading of a row or column.
  at(clientX, clientY) {
    const area = this.stack.getBoundingClientRect();
    const { x, y, rows, columns } = this.sheet;
    const [px, py] = [clientX - area.left, clientY - area.top];
    const [fx, fy] = [x[this.frozen[1]], y[this.frozen[0]]];
    const across = px - this.margin < fx ? px - this.margin : px - this.margin + this.scroller.scrollLeft;
    const down = py - HEAD < fy ? py - HEAD : py - HEAD + this.scroller.scrollTop;
    return {
      row: clamp(lastAtMost(y, down), 0, rows - 1), column: clamp(lastAtMost(x, across), 0, columns - 1),
      head: py < HEAD ? (px < this.margin ? "all" : "column") : px < this.margin ? "row" : "",
    };
  }

  // Where a cell lies in the view: left, top, width, height.
  placeOf(row, column) {
    const { x, y } = this.sheet;
    const left = this.margin + x[column] - (column < this.frozen[1] ? 0 : this.scroller.scrollLeft);
    const top = HEAD + y[row] - (row < this.frozen[0] ? 0 : this.scroller.scrollTop);
    return [left, top, this.sheet.width(column), this.sheet.height(row)];
  }

  scrollTo(row, column) {
    const { x, y } = this.sheet;
    const [width, height] = this.size ?? [800, 400];
    const [fx, fy] = [x[this.frozen[1]], y[this.frozen[0]]];
    let { scrollLeft, scrollTop } = this.scroller;
    if (column >= this.frozen[1]) {
      if (x[column] < scrollLeft + fx) scrollLeft = x[column] - fx;
      const right = Math.min(x[column + 1], x[column] + width - this.margin - fx);
      if (right > scrollLeft + width - this.margin) scrollLeft = right - width + this.margin + 4;
    }
    if (row >= this.frozen[0]) {
      if (y[row] < scrollTop + fy) scrollTop = y[row] - fy;
      if (y[row + 1] > scrollTop + height - HEAD) scrollTop = y[row + 1] - height + HEAD + 4;
    }
    if (scrollLeft !== this.scroller.scrollLeft || scrollTop !== this.scroller.scrollTop) {
      this.scroller.scrollTo(scrollLeft, scrollTop);
    }
  }

  say(row, column) {
    return `${address(row, column)} ${this.text(row, column) || (this.waits(row, column) ? "empty: waits for your answer" : "empty")}`;
  }
}

function meet([top, left, bottom, right], [otherTop, otherLeft, otherBottom, otherRight]) {
  return top <= otherBottom && otherTop <= bottom && left <= otherRight && otherLeft <= right;
}

export function markColour(hue, night) {
  const colour = MARKS[hue % MARKS.length];
  return night ? { "#0072B2": "#56B4E9", "#D55E00": "#FF8B3D", "#009E73": "#3FCFA0" }[colour] ?? colour : colour;
}
