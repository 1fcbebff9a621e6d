// What goes into the engine and comes out of it: sheets with their constants, single values, rows of many.

import { CellError, Unknown, error, makeGrid, put } from "./values.js";

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
