// Arrays made, put together, sorted and cut; functions that take a function.

import { CellError, area, broadcast, column, error, fail, flat, fromRows, got, made, num, one, sure, toRows, truth } from "./values.js";
import { TRANSPOSE } from "./matrices.js";
import { compare } from "./operators.js";
import { part } from "./lookup.js";

/** How many rows and columns an array is to have. */
function extentOf(rows, columns) {
  const [height, width] = [Math.trunc(rows), Math.trunc(columns)];
  const fits = height >= 1 && height <= 1048576 && width >= 1 && width <= 16384 && height * width <= 4000000;
  return fits ? [height, width] : fail("#VALUE!");
}

export function SEQUENCE(rows = 1, columns = 1, start = 1, step = 1) {
  const least = Math.min(rows, columns);
  if (least >= 0 && least < 1) fail("#CALC!");
  const [height, width] = extentOf(rows, columns);
  return made(height, width, (i, j) => start + step * (i * width + j));
}

/** Rows of values as an array; none are #CALC!. */
function arrayOf(rows) {
  return rows.length && rows[0].length ? fromRows(rows) : fail("#CALC!");
}

export function HSTACK(...values) {
  const areas = values.map(area);
  const height = Math.max(...areas.map((a) => a.height));
  const starts = areas.flatMap((a) => Array.from({ length: a.width }, (_, j) => [a, j]));
  return made(height, starts.length, (i, j) => (i < starts[j][0].height ? starts[j][0].at(i, starts[j][1]) : error("#N/A")));
}

export function VSTACK(...values) {
  const areas = values.map(area);
  const width = Math.max(...areas.map((a) => a.width));
  const starts = areas.flatMap((a) => Array.from({ length: a.height }, (_, i) => [a, i]));
  return made(starts.length, width, (i, j) => (j < starts[i][0].width ? starts[i][0].at(starts[i][1], j) : error("#N/A")));
}

/** The order of two values: numbers before texts before truths before errors. */
function orderOf(a, b) {
  const isError = (value) => (value instanceof CellError ? 1 : 0);
  return isError(a) || isError(b) ? isError(a) - isError(b) : compare(a, b);
}

/** The places of values in their order, which keeps that of equal ones; blanks come last both ways. */
function sortedPlaces(values, falling) {
  const filled = values.flatMap((value, k) => (value === null ? [] : [k]));
  const blank = values.flatMap((value, k) => (value === null ? [k] : []));
  filled.sort((a, b) => (falling ? orderOf(values[b], values[a]) : orderOf(values[a], values[b])) || a - b);
  return [...filled, ...blank];
}

/** Whether a way of sorting is falling: 1, or nothing, is rising, -1 falling. */
function isFalling(way) {
  const sign = way === null || way === undefined ? 1 : Math.trunc(num(sure(way)));
  return sign === 1 || sign === -1 ? sign < 0 : fail("#VALUE!");
}

export function SORT(values, places = 1, ways = 1, byColumn = false) {
  const range = area(values);
  let rows = toRows(byColumn ? TRANSPOSE(range) : range);
  const columns = flat([places]).map((at) => Math.trunc(num(sure(at))) - 1);
  if (columns.some((at) => !(at >= 0 && at < rows[0].length))) fail("#VALUE!");
  const falling = flat([ways]).map(isFalling);
  for (let k = columns.length - 1; k >= 0; k--) {
    const keys = rows.map((row) => row[columns[k]]);
    rows = sortedPlaces(keys, falling[k % falling.length]).map((at) => rows[at]);
  }
  return byColumn ? TRANSPOSE(fromRows(rows)) : fromRows(rows);
}

export function SORTBY(values, ...keys) {
  const range = area(values);
  const first = area(keys[0]);
  const isAcross = first.height === 1 && first.width > 1 && first.width === range.width;
  const rows = toRows(isAcross ? TRANSPOSE(range) : range);
  let places = rows.map((_, k) => k);
  for (let k = keys.length - (keys.length % 2 ? 1 : 2); k >= 0; k -= 2) {
    const key = flat([keys[k]]);
    if (key.length !== rows.length) fail("#VALUE!");
    const order = sortedPlaces(places.map((at) => key[at]), isFalling(k + 1 < keys.length ? one(keys[k + 1]) : 1));
    places = order.map((at) => places[at]);
  }
  const found = fromRows(places.map((at) => rows[at]));
  return isAcross ? TRANSPOSE(found) : found;
}

export function FILTER(values, keep, otherwise = undefined) {
  const rows = toRows(values);
  const kept = area(keep);
  const wanted = flat([kept]).map((value) => truth(sure(value)));
  const isAcross = kept.height === 1 && rows[0].length > 1 && kept.width === rows[0].length;
  if (!isAcross && wanted.length !== rows.length) fail("#VALUE!");
  const found = isAcross ? rows.map((row) => row.filter((_, k) => wanted[k])) : rows.filter((_, k) => wanted[k]);
  if (found.length && found[0].length) return fromRows(found);
  return otherwise === undefined ? fail("#CALC!") : otherwise;
}

export function UNIQUE(values, byColumn = false, once = false) {
  const range = area(values);
  const rows = toRows(byColumn ? TRANSPOSE(range) : range);
  const same = (a, b) => a.every((value, k) => value instanceof CellError ? value === b[k] : orderOf(value, b[k]) === 0);
  const found = rows.filter((row, k) => {
    const equal = rows.flatMap((other, at) => (same(row, other) ? [at] : []));
    return once ? equal.length === 1 : equal[0] === k;
  });
  if (!found.length) fail("#CALC!");
  const unique = arrayOf(found);
  return byColumn ? TRANSPOSE(unique) : unique;
}

/** The first (or, counted negatively, last) of so many, kept or dropped: where they start and how many they are. */
function span(length, count, keep) {
  if (count === undefined) return [0, length];
  const whole = Math.trunc(count);
  const place = Math.min(whole >= 0 ? whole : Math.max(length + whole, 0), length);
  return keep === whole >= 0 ? [0, place] : [place, length - place];
}

function cut(values, rows, columns, keep) {
  const range = area(values);
  const [top, height] = span(range.height, rows, keep);
  const [left, width] = span(range.width, columns, keep);
  return height && width ? part(range, top, left, height, width) : fail("#CALC!");
}

export function TAKE(values, rows, columns) {
  return cut(values, rows, columns, true);
}

export function DROP(values, rows, columns) {
  return cut(values, rows, columns, false);
}

/** Places from 1, or from the end below 0, as places from 0. */
function chosenPlaces(count, places) {
  const found = flat(places).map((place) => Math.trunc(num(sure(place))));
  if (found.some((place) => Math.abs(place) < 1 || Math.abs(place) > count)) fail("#VALUE!");
  return found.map((place) => (place > 0 ? place - 1 : count + place));
}

export function CHOOSEROWS(values, ...places) {
  const range = area(values);
  const rows = chosenPlaces(range.height, places);
  return made(rows.length, range.width, (i, j) => range.at(rows[i], j));
}

export function CHOOSECOLS(values, ...places) {
  const range = area(values);
  const columns = chosenPlaces(range.width, places);
  return made(range.height, columns.length, (i, j) => range.at(i, columns[j]));
}

export function TOCOL(values, ignore = 0, byColumn = false) {
  const kind = Math.trunc(ignore);
  if (kind < 0 || kind > 3) fail("#VALUE!");
  const range = area(values);
  const found = flat([byColumn ? TRANSPOSE(range) : range]);
  return column(found.filter((value) => !(kind & 1 && value === null) && !(kind & 2 && value instanceof CellError)));
}

export function TOROW(values, ignore = 0, byColumn = false) {
  return TRANSPOSE(TOCOL(values, ignore, byColumn));
}

/** A list in rows of a width, what is missing filled up. */
function wrapped(values, width, padding) {
  const found = flat([values]);
  const wide = Math.trunc(width);
  if (wide < 1) fail("#NUM!");
  const fill = padding === undefined ? error("#N/A") : padding;
  return made(Math.ceil(found.length / wide), wide, (i, j) => (i * wide + j < found.length ? found[i * wide + j] : fill));
}

export function WRAPROWS(values, width, padding) {
  return wrapped(values, width, padding);
}

export function WRAPCOLS(values, height, padding) {
  return TRANSPOSE(wrapped(values, height, padding));
}

export function EXPAND(values, rows, columns, padding) {
  const range = area(values);
  const [height, width] = extentOf(rows || range.height, columns || range.width);
  if (height < range.height || width < range.width) fail("#VALUE!");
  const fill = padding === undefined ? error("#N/A") : padding;
  return made(height, width, (i, j) => (i < range.height && j < range.width ? range.at(i, j) : fill));
}

/** What a function gives for single values, as one value. */
function single(compute, ...values) {
  return one(compute(...values));
}

export function MAP(...values) {
  const compute = values.pop();
  return broadcast((...each) => single(compute, ...each), values.map(area));
}

export function REDUCE(start, values, compute) {
  let total = start;
  flat([values]).forEach((value, k) => {
    total = start === undefined && k === 0 ? value : got(() => compute(total, value));
  });
  return sure(total);
}

export function SCAN(start, values, compute) {
  let total = start;
  const range = area(values);
  return made(range.height, range.width, (i, j) => {
    const value = range.at(i, j);
    total = start === undefined && i === 0 && j === 0 ? value : got(() => one(compute(total, value)));
    return sure(total);
  });
}

export function MAKEARRAY(rows, columns, compute) {
  const [height, width] = extentOf(rows, columns);
  return made(height, width, (i, j) => single(compute, i + 1, j + 1));
}

export function BYROW(values, compute) {
  const range = area(values);
  return made(range.height, 1, (i) => single(compute, part(range, i, 0, 1, range.width)));
}

export function BYCOL(values, compute) {
  const range = area(values);
  return made(1, range.width, (_, j) => single(compute, part(range, 0, j, range.height, 1)));
}

/** The lines without those that are blank at the beginning (1), at the end (2), or at both (3). */
function trimmedLines(lines, ends) {
  const filled = lines.flatMap((line, k) => (line.some((value) => value !== null) ? [k] : []));
  if (!filled.length) fail("#REF!");
  const [first, last] = [ends === 1 || ends === 3 ? filled[0] : 0, ends >= 2 ? filled.at(-1) : lines.length - 1];
  return lines.slice(first, last + 1);
}

export function TRIMRANGE(values, rows = 3, columns = 3) {
  const lines = trimmedLines(toRows(values), Math.trunc(rows));
  return TRANSPOSE(fromRows(trimmedLines(toRows(TRANSPOSE(fromRows(lines))), Math.trunc(columns))));
}
