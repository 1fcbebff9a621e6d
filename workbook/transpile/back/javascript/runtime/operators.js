// Excel's operators over single values.

import { error, fail, finite, num, txt } from "./values.js";

const CLOSE = 2 ** -49;

/** a + b as the last operation of a formula: what is left of 15 digits that cancel is 0. */
export function addLast(a, b) {
  const total = a + b;
  return Math.abs(total) < CLOSE * Math.abs(a) ? 0 : total;
}

export function div(a, b) {
  if (b === 0) throw error("#DIV/0!");
  return a / b;
}

export function power(a, b) {
  if (a === 0 && b <= 0) fail(b === 0 ? "#NUM!" : "#DIV/0!");
  return finite(Math.pow(a, b));
}

export function join(a, b) {
  return txt(a) + txt(b);
}

function rank(value) {
  return typeof value === "number" ? 0 : typeof value === "string" ? 1 : 2;
}

/** What a blank is beside another value. */
function like(value, other) {
  if (value !== null && value !== undefined) return value;
  return typeof other === "string" ? "" : typeof other === "boolean" ? false : 0;
}

/** Whether two values may be compared in a lookup: numbers with numbers, texts with texts. */
export function sameKind(a, b) {
  return a !== null && typeof a === typeof b;
}

/** Negative, 0 or positive as a comes before b: numbers before texts before truths, numbers to 15 digits. */
export function compare(a, b) {
  const x = like(a, b);
  const y = like(b, a);
  if (typeof x === "number" && typeof y === "number") return same(x, y) ? 0 : x - y;
  if (rank(x) !== rank(y)) return rank(x) - rank(y);
  if (typeof x === "string") {
    const u = x.toLowerCase();
    const w = y.toLowerCase();
    return u < w ? -1 : u > w ? 1 : 0;
  }
  return Number(x) - Number(y);
}

/** Whether two numbers have the same first 15 digits, to which Excel compares them. */
export function same(a, b) {
  return a === b || (Math.abs(a - b) < 1e-14 * Math.abs(a) && a.toPrecision(15) === b.toPrecision(15));
}

export function eq(a, b) {
  return typeof a === "number" && typeof b === "number" ? same(a, b) : compare(a, b) === 0;
}

export function ne(a, b) {
  return !eq(a, b);
}

export function lt(a, b) {
  return typeof a === "number" && typeof b === "number" ? a < b && !same(a, b) : compare(a, b) < 0;
}

export function gt(a, b) {
  return lt(b, a);
}

export function le(a, b) {
  return !lt(b, a);
}

export function ge(a, b) {
  return !lt(a, b);
}

/** The operators by their names in array formulas. */
export function add(a, b) {
  return num(a) + num(b);
}

export function subtract(a, b) {
  return num(a) - num(b);
}

export function multiply(a, b) {
  return num(a) * num(b);
}

export function negative(a) {
  return -num(a);
}

export function percent(a) {
  return num(a) / 100;
}

export function square(a) {
  return a * a;
}
