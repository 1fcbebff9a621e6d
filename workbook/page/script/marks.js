// Over the signs: what a formula reads, the chosen step and the selection, on a canvas.

import { make } from "./base.js";
import { HEAD, eachPane } from "./panes.js";

const HUES = ["#0072B2", "#D55E00", "#009E73", "#AA4499", "#B58900", "#2E9BD6", "#7A5195"];
const NIGHTLY = { "#0072B2": "#56B4E9", "#D55E00": "#FF8B3D", "#009E73": "#3FCFA0" };

export function markColour(hue, night) {
  const colour = HUES[hue % HUES.length];
  return night ? (NIGHTLY[colour] ?? colour) : colour;
}

export class Marks {
  constructor(grid) {
    this.grid = grid;
    this.canvas = make("canvas", { class: "layer marks", "aria-hidden": "true" });
    this.turn();
  }

  // The colours of the marks, by day or by night.
  turn() {
    const style = getComputedStyle(document.body);
    this.colours = Object.fromEntries(
      ["accent", "flash", "band", "lit", "note", "rule", "line"].map((name) => [name, style.getPropertyValue(`--${name}`).trim()]),
    );
  }

  draw(panes) {
    const ratio = window.devicePixelRatio || 1;
    const context = this.canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, ...this.grid.size);
    eachPane(context, this.grid.margin, panes, (down, across) => {
      const box = (range) => this.boxIn(down, across, range);
      this.drawRanges(context, box);
      this.drawNotes(context, box);
      this.drawSaved(context, box);
      this.drawSelection(context, box);
    });
    this.drawFrozen(context);
  }

  // Left, top, width and height of the part of a range that can be seen in a pane, with a cell around it; null where none.
  boxIn(down, across, [top, left, bottom, right]) {
    if (bottom < down.from || top > down.to || right < across.from || left > across.to) return null;
    const { x, y } = this.grid.sheet;
    return [x[left], y[top], x[right + 1] - x[left], y[bottom + 1] - y[top]];
  }

  // The chosen step, the cells of a line of code, and what a formula reads or is read by.
  drawRanges(context, box) {
    const { app, band, lit, boxes } = this.grid;
    for (const found of band.map(box).filter(Boolean)) {
      context.fillStyle = this.colours.band;
      context.fillRect(...found);
    }
    for (const found of lit.map(box).filter(Boolean)) outline(context, found, this.colours.lit, 2, 1);
    for (const { range, hue, dashed } of boxes) {
      const found = box(range);
      if (!found) continue;
      const colour = markColour(hue, app.night);
      context.fillStyle = `${colour}1f`;
      context.fillRect(...found);
      context.setLineDash(dashed ? [4, 3] : []);
      outline(context, found, colour, 2, 1);
      context.setLineDash([]);
    }
  }

  // A corner at each cell that has a note.
  drawNotes(context, box) {
    for (const key of this.grid.sheet.notes.keys()) {
      const [row, column] = key.split(",").map(Number);
      const found = box([row, column, row, column]);
      if (!found) continue;
      const [left, top, width] = found;
      context.fillStyle = this.colours.note;
      context.beginPath();
      context.moveTo(left + width - 7, top);
      context.lineTo(left + width, top);
      context.lineTo(left + width, top + 7);
      context.fill();
    }
  }

  // A quiet corner at each cell that shows what the file was saved with.
  drawSaved(context, box) {
    context.fillStyle = this.colours.rule;
    for (const { ranges: [[top, left, bottom, right]] } of this.grid.sheet.source.saved ?? []) {
      for (let row = top; row <= bottom; row++) {
        for (let column = left; column <= right; column++) {
          const found = box([row, column, row, column]);
          if (!found) continue;
          const [x, y, , height] = found;
          context.beginPath();
          context.moveTo(x, y + height - 7);
          context.lineTo(x, y + height);
          context.lineTo(x + 7, y + height);
          context.fill();
        }
      }
    }
  }

  drawSelection(context, box) {
    const { selection } = this.grid.app;
    if (!selection) return;
    const { accent } = this.colours;
    const { top, left, bottom, right, row, column } = selection;
    const merged = this.grid.sheet.mergedAt(row, column);
    const whole = top === bottom && left === right ? null : box([top, left, bottom, right]);
    if (whole) {
      context.fillStyle = `${accent}1c`;
      context.fillRect(...whole);
      outline(context, whole, accent, 1, 0.5);
    }
    const one = box(merged ?? [row, column, row, column]);
    if (one) outline(context, one, accent, 2, 0.5);
  }

  // The lines between what is frozen and what has moved under it.
  drawFrozen(context) {
    const { sheet, frozen, size, margin, scrolled } = this.grid;
    const [down, across] = [HEAD + sheet.y[frozen[0]] + 0.5, margin + sheet.x[frozen[1]] + 0.5];
    context.strokeStyle = this.colours.rule;
    context.lineWidth = 1;
    context.beginPath();
    if (frozen[0] && scrolled[1]) {
      context.moveTo(0, down);
      context.lineTo(size[0], down);
    }
    if (frozen[1] && scrolled[0]) {
      context.moveTo(across, 0);
      context.lineTo(across, size[1]);
    }
    context.stroke();
  }
}

// Strokes a rectangle so far within its edge.
function outline(context, [left, top, width, height], colour, line, within) {
  context.strokeStyle = colour;
  context.lineWidth = line;
  context.strokeRect(left + within, top + within, width - 2 * within, height - 2 * within);
}
