// Matrices.

import { Area, KIND_NUMBER, area, fail, made, makeGrid, num } from "./values.js";
import { dot } from "./sums.js";

export function TRANSPOSE(value) {
  if (!(value instanceof Area)) return value;
  return new Area(value.grid, value.start, value.width, value.height, value.across, value.down);
}

export function MMULT(first, second) {
  const [a, b] = [area(first), area(second)];
  if (a.width !== b.height) fail("#VALUE!");
  const grid = makeGrid(a.height, b.width);
  for (let i = 0; i < a.height; i++) {
    for (let j = 0; j < b.width; j++) {
      const from = a.start + i * a.down;
      grid.V[i * b.width + j] = dot(a.grid, from, a.across, b.grid, b.start + j * b.across, b.down, a.width);
    }
  }
  grid.T.fill(KIND_NUMBER);
  return new Area(grid, 0, a.height, b.width, b.width, 1);
}

export function MUNIT(size) {
  const n = Math.trunc(size);
  return n < 1 ? fail("#VALUE!") : made(n, n, (i, j) => (i === j ? 1 : 0));
}

/** A square matrix as rows of numbers; anything else in it is #VALUE!. */
function squareMatrix(value) {
  const range = area(value);
  if (range.height !== range.width) fail("#VALUE!");
  const rows = [];
  for (let i = 0; i < range.height; i++) {
    const row = [];
    for (let j = 0; j < range.width; j++) {
      const cell = range.at(i, j);
      row.push(typeof cell === "number" ? cell : num(typeof cell === "object" && cell !== null ? cell : fail("#VALUE!")));
    }
    rows.push(row);
  }
  return rows;
}

/** Gauss's elimination with the largest pivot of each column; the determinant, `rows` and `others` changed in place. */
function eliminated(rows, others) {
  let determinant = 1;
  const n = rows.length;
  for (let k = 0; k < n; k++) {
    let pivot = k;
    for (let i = k + 1; i < n; i++) if (Math.abs(rows[i][k]) > Math.abs(rows[pivot][k])) pivot = i;
    if (rows[pivot][k] === 0) return 0;
    if (pivot !== k) {
      [rows[k], rows[pivot]] = [rows[pivot], rows[k]];
      [others[k], others[pivot]] = [others[pivot], others[k]];
      determinant = -determinant;
    }
    determinant *= rows[k][k];
    for (let i = 0; i < n; i++) {
      if (i === k) continue;
      const factor = rows[i][k] / rows[k][k];
      if (factor === 0) continue;
      for (let j = k; j < n; j++) rows[i][j] -= factor * rows[k][j];
      for (let j = 0; j < others[i].length; j++) others[i][j] -= factor * others[k][j];
    }
  }
  return determinant;
}

export function MDETERM(value) {
  const rows = squareMatrix(value);
  return eliminated(rows, rows.map(() => []));
}

export function MINVERSE(value) {
  const rows = squareMatrix(value);
  const size = Math.max(...rows.flat().map(Math.abs));
  const others = rows.map((_, i) => rows.map((__, j) => (i === j ? 1 : 0)));
  const determinant = eliminated(rows, others);
  if (determinant === 0 || Math.abs(determinant) < size ** rows.length * 1e-15) fail("#NUM!");
  return made(rows.length, rows.length, (i, j) => others[i][j] / rows[i][i]);
}

/** The solution of linear equations. */
export function solved(rows, right) {
  const others = right.map((value) => [value]);
  if (eliminated(rows, others) === 0) fail("#NUM!");
  return others.map(([value], i) => value / rows[i][i]);
}
