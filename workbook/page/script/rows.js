// The signs of a sheet: headings, rows and cells as elements, only those in view.

import { letters, make } from "./base.js";
import { newCell, newRow, rowGroup, write } from "./nodes.js";
import { foldSign, isFolded } from "./groups.js";
import { HEAD } from "./panes.js";

const LOOK_LEFT = 14;
// A letter of a column's heading takes so many pixels: letters that would run into those beside them are not shown.
const LEAST_HEAD = 10;

export class Rows {
  constructor(grid) {
    this.grid = grid;
    this.heads = make("div", { class: "heads", role: "rowgroup" });
    this.top = rowGroup();
    this.body = rowGroup();
    this.drawn = new Map();
    this.headSpan = null;
  }

  // The cells of these rectangles, each as its corners, are filled anew at the next drawing.
  renew(rectangles) {
    for (const [row, found] of this.drawn) {
      for (const [top, left, bottom, right] of rectangles) if (row >= top && row <= bottom) found.stale.push([left, right]);
    }
  }

  // Rows keep their nodes while they stay in view and nothing in them changes.
  draw(panes) {
    const { vertical, across } = panes;
    const span = `${this.grid.version}/${across[0].to}/${across[1].from}/${across[1].to}`;
    this.drawHeads(panes, span);
    // A text in a column that stays in view runs on over the others, until they move under it.
    this.grid.view.classList.toggle("home", this.grid.scrolled[0] === 0);
    const parts = [[vertical[0], this.top], [vertical[1], this.body]];
    const left = this.leavers(parts);
    for (const [part, group] of parts) {
      group.style.top = `${part.at}px`;
      group.style.height = `${Math.max(0, part.room)}px`;
      group.firstChild.style.transform = `translateY(${HEAD - part.move - part.at}px)`;
      for (let row = part.from; row <= part.to; row++) {
        const found = this.drawn.get(row) ?? this.entrant(row, group, left);
        if (found.span !== span) this.fillRow(found, row, across, span);
        else if (found.stale.length) this.refill(found, row, across);
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
        for (let column = part.from; column <= part.to; column++) free.append(this.headOf(column, part));
        holder.append(free);
        row.append(holder);
        if (k === 1) this.headFree = free;
      });
      corner.style.width = `${this.grid.margin}px`;
      this.heads.replaceChildren(row);
      this.headLeft = null;
    }
    if (this.headLeft !== across[1].move) {
      this.headLeft = across[1].move;
      this.headFree.style.transform = `translateX(${-this.headLeft}px)`;
    }
  }

  headOf(column, part) {
    const { sheet, margin, app } = this.grid;
    const head = make("div", { class: "head", role: "columnheader", "aria-colindex": column + 2, text: letters(column) });
    head.style.left = `${sheet.x[column] + margin - part.at}px`;
    head.style.width = `${sheet.width(column)}px`;
    if (sheet.width(column) < LEAST_HEAD * letters(column).length) head.classList.add("narrow");
    const folded = isFolded(sheet.groups.column, column);
    head.className += foldSign(folded);
    if (folded !== null) head.setAttribute("aria-expanded", !folded);
    if (app.selection && column >= app.selection.left && column <= app.selection.right) head.classList.add("on");
    return head;
  }

  fillRow(found, row, across, span) {
    found.span = span;
    found.left = null;
    const { selection } = this.grid.app;
    const tall = this.grid.sheet.height(row);
    const on = selection && row >= selection.top && row <= selection.bottom;
    write(found.element, found.row, { index: row + 2, top: `${this.grid.sheet.y[row]}px`, height: `${tall}px` });
    const folded = isFolded(this.grid.sheet.groups.row, row);
    write(found.head, found.title, {
      text: row + 1, width: `${this.grid.margin}px`, kind: `rowhead${tall < 11 ? " narrow" : ""}${on ? " on" : ""}${foldSign(folded)}`,
      open: folded === null ? null : String(!folded),
    });
    // Merged cells reach down over other rows.
    const isOver = this.grid.sheet.merged.some(([top, , bottom]) => top === row && bottom > row);
    across.forEach((part, k) => {
      const { holder, known, cells } = found.parts[k];
      write(holder, known, { left: `${part.at}px`, width: `${Math.max(0, part.room)}px` });
      holder.classList.toggle("over", isOver);
      const from = this.firstOf(part, k);
      for (const [column, cell] of cells) {
        if (column >= from && column <= part.to) continue;
        cell.element.remove();
        cells.delete(column);
      }
      this.fillPart(found.parts[k], row, part, from, () => true);
    });
    found.stale = [];
  }

  // Only what has changed is filled anew, and texts, which run on over cells beside them as far as these are empty.
  refill(found, row, across) {
    const { stale } = found;
    const { number } = this.grid.sheet;
    const isStale = (column) =>
      stale.some(([left, right]) => column >= left && column <= right) || typeof this.grid.app.book.get(number, row, column) === "string";
    across.forEach((part, k) => this.fillPart(found.parts[k], row, part, this.firstOf(part, k), isStale));
    found.stale = [];
  }

  // The first column of a part whose cells are filled: a text further to the left may run on into the view.
  firstOf(part, k) {
    return k === 1 ? Math.max(this.grid.frozen[1], part.from - LOOK_LEFT) : part.from;
  }

  fillPart({ free, cells }, row, part, from, isStale) {
    let next = null;
    for (let column = part.to; column >= from; column--) {
      let cell = cells.get(column);
      if (isStale(column)) {
        const looks = this.grid.looks.of(row, column, part, column < part.from);
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
      }
      if (cell) next = cell.element;
    }
  }

  pointAt() {
    const { selection } = this.grid.app;
    if (!selection) return;
    const id = `c${selection.row}-${selection.column}`;
    if (document.getElementById(id)) this.grid.view.setAttribute("aria-activedescendant", id);
    else this.grid.view.removeAttribute("aria-activedescendant");
  }
}
