// Below the signs: grounds, colour scales and lines, on a canvas.

import { make } from "./base.js";
import { eachPane } from "./panes.js";
import { colourOn } from "./scales.js";

const FRAME = "00664B";

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
    const { x, y } = this.grid.sheet;
    eachPane(context, this.grid.margin, panes, (down, across) => {
      const lines = [];
      for (let row = down.from; row <= down.to; row++) {
        const [top, tall] = [y[row], y[row + 1] - y[row]];
        for (let column = across.from; column <= across.to; column++) {
          const style = this.grid.sheet.style(row, column);
          const entry = style < 0 ? null : styleTable.entries[style];
          const fill = this.fillOf(row, column);
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

  // The colour of a cell's ground; null where it is the paper's.
  fillOf(row, column) {
    const { sheet, app } = this.grid;
    const { styleTable, book } = app;
    const quiet = sheet.quietly(row, column, book.get(sheet.number, row, column));
    if (quiet) return `#${styleTable.tint(quiet)}`;
    const scale = sheet.scaled[row * sheet.columns + column];
    const scaled = scale < 0 ? null : colourOn(this.grid.scale(scale), book.number(sheet.number, row, column));
    if (scaled) return `#${scaled}`;
    const style = sheet.style(row, column);
    return style < 0 ? null : styleTable.fills[style];
  }

  get frame() {
    return `#${this.grid.app.styleTable.tint(FRAME)}`;
  }

  drawBox(context, row, column, entry, edge) {
    if (entry.box) this.drawSides(context, row, column, entry.box, edge, entry.line, 1);
    if (entry.frame) this.drawSides(context, row, column, entry.frame, this.frame, "medium", 2);
  }

  drawSides(context, row, column, [hasTop, hasRight, hasBottom, hasLeft], edge, kind, width) {
    const { x, y } = this.grid.sheet;
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
}
