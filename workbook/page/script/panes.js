// What of a sheet is in view: up to four panes, of which the frozen ones stay where they are.

import { lastAtMost } from "./base.js";

export const HEAD = 22;
const SPARE = 3;

// The parts of the view: the cells in it, where it lies, and by how much its cells are moved.
export function panesOf({ sheet, size, frozen, scrolled, margin }) {
  const { x, y, rows, columns } = sheet;
  const [width, height] = size;
  const [top, left] = frozen;
  const [fx, fy] = [x[left], y[top]];
  const [scrollLeft, scrollTop] = scrolled;
  const r0 = Math.min(rows - 1, lastAtMost(y, fy + scrollTop));
  const r1 = Math.min(rows - 1, lastAtMost(y, scrollTop + height - HEAD));
  // Some columns more, so that a scroll across fills the rows anew less often.
  const c0 = Math.min(columns - 1, lastAtMost(x, fx + scrollLeft) & ~SPARE);
  const c1 = Math.min(columns - 1, lastAtMost(x, scrollLeft + width - margin) | SPARE);
  const [rowFrom, columnFrom] = sheet.firstDrawn(Math.max(r0, top), Math.max(c0, left), r1, c1);
  const down = (from, to, at, room, move) => ({ from, to, at, room, move });
  const vertical = [down(0, top - 1, HEAD, fy, 0), down(Math.max(rowFrom, top), r1, HEAD + fy, height - HEAD - fy, scrollTop)];
  const across = [
    down(0, left - 1, margin, fx, 0),
    down(Math.max(columnFrom, left), c1, margin + fx, width - margin - fx, scrollLeft),
  ];
  return { vertical, across };
}

// Calls an action with the rows and columns of each pane, within which alone it draws.
export function eachPane(context, margin, panes, action) {
  for (const down of panes.vertical) {
    for (const across of panes.across) {
      if (down.to < down.from || across.to < across.from || down.room <= 0 || across.room <= 0) continue;
      context.save();
      context.beginPath();
      context.rect(across.at, down.at, across.room, down.room);
      context.clip();
      context.translate(margin - across.move, HEAD - down.move);
      action(down, across);
      context.restore();
    }
  }
}
