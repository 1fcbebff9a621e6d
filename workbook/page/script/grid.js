// The sheet on the screen: what is in view of it, drawn in layers, and where its cells lie.

import { address, clamp, lastAtMost, make, oncePerFrame } from "./base.js";
import { CellLooks } from "./cell_looks.js";
import { Glow } from "./glow.js";
import { Grounds } from "./grounds.js";
import { Marks } from "./marks.js";
import { HEAD, panesOf } from "./panes.js";
import { Rows } from "./rows.js";
import { measure } from "./scales.js";

export class Grid {
  constructor(app, root) {
    this.app = app;
    this.scroller = root;
    this.space = make("div", { class: "space" });
    this.grounds = new Grounds(this);
    this.rows = new Rows(this);
    this.looks = new CellLooks(this);
    this.glow = new Glow(this);
    this.marks = new Marks(this);
    this.charts = make("div", { class: "charts", role: "presentation" });
    this.view = make("div", {
      id: "grid", class: "view", role: "grid", tabindex: "0", "aria-multiselectable": "true",
      "aria-describedby": "hint",
    });
    if (!alignsBlocks()) this.view.classList.add("old");
    this.view.style.fontSize = `${((11 * 4) / 3) * app.styleTable.scale}px`;
    this.overlay = make("div", { class: "overlay" });
    this.stack = make("div", { class: "stack" });
    this.view.append(this.rows.heads, this.rows.top, this.rows.body);
    this.stack.append(this.grounds.canvas, this.view, this.charts, this.glow.canvas, this.marks.canvas, this.overlay);
    this.space.append(this.stack);
    this.scroller.append(this.space);
    // What is marked: cells of a formula, those of a line of code, those of the chosen step.
    this.boxes = [];
    this.lit = [];
    this.band = [];
    this.version = 0;
    this.scrolled = [0, 0];
    // Which layers are drawn anew with the rows: after an edit the grounds if a colour follows a value, and no marks.
    this.stale = { grounds: true, marks: true };
    this.soon = oncePerFrame(() => this.draw());
    this.glowSoon = oncePerFrame(() => this.glow.draw(panesOf(this)));
    this.scroller.addEventListener("scroll", () => this.slid(), { passive: true });
    new ResizeObserver(() => this.resize()).observe(this.scroller);
  }

  show(sheet) {
    this.sheet = sheet;
    if (!this.size) this.resize();
    this.margin = Math.max(34, String(sheet.rows).length * 8 + 12);
    this.fit();
    this.view.setAttribute("aria-rowcount", sheet.rows + 1);
    this.view.setAttribute("aria-colcount", sheet.columns + 1);
    this.view.setAttribute("aria-label", `Sheet ${sheet.title}`);
    this.view.classList.add("fresh");
    this.boxes = [];
    this.lit = [];
    this.glow.end();
    this.scroller.scrollTo(0, 0);
    this.scrolled = [0, 0];
    this.refresh();
  }

  // The sheet's rows and columns have other sizes.
  fit() {
    const { sheet } = this;
    this.frozen = frozenOf(sheet, this.size, this.margin);
    this.space.style.width = `${this.margin + sheet.x[sheet.columns] + 24}px`;
    this.space.style.height = `${HEAD + sheet.y[sheet.rows] + 24}px`;
  }

  // Where the sheet stands is asked for when it has moved: to ask after something is written makes the browser lay out
  // the page at once.
  slid() {
    this.scrolled = [this.scroller.scrollLeft, this.scroller.scrollTop];
    this.stale = { grounds: true, marks: true };
    this.draw();
  }

  // All layers are drawn with the next frame.
  later() {
    this.stale = { grounds: true, marks: true };
    this.soon();
  }

  // The cells hold other values, or wear other colours.
  refresh() {
    this.version += 1;
    this.scales = [];
    this.later();
  }

  // Cells of some rectangles, [sheet, top, left, bottom, right] after each other, hold other values: rows without any of
  // them, and of no colour scale that has any, stay as they are, and so do grounds whose colours follow no such value.
  renew(ranges) {
    this.scales = [];
    const changed = this.here(ranges);
    const isMet = (own) => own.some((one) => changed.some((other) => meet(one, other)));
    const scaled = (this.sheet.source.scales ?? []).filter((scale) => isMet(scale.over ?? scale.ranges) || isMet(scale.ranges));
    const rules = this.rulesIn(ranges);
    this.stale.grounds ||= scaled.length + rules.length > 0 || (this.sheet.source.quiet ?? []).some((quiet) => isMet(quiet.ranges));
    this.stale.grounds ||= this.drawsAny(ranges);
    this.rows.renew([...changed, ...[...scaled, ...rules].flatMap((one) => one.ranges)]);
    this.soon();
  }

  // Whether a sparkline of the sheet shows a cell of some rectangles, of whatever sheet.
  drawsAny(ranges) {
    for (let k = 0; k < ranges.length; k += 5) {
      const corners = [ranges[k + 1], ranges[k + 2], ranges[k + 3], ranges[k + 4]];
      if (this.sheet.source.sparklines?.some(({ source: [sheet, ...cells] }) => sheet === ranges[k] && meet(cells, corners))) return true;
    }
    return false;
  }

  // The rules of the sheet that may hold elsewhere since some cells have changed: those of the sheet that says where.
  rulesIn(ranges) {
    const { aside } = this.app.page;
    for (let k = 0; k < ranges.length; k += 5) if (ranges[k] === aside) return this.sheet.source.conditions ?? [];
    return [];
  }

  // A colour scale, measured when a cell of it comes into view.
  scale(place) {
    const { book, styleTable } = this.app;
    this.scales[place] ??= measure(this.sheet.source.scales[place], this.sheet.number, book, styleTable.tint);
    return this.scales[place];
  }

  // By day or by night.
  turn() {
    this.marks.turn();
    this.refresh();
  }

  resize() {
    const [width, height] = [this.scroller.clientWidth, this.scroller.clientHeight];
    if (!width || !height) return;
    const ratio = window.devicePixelRatio || 1;
    for (const canvas of [this.grounds.canvas, this.glow.canvas, this.marks.canvas]) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    this.stack.style.width = `${width}px`;
    this.stack.style.height = `${height}px`;
    this.size = [width, height];
    if (this.sheet) this.frozen = frozenOf(this.sheet, this.size, this.margin);
    this.scrolled = [this.scroller.scrollLeft, this.scroller.scrollTop];
    this.version += 1;
    this.later();
  }

  draw() {
    if (!this.size || !this.sheet) return;
    const panes = panesOf(this);
    if (this.stale.grounds) this.grounds.draw(panes);
    this.rows.draw(panes);
    // What glows begins to a frame after its numbers are there, which are there the sooner.
    if (this.stale.marks) {
      this.marks.draw(panes);
      this.glow.draw(panes);
    } else this.glowSoon();
    this.stale = { grounds: false, marks: false };
    this.placeCharts();
    this.app.events.tell("drawn");
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
      // What of it has moved under frozen columns; a chart that begins in one of these lies over them.
      const under = this.frozen[1] && column >= this.frozen[1] ? x[this.frozen[1]] - (x[column] - scrollLeft) : 0;
      chart.style.clipPath = under > 0 ? `inset(0 0 0 ${under}px)` : "";
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
    this.glow.add(this.here(ranges));
  }

  // The cell under a point of the screen; `head` tells that it is a heading of a row or column.
  at(clientX, clientY) {
    const area = this.stack.getBoundingClientRect();
    const { x, y, rows, columns } = this.sheet;
    const [px, py] = [clientX - area.left, clientY - area.top];
    const [fx, fy] = [x[this.frozen[1]], y[this.frozen[0]]];
    const across = px - this.margin < fx ? px - this.margin : px - this.margin + this.scroller.scrollLeft;
    const down = py - HEAD < fy ? py - HEAD : py - HEAD + this.scroller.scrollTop;
    const found = [clamp(lastAtMost(y, down), 0, rows - 1), clamp(lastAtMost(x, across), 0, columns - 1)];
    const isHead = py < HEAD || px < this.margin;
    const [row, column] = isHead ? found : this.sheet.headOf(...found);
    return {
      row, column,
      head: py < HEAD ? (px < this.margin ? "all" : "column") : px < this.margin ? "row" : "",
    };
  }

  // Where a cell lies in the view: left, top, width, height.
  placeOf(row, column) {
    const [x, y, right, bottom] = this.sheet.edgesOf(row, column);
    const left = this.margin + x - (column < this.frozen[1] ? 0 : this.scroller.scrollLeft);
    const top = HEAD + y - (row < this.frozen[0] ? 0 : this.scroller.scrollTop);
    return [left, top, right - x, bottom - y];
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

  // What a cell shows.
  text(row, column) {
    return this.looks.text(row, column);
  }

  say(row, column) {
    return `${address(row, column)} ${this.text(row, column) || (this.looks.waits(row, column) ? "empty: waits for your answer" : "empty")}`;
  }
}

// The rows and columns that stay where they are: none where, as on a phone, they would take most of the view.
function frozenOf({ x, y, freeze, rows, columns }, [width, height] = [Infinity, Infinity], margin) {
  const [down, across] = [Math.min(freeze[0], rows), Math.min(freeze[1], columns)];
  return [y[down] > (height - HEAD) / 2 ? 0 : down, x[across] > (width - margin) / 2 ? 0 : across];
}

// Whether a block puts its lines at its end, as browsers since 2024 do.
function alignsBlocks() {
  const line = make("div", { text: "x" });
  const block = make("div", { class: "vh" }, line);
  Object.assign(block.style, { height: "100px", alignContent: "end" });
  document.body.append(block);
  const found = line.offsetTop > 0;
  block.remove();
  return found;
}

function meet([top, left, bottom, right], [otherTop, otherLeft, otherBottom, otherRight]) {
  return top <= otherBottom && otherTop <= bottom && left <= otherRight && otherLeft <= right;
}
