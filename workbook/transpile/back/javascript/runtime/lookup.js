// Lookups, and places in ranges.

import { Area, area, broadcast, error, fail, flat, got, look, num, one, sure, txt } from "./values.js";
import { kept } from "./cells.js";
import { compare, sameKind } from "./operators.js";
import { wildcard } from "./criteria.js";

/** A part of an array, counted from 0. */
export function part(range, top, left, height, width) {
  const { grid, start, down, across } = range;
  return new Area(grid, start + top * down + left * across, height, width, down, across);
}

/** What an exact search of a range is fastest by: the first place of each number and each text. */
function placesOf(range) {
  const places = new Map();
  flat([range]).forEach((value, k) => {
    const key = typeof value === "string" ? value.toLowerCase() : value;
    if (value !== null && !places.has(key)) places.set(key, k);
  });
  return places;
}

/** So many values are looked through sooner than a table of them is made. */
const FEW = 16;

/** The place, from 0, of the first value equal to the one wanted; -1 where there is none. */
function exactPlace(wanted, range) {
  if (typeof wanted === "string" && /[*?~]/.test(wanted)) {
    const matches = wildcard(wanted);
    return flat([range]).findIndex((value) => typeof value === "string" && matches(value));
  }
  if (range.size <= FEW) {
    const values = flat([range]);
    const at = values.indexOf(wanted);
    return at >= 0 && typeof wanted !== "string" ? at : values.findIndex((value) => sameKind(value, wanted) && compare(value, wanted) === 0);
  }
  const places = kept(range, "places", placesOf);
  const at = places.get(typeof wanted === "string" ? wanted.toLowerCase() : wanted);
  if (at !== undefined || typeof wanted !== "number") return at === undefined ? -1 : at;
  const values = kept(range, "flat", (found) => flat([found]));
  return values.findIndex((value) => sameKind(value, wanted) && compare(value, wanted) === 0);
}

/**
 * By halves, as Excel searches: the last place whose value is at most the one wanted, -1 where there is none. The search
 * ends at a value equal to the one wanted, and takes the last of such values in a row.
 */
function sortedPlace(wanted, values) {
  let low = 0;
  let high = values.length - 1;
  let found = -1;
  while (low <= high) {
    const middle = Math.floor((low + high) / 2);
    let probe = middle;
    while (probe <= high && !sameKind(values[probe], wanted)) probe++;
    const side = probe > high ? 1 : compare(values[probe], wanted);
    if (side > 0) {
      high = middle - 1;
      continue;
    }
    found = probe;
    low = probe + 1;
    if (side === 0) {
      const isEqual = (value) => sameKind(value, wanted) && compare(value, wanted) === 0;
      while (found + 1 < values.length && isEqual(values[found + 1])) found++;
      return found;
    }
  }
  return found;
}

/** The last place of a falling list whose value is at least the one wanted, -1 where there is none. */
function fallingPlace(wanted, values) {
  let found = -1;
  for (let k = 0; k < values.length; k++) {
    if (!sameKind(values[k], wanted)) continue;
    if (compare(values[k], wanted) < 0) break;
    found = k;
  }
  return found;
}

export function MATCH(wanted, values, mode = 1) {
  const range = area(values);
  const value = wanted === null ? 0 : wanted;
  const kind = Math.trunc(mode);
  const list = () => kept(range, "flat", (found) => flat([found]));
  const at = kind === 0 ? exactPlace(value, range) : kind > 0 ? sortedPlace(value, list()) : fallingPlace(value, list());
  return at < 0 ? fail("#N/A") : at + 1;
}

/** INDEX of cells of a sheet by a row and a column from 1, as a value. */
export function cellAt(grid, start, height, width, row, line) {
  let i = Math.trunc(row);
  let j = Math.trunc(line);
  if (i < 0 || j < 0) fail("#VALUE!");
  if (i > height || j > width) fail("#REF!");
  i = Math.max(i, 1) - 1;
  j = Math.max(j, 1) - 1;
  return sure(look(grid, start + i * grid.width + j));
}

/** Whether it is more than one value: a single cell may be given as a range. */
function holdsMany(value) {
  return value instanceof Area && value.size > 1;
}

/** A row or column that INDEX is asked for; 0, which is all of them, where none is given. */
function numbered(value) {
  const single = one(value);
  return single === undefined || single === null ? 0 : Math.trunc(num(single));
}

/** INDEX: the cell at a row and a column from 1; the whole row or column where the other is 0. */
export function INDEX(values, row, line) {
  if (holdsMany(row) || holdsMany(line)) {
    return broadcast((i, j) => one(INDEX(values, sure(i), line === undefined ? undefined : sure(j))), [row, line]);
  }
  const range = area(values);
  let i = numbered(row);
  let j = numbered(line);
  if (line === undefined && range.height === 1) [i, j] = [1, i];
  if (i < 0 || j < 0) fail("#VALUE!");
  if (i > range.height || j > range.width) fail("#REF!");
  if (!i && range.height > 1) return j || range.width === 1 ? part(range, 0, Math.max(j, 1) - 1, range.height, 1) : range;
  if (!j && range.width > 1) return part(range, Math.max(i, 1) - 1, 0, 1, range.width);
  return sure(range.at(Math.max(i, 1) - 1, Math.max(j, 1) - 1));
}

/** Goes on where what chose a formula's cells is what it was when the file was saved; else nothing here follows it. */
export function led(guide, saved) {
  if (got(guide) !== saved) fail("#MOVED!");
}

/** Goes on where a place, from 1, lies in what was seen to be reached, which begins in a row or column of the sheet. */
export function reached(place, size, start) {
  const at = Math.trunc(num(place));
  if (at < 1) fail(at + start > 1 ? "#MOVED!" : "#REF!");
  if (at > size) fail("#MOVED!");
}

/** Whether a place in a range of a sheet, or beside it, may be one of the sheet's: an array on its way does not tell. */
function isOnSheet({ grid, start }, row, line) {
  return grid.settle === null || (Math.floor(start / grid.width) + row >= 0 && (start % grid.width) + line >= 0);
}

/** The range of OFFSET within what it was seen to reach; `corner`: row, column, height and width of where it starts in that. */
export function shifted(values, corner, rows, columns, height, width) {
  const [down, across, tall, wide] = flat([corner]).map((value) => Math.trunc(num(value)));
  let top = down + Math.trunc(num(rows));
  let left = across + Math.trunc(num(columns));
  let high = height === undefined || height === null ? tall : Math.trunc(num(height));
  let broad = width === undefined || width === null ? wide : Math.trunc(num(width));
  if (high < 0) [top, high] = [top + high + 1, -high];
  if (broad < 0) [left, broad] = [left + broad + 1, -broad];
  const range = area(values);
  const fits = high && broad && top >= 0 && left >= 0 && top + high <= range.height && left + broad <= range.width;
  if (!fits) fail(high && broad && isOnSheet(range, top, left) ? "#MOVED!" : "#REF!");
  return part(range, top, left, high, broad);
}

/** OFFSET: a range, or the value of its one cell. */
export function OFFSET(...given) {
  const found = shifted(...given);
  return found.size === 1 ? sure(found.at(0, 0)) : found;
}

export function VLOOKUP(wanted, values, place, approximate = true) {
  const range = area(values);
  const at = Math.trunc(place);
  if (at < 1) fail("#VALUE!");
  if (at > range.width) fail("#REF!");
  const row = MATCH(wanted, part(range, 0, 0, range.height, 1), approximate ? 1 : 0);
  return sure(range.at(row - 1, at - 1));
}

export function HLOOKUP(wanted, values, place, approximate = true) {
  const range = area(values);
  const at = Math.trunc(place);
  if (at < 1) fail("#VALUE!");
  if (at > range.height) fail("#REF!");
  const line = MATCH(wanted, part(range, 0, 0, 1, range.width), approximate ? 1 : 0);
  return sure(range.at(at - 1, line - 1));
}

export function LOOKUP(wanted, values, results) {
  const keys = area(values);
  const isWide = keys.width > keys.height;
  // Of a wide range its first row is searched, of any other its first column.
  const first = isWide ? part(keys, 0, 0, 1, keys.width) : part(keys, 0, 0, keys.height, 1);
  const place = MATCH(wanted, first, 1) - 1;
  if (results !== undefined) {
    const found = area(results);
    return place < found.size ? sure(found.nth(place)) : fail("#N/A");
  }
  return sure(isWide ? keys.at(keys.height - 1, place) : keys.at(place, keys.width - 1));
}

/**
 * The place, from 1, as XLOOKUP finds it: exact, or the next smaller (-1) or larger (1), or by wildcard (2). A blank finds a
 * blank cell, and no 0.
 */
export function XMATCH(wanted, values, mode = 0, search = 1) {
  const list = flat([area(values)]);
  if (wanted === null) {
    const blank = search > 0 ? list.indexOf(null) : list.lastIndexOf(null);
    return blank < 0 ? fail("#N/A") : blank + 1;
  }
  const matches = mode === 2 && typeof wanted === "string" ? wildcard(wanted) : null;
  let best = -1;
  for (let x = 0; x < list.length; x++) {
    const k = search > 0 ? x : list.length - 1 - x;
    const value = list[k];
    if (matches && typeof value === "string") {
      if (matches(value)) return k + 1;
      continue;
    }
    if (!sameKind(value, wanted)) continue;
    const order = Math.sign(compare(value, wanted));
    if (order === 0) return k + 1;
    const isBeyond = (mode === -1 || mode === 1) && order === mode;
    if (isBeyond && (best < 0 || Math.sign(compare(value, list[best])) === -mode)) best = k;
  }
  return best < 0 ? fail("#N/A") : best + 1;
}

/** XLOOKUP; `missing` is a function, or undefined. */
export function XLOOKUP(wanted, values, results, missing, mode = 0, search = 1) {
  const keys = area(values);
  const found = area(results);
  let place;
  try {
    place = XMATCH(wanted, keys, mode, search) - 1;
  } catch (problem) {
    if (missing === undefined || problem !== error("#N/A")) throw problem;
    return missing();
  }
  const isColumn = keys.width === 1 && keys.height > 1;
  if (isColumn ? keys.height !== found.height : keys.width !== found.width) fail("#VALUE!");
  const line = isColumn ? part(found, place, 0, 1, found.width) : part(found, 0, place, found.height, 1);
  return line.size === 1 ? sure(line.at(0, 0)) : line;
}

export function ROWS(values) {
  return area(values).height;
}

export function COLUMNS(values) {
  return area(values).width;
}

export function ADDRESS(row, line, kind = 1, isA1 = true, sheet = undefined) {
  const [i, j, how] = [Math.trunc(row), Math.trunc(line), Math.trunc(kind)];
  if (i < 1 || j < 1 || j > 16384 || i > 1048576 || how < 1 || how > 4) fail("#VALUE!");
  const rowFixed = how === 1 || how === 2;
  const lineFixed = how === 1 || how === 3;
  let letters = "";
  for (let left = j; left > 0; left = Math.floor((left - 1) / 26)) {
    letters = String.fromCharCode(65 + ((left - 1) % 26)) + letters;
  }
  const spelledOut = isA1
    ? `${lineFixed ? "$" : ""}${letters}${rowFixed ? "$" : ""}${i}`
    : `R${rowFixed ? i : `[${i}]`}C${lineFixed ? j : `[${j}]`}`;
  if (sheet === undefined) return spelledOut;
  const title = txt(one(sheet));
  return `${/^\w*$/.test(title) ? title : `'${title.replace(/'/g, "''")}'`}!${spelledOut}`;
}
