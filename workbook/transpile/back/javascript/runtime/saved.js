// Cells that are not computed: they keep what the file was saved with, as long as what they read is as it was.

import { changes, hit } from "./cells.js";
import { rectangle } from "./marking.js";
import { error, peek, put } from "./values.js";

/**
 * The function of region k that shows saved values, row by row. `reads` are a grid and a reference each; null where nobody
 * knows what the cells read: then any edit puts them out of date.
 */
export function asSaved(k, grid, [row, column, height, width], values, reads) {
  let first = null;
  return (a, b, c, d) => {
    first ??= reads?.map(([source, ref]) => seenFirst(source, ref, height, width));
    for (let i = a; i < b; i++) {
      for (let j = c; j < d; j++) {
        const isOld = first ? first.some((seen) => seen.differs(i, j)) : changes.edited;
        const value = isOld ? error("#STALE!") : values[i * width + j];
        if (put(grid, (row + i) * grid.width + column + j, value)) hit(k, i, j);
      }
    }
  };
}

/** What the cells hold that a region reads by a reference; `differs` tells whether one of those that a cell reads has changed. */
function seenFirst(grid, ref, height, width) {
  const known = new Map();
  const eachOf = (i, j, visit) => {
    const [top, left, bottom, right] = within(grid, rectangle(ref, i, j));
    for (let row = top; row <= bottom; row++) {
      for (let at = row * grid.width + left; at <= row * grid.width + right; at++) if (visit(at)) return true;
    }
    return false;
  };
  const note = (at) => {
    if (!known.has(at)) known.set(at, peek(grid, at));
    return false;
  };
  for (let i = 0; i < height; i++) for (let j = 0; j < width; j++) eachOf(i, j, note);
  return { differs: (i, j) => eachOf(i, j, (at) => peek(grid, at) !== known.get(at)) };
}

function within({ V, width }, [top, left, bottom, right]) {
  return [Math.max(top, 0), Math.max(left, 0), Math.min(bottom, V.length / width - 1), Math.min(right, width - 1)];
}
