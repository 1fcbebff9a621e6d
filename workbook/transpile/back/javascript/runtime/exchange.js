// What goes into the engine and comes out of it: sheets with their constants, single values, rows of many.

import { CellError, KIND_TRUTH, Unknown, error, makeGrid, put } from "./values.js";

/** So few entries are copied one by one sooner than they are cut out. */
const SHORT = 24;

/** Builds the sheets with their constants; formula cells are blank still. */
export function sheetsOf(data) {
  return data.sheets.map((sheet) => {
    const grid = makeGrid(sheet.rows, sheet.columns);
    let k = 0;
    for (let run = 0; run < sheet.runs.length; run += 2) {
      for (let x = 0; x < sheet.runs[run + 1]; x++, k++) {
        put(grid, sheet.runs[run] + x, inward(sheet.values[k]));
      }
    }
    return grid;
  });
}

/** Copies some entries of an array into another of its kind; a few are copied sooner than they are cut out. */
export function copy(source, at, into, place, count) {
  if (count > SHORT) into.set(source.subarray(at, at + count), place);
  else for (let k = 0; k < count; k++) into[place + k] = source[at + k];
}

/** A value as it leaves the engine, and as it comes in: an error is an object with its code. */
export function outward(value) {
  return value instanceof CellError || value instanceof Unknown ? { error: value.code } : value;
}

export function inward(value) {
  return value !== null && typeof value === "object" ? error(value.error) : value;
}

/** The values of rectangles, [sheet, top, left, bottom, right] after each other, as arrays that a thread hands on. */
export function pack(grids, ranges) {
  let size = 0;
  for (let r = 0; r < ranges.length; r += 5) size += (ranges[r + 3] - ranges[r + 1] + 1) * (ranges[r + 4] - ranges[r + 2] + 1);
  const [V, T, X] = [new Float64Array(size), new Uint8Array(size), []];
  eachRun(grids, ranges, (grid, at, from, wide) => {
    copy(grid.V, at, V, from, wide);
    copy(grid.T, at, T, from, wide);
    for (let k = 0; k < wide; k++) if (T[from + k] > KIND_TRUTH) X.push(outward(grid.X.get(at + k)));
  });
  return { ranges, V, T, X };
}

/** Takes over what `pack` has found: rows of numbers whole, texts and errors one by one. */
export function unpack(grids, { ranges, V, T, X }) {
  let text = 0;
  eachRun(grids, ranges, (grid, at, from, wide) => {
    if (X.length || grid.X.size) {
      for (let k = 0; k < wide; k++) {
        if (T[from + k] > KIND_TRUTH) put(grid, at + k, inward(X[text++]));
        else if (grid.T[at + k] > KIND_TRUTH) put(grid, at + k, null);
      }
    }
    copy(V, from, grid.V, at, wide);
    copy(T, from, grid.T, at, wide);
  });
}

/** Calls an action with each row of each rectangle: its grid, where it begins there and in all rectangles, its length. */
function eachRun(grids, ranges, action) {
  let from = 0;
  for (let r = 0; r < ranges.length; r += 5) {
    const [sheet, top, left, bottom, right] = ranges.slice(r, r + 5);
    for (let row = top; row <= bottom; row++) {
      action(grids[sheet], row * grids[sheet].width + left, from, right - left + 1);
      from += right - left + 1;
    }
  }
}
