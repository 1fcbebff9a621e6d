// Conditions, and what kind of value it is.

import { Area, CellError, broadcast, error, fail, flat, got, num, sure, truth } from "./values.js";
import { eq } from "./operators.js";

/** The conditions among ranges and single values; texts and blanks in ranges are left out. */
function conditions(values) {
  const found = [];
  for (const value of values) {
    for (const single of value instanceof Area ? flat([value]) : [value]) {
      if (value instanceof Area && (single === null || typeof single === "string")) continue;
      found.push(truth(single));
    }
  }
  return found.length ? found : fail("#VALUE!");
}

export function AND(...values) {
  return !conditions(values).includes(false);
}

export function OR(...values) {
  return conditions(values).includes(true);
}

export function XOR(...values) {
  return conditions(values).filter(Boolean).length % 2 === 1;
}

export function NOT(value) {
  return !value;
}

export function choose(index, branches) {
  const place = Math.floor(index);
  return place < 1 || place > branches.length ? fail("#VALUE!") : branches[place - 1]();
}

/** CHOOSE by an index that may be an array: then all branches are, too. */
export function chooseAny(index, branches) {
  if (!(index instanceof Area)) return choose(num(index), branches);
  return broadcast((k, ...each) => choose(num(sure(k)), each.map((value) => () => sure(value))), [index, ...branches.map(got)]);
}

/** SWITCH: pairs of a value and what it gives, as functions, and what else is given. */
export function switched(value, branches) {
  for (let k = 0; k + 1 < branches.length; k += 2) if (eq(value, branches[k]())) return branches[k + 1]();
  return branches.length % 2 ? branches[branches.length - 1]() : fail("#N/A");
}

/** IFS: pairs of a condition and what it gives, as functions. */
export function ifs(branches) {
  for (let k = 0; k + 1 < branches.length; k += 2) if (truth(branches[k]())) return branches[k + 1]();
  return fail("#N/A");
}

export function ISBLANK(value) {
  return value === null || value === undefined;
}

export function ISOMITTED(value) {
  return value === null || value === undefined;
}

export function ISNUMBER(value) {
  return typeof value === "number";
}

export function ISTEXT(value) {
  return typeof value === "string";
}

export function ISNONTEXT(value) {
  return typeof value !== "string";
}

export function ISLOGICAL(value) {
  return typeof value === "boolean";
}

export function ISERROR(value) {
  return value instanceof CellError;
}

export function ISERR(value) {
  return value instanceof CellError && value.code !== "#N/A";
}

export function ISNA(value) {
  return value instanceof CellError && value.code === "#N/A";
}

export function ISEVEN(value) {
  return Math.floor(Math.abs(value)) % 2 === 0;
}

export function ISODD(value) {
  return Math.floor(Math.abs(value)) % 2 === 1;
}

/** The function N. */
export function N_OF(value) {
  return typeof value === "boolean" || typeof value === "number" ? num(value) : 0;
}

/** The function T. */
export function T_OF(value) {
  return typeof value === "string" ? value : "";
}

export function NA() {
  return fail("#N/A");
}

export function TYPE(value) {
  return value instanceof CellError ? 16 : typeof value === "boolean" ? 4 : typeof value === "string" ? 2 : 1;
}

const ERROR_CODES = ["#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA", "#SPILL!"];

export function ERROR_TYPE(value) {
  if (!(value instanceof CellError)) throw error("#N/A");
  if (value.code === "#CALC!") return 14;
  const at = ERROR_CODES.indexOf(value.code);
  return at < 0 ? fail("#N/A") : at + 1;
}

/** IFERROR: what a function gives, or another where that ends with an error. */
export function orElse(compute, otherwise) {
  const value = got(compute);
  return value instanceof CellError ? otherwise() : value;
}

/** IFNA. */
export function orIfMissing(compute, otherwise) {
  const value = got(compute);
  return value instanceof CellError ? (value.code === "#N/A" ? otherwise() : sure(value)) : value;
}

/** IF of a condition that may be an array; a branch is a function. */
export function ifAny(condition, then, otherwise) {
  if (!(condition instanceof Area)) return truth(condition) ? then() : otherwise();
  return broadcast((c, a, b) => sure(truth(c) ? a : b), [condition, got(then), got(otherwise)]);
}

/** IFERROR of what may be an array. */
export function orElseAny(compute, otherwise) {
  const value = got(compute);
  if (!(value instanceof Area)) return value instanceof CellError ? otherwise() : value;
  return broadcast((a, b) => sure(a instanceof CellError ? b : a), [value, got(otherwise)]);
}

/** IFNA of what may be an array. */
export function orIfMissingAny(compute, otherwise) {
  const value = got(compute);
  if (!(value instanceof Area)) return orIfMissing(() => sure(value), otherwise);
  return broadcast((a, b) => sure(a === error("#N/A") ? b : a), [value, got(otherwise)]);
}
