// Below the signs: grounds, colour scales and lines, on a canvas.

import { make } from "./base.js";
import { eachPane } from "./panes.js";
import { drawIcon } from "./icons.js";
import { mixed } from "./palette.js";
import { barOn, colourOn, iconOn } from "./scales.js";
import { drawSparkline } from "./sparklines.js";

const STROKES = { dashed: [3, 2], dotted: [1, 1] };

export class Grounds {
  constructor(grid) {
    this.grid = grid;
    this.canvas = make("canvas", { class: "layer", "aria-hidden": "true" });
  }

  draw(panes) {
    const ratio = window.devicePixelRatio || 1;
    const context = this.canvas.getContext("2d", { alpha: false });
    const { styleTable } = this.grid.app;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = `#${styleTable.paper}`;
    context.fillRect(0, 0, ...this.grid.size);
    const { sheet } = this.grid;
    const { x, y } = sheet;
    eachPane(context, this.grid.margin, panes, (down, across) => {
      const lines = [];
      if (sheet.source.lined) this.drawLines(context, down, across);
      for (let row = down.from; row <= down.to; row++) {
        const [top, tall] = [y[row], y[row + 1] - y[row]];
        for (let column = across.from; column <= across.to; column++) {
          const style = sheet.style(row, column);
          const merged = sheet.mergedAt(row, column);
          const fill = this.fillOf(...(merged ?? [row, column]));
          if (fill || merged) {
            context.fillStyle = fill ?? `#${styleTable.paper}`;
            context.fillRect(x[column], top, x[column + 1] - x[column], tall);
          }
          this.drawScale(context, row, column);
          const sides = style < 0 ? null : styleTable.sides[style];
          if (sides) lines.push([row, column, merged ? outer(sides, row, column, merged) : sides, column === across.from, row === down.from]);
        }
      }
      for (const line of lines) this.drawSides(context, ...line);
      this.drawSparklines(context, down, across);
    });
  }

  // The colour of a cell's ground; null where it is the paper's.
  fillOf(row, column) {
    const { sheet, app } = this.grid;
    const { styleTable, book } = app;
    const quiet = sheet.quietly(row, column, book.get(sheet.number, row, column));
    if (quiet) return `#${styleTable.tint(quiet)}`;
    const changed = sheet.changedLooks(row, column, book).fill;
    if (changed) return `#${styleTable.tint(changed)}`;
    const scale = sheet.scaled[row * sheet.columns + column];
    const scaled = scale < 0 ? null : colourOn(this.grid.scale(scale), book.number(sheet.number, row, column));
    if (scaled) return `#${scaled}`;
    const style = sheet.style(row, column);
    return style < 0 ? null : styleTable.fills[style];
  }

  // The bar or the icon of a cell's number.
  drawScale(context, row, column) {
    const { sheet, app } = this.grid;
    const at = row * sheet.columns + column;
    if (sheet.barred[at] < 0 && sheet.signed[at] < 0) return;
    const value = app.book.number(sheet.number, row, column);
    if (Number.isNaN(value)) return;
    const [left, top, right, bottom] = sheet.edgesOf(row, column);
    if (sheet.barred[at] >= 0) {
      const scale = this.grid.scale(sheet.barred[at]);
      this.drawBar(context, scale, value, [left + 2, top + 2, right - left - 4, bottom - top - 4]);
    }
    if (sheet.signed[at] >= 0) drawIcon(context, left + 9, (top + bottom) / 2, iconOn(this.grid.scale(sheet.signed[at]), value), app.styleTable.tint);
  }

  // A bar from where 0 is, which fades to its end; a line at 0 where some numbers are less.
  drawBar(context, scale, value, [left, top, width, height]) {
    const { tint, paper } = this.grid.app.styleTable;
    const [from, to] = barOn(scale, value);
    const colour = tint(value < 0 && scale.negative ? scale.negative : scale.bar);
    const [start, end] = [left + width * from, left + width * to];
    if (scale.plain || start === end) context.fillStyle = `#${colour}`;
    else {
      context.fillStyle = context.createLinearGradient(start, 0, end, 0);
      context.fillStyle.addColorStop(0, `#${colour}`);
      context.fillStyle.addColorStop(1, `#${mixed(colour, paper, 0.8)}`);
    }
    context.fillRect(Math.min(start, end), top, Math.abs(end - start), height);
    if (scale.negative && scale.low < 0 && scale.high > 0) {
      context.fillStyle = this.grid.marks.colours.rule;
      context.fillRect(left + (width * -scale.low) / (scale.high - scale.low), top - 2, 1, height + 4);
    }
  }

  drawSparklines(context, down, across) {
    const { sheet, app } = this.grid;
    for (const sparkline of sheet.source.sparklines ?? []) {
      const [row, column] = sparkline.at;
      if (row < down.from || row > down.to || column < across.from || column > across.to) continue;
      const [left, top, right, bottom] = sheet.edgesOf(row, column);
      drawSparkline(context, sparkline, app.book, [left + 2, top + 2, right - left - 4, bottom - top - 4], app.styleTable.tint);
    }
  }

  // The faint lines between cells of a sheet whose file shows them.
  drawLines(context, down, across) {
    const { x, y } = this.grid.sheet;
    context.strokeStyle = this.grid.marks.colours.line;
    context.lineWidth = 1;
    context.beginPath();
    for (let row = down.from; row <= down.to; row++) {
      context.moveTo(x[across.from], y[row + 1] - 0.5);
      context.lineTo(x[across.to + 1], y[row + 1] - 0.5);
    }
    for (let column = across.from; column <= across.to; column++) {
      context.moveTo(x[column + 1] - 0.5, y[down.from]);
      context.lineTo(x[column + 1] - 0.5, y[down.to + 1]);
    }
    context.stroke();
  }

  // The lines at a cell's edges. Those above and before it lie where the cells beside it have theirs, unless nothing is
  // drawn there.
  drawSides(context, row, column, [above, after, below, before], isFirst, isTop) {
    const { x, y } = this.grid.sheet;
    const [left, top, right, bottom] = [x[column], y[row], x[column + 1], y[row + 1]];
    if (above) drawLine(context, above, (by) => [left, top + (isTop ? by : -by), right, top + (isTop ? by : -by)]);
    if (after) drawLine(context, after, (by) => [right - by, top, right - by, bottom]);
    if (below) drawLine(context, below, (by) => [left, bottom - by, right, bottom - by]);
    if (before) drawLine(context, before, (by) => [left + (isFirst ? by : -by), top, left + (isFirst ? by : -by), bottom]);
  }
}

// Of the lines of a cell those at the outer edges of the merged cells that it is one of.
function outer([above, after, below, before], row, column, [top, left, bottom, right]) {
  return [row === top && above, column === right && after, row === bottom && below, column === left && before];
}

// A line, or two of a pixel; `at` gives its ends for how far it lies within the edge.
function drawLine(context, { kind, width, colour }, at) {
  context.strokeStyle = colour;
  context.setLineDash(STROKES[kind] ?? []);
  context.lineWidth = kind === "double" ? 1 : width;
  context.beginPath();
  for (const by of kind === "double" ? [0.5, width - 0.5] : [width / 2]) {
    const [x0, y0, x1, y1] = at(by);
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
  }
  context.stroke();
  context.setLineDash([]);
}
