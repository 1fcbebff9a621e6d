// One of many totals, by its number; totals of the records of a list that meet conditions.

import { CellError, Ranges, broadcast, column, fail, flat, made, num, one, sure, toRows } from "./values.js";
import { criterion, wildcard } from "./criteria.js";
import { compare } from "./operators.js";
import { AVERAGE, COUNT, COUNTA, MAX, MIN, PRODUCT, SUM } from "./sums.js";
import { LARGE, MEDIAN, MODE, PERCENTILE, PERCENTILE_EXC, QUARTILE, QUARTILE_EXC, SMALL, STDEV, STDEVP, VAR, VARP } from "./statistics.js";

/** The totals in the order of their numbers. */
function inOrder() {
  return [AVERAGE, COUNT, COUNTA, MAX, MIN, PRODUCT, STDEV, STDEVP, SUM, VAR, VARP, MEDIAN, MODE];
}

/** A range as its shown rows have it: those at the places given, from 0, are hidden, and blank. */
export function shownRows(range, hidden) {
  const places = new Set(flat([hidden]));
  return made(range.height, range.width, (i, j) => (places.has(i) ? null : range.at(i, j)));
}

export function SUBTOTAL(kind, ...ranges) {
  const [first, ...others] = ranges;
  if (first instanceof Ranges) return broadcast((range) => SUBTOTAL(kind, sure(range), ...others), [first]);
  const at = Math.trunc(kind);
  if (!((at >= 1 && at <= 11) || (at >= 101 && at <= 111))) fail("#VALUE!");
  return inOrder()[(at % 100) - 1](...ranges);
}

export function AGGREGATE(kind, options, ...ranges) {
  const [at, how] = [Math.trunc(kind), Math.trunc(options)];
  if (at < 1 || at > 19 || how < 0 || how > 7 || (at > 13 && ranges.length !== 2)) fail("#VALUE!");
  const isRanked = at > 13;
  let arrays = isRanked ? ranges.slice(0, 1) : ranges;
  if ([2, 3, 6, 7].includes(how)) {
    const kept = flat(arrays).filter((value) => !(value instanceof CellError));
    arrays = kept.length ? [column(kept)] : [];
  }
  if (!isRanked) return inOrder()[at - 1](...arrays);
  const ranked = [LARGE, SMALL, PERCENTILE, QUARTILE, PERCENTILE_EXC, QUARTILE_EXC][at - 14];
  return arrays.length ? ranked(arrays[0], num(one(ranges[1]))) : fail("#NUM!");
}

/** The place of a name among others, whatever the case; -1 where it is not there. */
function placeAmong(names, wanted) {
  return names.findIndex((name) => !(name instanceof CellError) && compare(name, wanted) === 0);
}

/** The test that a condition stands for: a text without a sign is what a text begins with. */
function recordTest(wanted) {
  if (typeof wanted !== "string" || /^[<>=]/.test(wanted)) return criterion(wanted);
  const [begins, isSame] = [wildcard(`${wanted}*`), criterion(wanted)];
  return (value) => (typeof value === "string" ? begins(value) : isSame(value));
}

/** The values of a field of the records that meet the conditions; without a field a 1 for each. */
function met(list, field, conditions) {
  const [names, ...records] = toRows(list);
  const [heads, ...lines] = toRows(conditions);
  const wanted = field === undefined ? null : one(field);
  let place = -1;
  if (wanted !== null) {
    place = typeof wanted === "string" ? placeAmong(names, wanted) : Math.trunc(num(wanted)) - 1;
    if (place < 0 || place >= names.length) fail("#VALUE!");
  }
  const tests = lines.map((line) =>
    line.flatMap((value, k) => (value === null || value === "" ? [] : [[placeAmong(names, heads[k]), recordTest(value)]])),
  );
  const found = records.filter((record) => tests.some((line) => line.every(([k, test]) => k < 0 || test(record[k]))));
  return found.map((record) => (place < 0 ? 1 : record[place]));
}

/** What a total makes of the values of records. */
function totalOf(total, found) {
  return found.length ? total(column(found)) : total();
}

export function DSUM(list, field, conditions) {
  return totalOf(SUM, met(list, field, conditions));
}

export function DPRODUCT(list, field, conditions) {
  return totalOf(PRODUCT, met(list, field, conditions));
}

export function DCOUNT(list, field, conditions) {
  return totalOf(COUNT, met(list, field, conditions));
}

export function DCOUNTA(list, field, conditions) {
  return totalOf(COUNTA, met(list, field, conditions));
}

export function DAVERAGE(list, field, conditions) {
  return totalOf(AVERAGE, met(list, field, conditions));
}

export function DMIN(list, field, conditions) {
  return totalOf(MIN, met(list, field, conditions));
}

export function DMAX(list, field, conditions) {
  return totalOf(MAX, met(list, field, conditions));
}

export function DSTDEV(list, field, conditions) {
  return totalOf(STDEV, met(list, field, conditions));
}

export function DSTDEVP(list, field, conditions) {
  return totalOf(STDEVP, met(list, field, conditions));
}

export function DVAR(list, field, conditions) {
  return totalOf(VAR, met(list, field, conditions));
}

export function DVARP(list, field, conditions) {
  return totalOf(VARP, met(list, field, conditions));
}

export function DGET(list, field, conditions) {
  const found = met(list, field, conditions);
  return found.length === 1 ? sure(found[0]) : fail(found.length ? "#NUM!" : "#VALUE!");
}
