// Cells that go round in a circle, computed again and again where the workbook says so.

import { forget } from "./cells.js";
import { WAITS, look } from "./values.js";

const ROUNDING = 1e-15;

/** The cells of some regions as [sheet, row, column, region, row and column in it], sheet by sheet, row by row. */
export function inTurn(regions, group) {
  const cells = [];
  for (const k of group) {
    const { sheet, row, column, height, width } = regions[k];
    for (let i = 0; i < height; i++) for (let j = 0; j < width; j++) cells.push([sheet, row + i, column + j, k, i, j]);
  }
  return cells.sort(([s, r, c], [t, q, d]) => s - t || r - q || c - d);
}

/**
 * Computes cells `most` times, or until none changes by more than rounding, as Excel does: each reads of the others what
 * they hold. Excel stops earlier, once no change is larger than its delta, but goes on whenever it calculates again.
 */
export function iterate(cells, grids, run, most) {
  for (let turn = 0, moves = true; turn < most && moves; turn++) {
    moves = false;
    for (const [sheet, row, column, k, i, j] of cells) {
      const grid = grids[sheet];
      const at = row * grid.width + column;
      const before = look(grid, at);
      forget();
      grid.T[at] |= WAITS;
      run[k](i, i + 1, j, j + 1);
      moves = isAnother(before, look(grid, at)) || moves;
    }
  }
}

function isAnother(before, value) {
  if (typeof value === "number" && typeof before === "number") return Math.abs(value - before) > ROUNDING * Math.abs(value);
  return value !== before;
}
