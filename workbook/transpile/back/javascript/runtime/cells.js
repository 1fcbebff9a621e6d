// How the functions of regions put what they compute into cells, and what is remembered while a pass lasts.

import { Area, ASKED, CellError, KIND_NUMBER, Unknown, error, makeGrid, one, put } from "./values.js";

/** A cell that waits to be computed, too deep in others that wait for it. */
export class Waiting {
  constructor(grid, at) {
    this.grid = grid;
    this.at = at;
  }
}

/** What changed in a pass: of each region its first and last row and column, and how many cells; whether any cell is not what it was first. */
export const changes = { boxes: new Int32Array(0), cells: 0, edited: false };

/** Forgets which cells of region k changed. */
export function unhit(k) {
  const boxes = changes.boxes;
  boxes[4 * k] = boxes[4 * k + 1] = 1 << 30;
  boxes[4 * k + 2] = boxes[4 * k + 3] = -1;
}

/** Notes that the cell in row i and column j of region k changed. */
export function hit(k, i, j) {
  hits(k, i, j, i, j, 1);
}

/** Notes that so many cells of region k changed: in rows `top` to `bottom`, columns `left` to `right`. */
export function hits(k, top, left, bottom, right, count) {
  const boxes = changes.boxes;
  const at = 4 * k;
  if (top < boxes[at]) boxes[at] = top;
  if (left < boxes[at + 1]) boxes[at + 1] = left;
  if (bottom > boxes[at + 2]) boxes[at + 2] = bottom;
  if (right > boxes[at + 3]) boxes[at + 3] = right;
  changes.cells += count;
}

/** Put a number into a cell of region k. */
export function PN(k, grid, at, i, j, value) {
  if (value - value !== 0) throw error("#NUM!");
  if (grid.T[at] === KIND_NUMBER) {
    if (grid.V[at] === value) return;
    grid.V[at] = value + 0;
    hit(k, i, j);
  } else if (put(grid, at, value)) hit(k, i, j);
}

/** Put any value into a cell of region k; a blank shows as 0, an array its first value. */
export function P(k, grid, at, i, j, value) {
  const single = value instanceof Area ? one(value) : value;
  if (put(grid, at, single === null || single === undefined ? 0 : single)) hit(k, i, j);
}

/** Put the error that a formula ended with into its cell of region k; what waits for another cell goes on. */
export function PE(k, grid, at, i, j, problem) {
  if (problem instanceof Waiting) {
    grid.T[at] &= ~ASKED;
    throw problem;
  }
  if (put(grid, at, asError(problem))) hit(k, i, j);
}

/** The error that a cell shows: its own, and #VALUE! for what no formula should end with, such as a text too long. */
function asError(problem) {
  return problem instanceof CellError || problem instanceof Unknown ? problem : error("#VALUE!");
}

/** Puts values into a cell that nobody sees, in each way in which an edit may: what is compiled then knows them all. */
export function rehearse() {
  const boxes = changes.boxes;
  changes.boxes = new Int32Array([1 << 30, 1 << 30, -1, -1]);
  const grid = makeGrid(1, 1);
  for (const value of [1, 2.5, 2.5, "a", -1, error("#N/A"), 1, true, null, 1, 0.5]) {
    if (typeof value === "number") PN(0, grid, 0, changes.cells, changes.cells, value);
    P(0, grid, 0, 0, 0, value);
  }
  changes.boxes = boxes;
}

/** Put an array into the cells of region k, as an array formula fills them: one row or column repeats. */
export function PA(k, grid, start, height, width, compute) {
  const value = wholeOf(compute);
  fillAll(k, grid, start, height, width, (i, j) => shownAs(value instanceof Area ? shownAt(value, i, j) : value));
}

/**
 * Put a dynamic array into the cells of region k, which are those that it filled when the workbook was saved: of a smaller
 * one the others are blank; of a larger one, which may hold others, none is known.
 */
export function PD(k, grid, start, height, width, compute) {
  const value = wholeOf(compute);
  const all = value instanceof Area ? value : null;
  if (all !== null && (all.height > height || all.width > width)) {
    const grown = error("#GROWN!");
    return fillAll(k, grid, start, height, width, () => grown);
  }
  fillAll(k, grid, start, height, width, (i, j) => {
    if (all === null) return i + j ? null : shownAs(value);
    return i < all.height && j < all.width ? shownAs(all.at(i, j)) : null;
  });
}

function wholeOf(compute) {
  try {
    return compute();
  } catch (problem) {
    if (problem instanceof Waiting) throw problem;
    return asError(problem);
  }
}

/** What a cell shows of a value: 0 of none. */
function shownAs(value) {
  return value === null || value === undefined ? 0 : value;
}

function fillAll(k, grid, start, height, width, valueAt) {
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      if (put(grid, start + i * grid.width + j, valueAt(i, j))) hit(k, i, j);
    }
  }
}

function shownAt(value, i, j) {
  const row = value.height === 1 ? 0 : i;
  const line = value.width === 1 ? 0 : j;
  return row < value.height && line < value.width ? value.at(row, line) : error("#N/A");
}

const memory = new Map();

/** Forgets what was kept of ranges, before the next pass. */
export function forget() {
  memory.clear();
}

/** What is computed from a range of a sheet, once a pass; of an array on its way each time. */
export function kept(range, name, compute) {
  if (range.grid.settle === null) return compute(range);
  const key = `${name} ${range.start} ${range.height} ${range.width} ${range.down} ${range.across}`;
  if (!memory.has(range.grid)) memory.set(range.grid, new Map());
  const known = memory.get(range.grid);
  if (!known.has(key)) {
    const value = compute(range);
    if (known.size > 4000) known.clear();
    known.set(key, value);
  }
  return known.get(key);
}
