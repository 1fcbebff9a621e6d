// What a cell can hold, and one kind of it taken for another: numbers, texts, true and false, null for a blank.
// An error is thrown, so that it ends the formula that meets it; only cells and arrays hold it as a value.

/** An error value such as #N/A. */
export class CellError {
  constructor(code) {
    this.code = code;
  }
}

/** What a cell shows whose value nobody knows any more. No formula catches it: what reads it is not known either. */
export class Unknown {
  constructor(code) {
    this.code = code;
  }
}

const UNKNOWN = new Set(["#MOVED!", "#GROWN!", "#STALE!"]);
const ERRORS = new Map();

/** The error of a code, always the same object. */
export function error(code) {
  if (!ERRORS.has(code)) ERRORS.set(code, UNKNOWN.has(code) ? new Unknown(code) : new CellError(code));
  return ERRORS.get(code);
}

/** Ends a formula with an error. */
export function fail(code) {
  throw error(code);
}

/** What a function gives, or the error that it ends with; whatever else goes wrong goes on. */
export function got(compute) {
  try {
    return compute();
  } catch (problem) {
    if (problem instanceof CellError) return problem;
    throw problem;
  }
}

/** A value that may be an error, which then ends the formula. */
export function sure(value) {
  if (value instanceof CellError) throw value;
  return value;
}

/** A number that a cell can hold. */
export function finite(value) {
  if (value - value !== 0) fail("#NUM!");
  return value;
}

/** A single value as a number: true is 1, a blank 0, a text what it reads as. */
export function num(value) {
  if (typeof value === "number") return value;
  if (value === null || value === undefined || value === false) return 0;
  if (value === true) return 1;
  if (typeof value === "string") return parsed(value);
  if (value instanceof Area) return num(one(value));
  throw value instanceof CellError ? value : error("#VALUE!");
}

const PLAIN_NUMBER = /^([+-]?)\$?((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(%?)$/;

/** The number that a text reads as: digits, an exponent, a percent sign, a currency, thousands, a fraction, a date or a time. */
export function parsed(text) {
  const plain = text.trim().replace(/,/g, "").replace(/^\$/, "");
  const match = PLAIN_NUMBER.exec(plain);
  if (match) return Number(match[1] + match[2]) / (match[3] ? 100 : 1);
  const negative = /^\((\d+\.?\d*|\.\d+)\)$/.exec(plain);
  if (negative) return -Number(negative[1]);
  const parts = /^([+-]?)(\d+) +(\d+)\/([1-9]\d*)$/.exec(plain);
  if (parts) return Number(`${parts[1]}1`) * (Number(parts[2]) + Number(parts[3]) / Number(parts[4]));
  return /\d/.test(plain) ? dated(plain) : fail("#VALUE!");
}

const MONTHS = [
  "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
  "december",
];

/** The number of a text that is a date, a time, or both. */
export function dated(text) {
  const clock = /^(.*?)\s*(?:(\d+):(\d+)(?::(\d+(?:\.\d*)?))?\s*([AaPp][Mm])?|(\d+)\s*([AaPp][Mm]))?$/;
  const match = clock.exec(text);
  if (match?.[6]) match.splice(2, 4, match[6], "0", undefined, match[7]);
  if (match === null || (match[1] === "" && match[2] === undefined)) fail("#VALUE!");
  return (match[2] === undefined ? 0 : timeOf(match)) + (match[1] === "" ? 0 : dayOf(match[1]));
}

function timeOf(match) {
  let hour = Number(match[2]);
  if (match[5]) {
    if (hour < 1 || hour > 12) fail("#VALUE!");
    hour = (hour % 12) + (match[5].toLowerCase() === "pm" ? 12 : 0);
  }
  const minute = Number(match[3]);
  if (minute > 59) fail("#VALUE!");
  return (hour * 3600 + minute * 60 + Number(match[4] || 0)) / 86400;
}

const DAYS_OF_WEEK = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/**
 * The number of a day: `2011-08-22`, `8/22/11`, `22-Aug-2011`, `August 22 2011`; `5-Jul` is a day of this year, and
 * `March 2021` the first of its month.
 */
function dayOf(text) {
  if (!/^[a-z\d]+(?:(?:\s*[/-]\s*|\s+)[a-z\d]+)*$/i.test(text)) fail("#VALUE!");
  const parts = text.match(/\d+|[a-z]+/gi);
  if (parts.length === 4 && named(DAYS_OF_WEEK, parts[0])) parts.shift();
  const given = parts.map((part) => named(MONTHS, part) || Number(part));
  const words = parts.flatMap((part, k) => (/\d/.test(part) ? [] : [k]));
  if (words.length > 1 || given.some(Number.isNaN)) fail("#VALUE!");
  const isYearFirst = /^\d{4}$/.test(parts[0]);
  if (parts.length === 3) {
    const at = isYearFirst ? [1, 2, 0] : words[0] === 1 ? [1, 0, 2] : [0, 1, 2];
    const [month, day, year] = at.map((k) => given[k]);
    return checkedDay(fullYear(year), month, day);
  }
  if (parts.length !== 2 || !(words.length || /[/-]/.test(text))) fail("#VALUE!");
  const at = words.length ? words[0] : Number(isYearFirst);
  const [month, other] = [given[at], given[1 - at]];
  const ofThisYear = got(() => checkedDay(new Date().getFullYear(), month, other));
  return ofThisYear instanceof CellError ? checkedDay(fullYear(other), month, 1) : ofThisYear;
}

/** The place, from 1, of the name that a word is, in full or by its first three letters; 0 if it is none. */
function named(names, word) {
  return names.findIndex((name) => name === word.toLowerCase() || name.slice(0, 3) === word.toLowerCase()) + 1;
}

/** The year that one of two digits stands for: they end in 2029. */
function fullYear(year) {
  return year < 100 ? year + (year < 30 ? 2000 : 1900) : year;
}

function checkedDay(year, month, day) {
  if (year === 1900 && month === 2 && day === 29) return 60 - calendar.shift;
  const at = new Date(Date.UTC(year, month - 1, day));
  if (at.getUTCMonth() !== month - 1 || at.getUTCDate() !== day || year < 1900 || year > 9999) fail("#VALUE!");
  return serial(year, month, day);
}

/** How many days the workbook's calendar begins after 1900: 0, or 1462 where it counts from 1904, as on old Macs. */
export const calendar = { shift: 0 };

/** The number of a day as Excel counts: 1 is the first of January 1900, and 1900 has a 29th of February. */
export function serial(year, month, day) {
  const days = Math.floor(Date.UTC(year, month - 1, day) / 86400000) + 25569;
  return (days < 61 ? days - 1 : days) - calendar.shift;
}

/** A single value as a condition. */
export function truth(value) {
  if (typeof value === "boolean") return value;
  if (typeof value === "number") return value !== 0;
  if (value === null || value === undefined) return false;
  if (typeof value === "string") {
    const word = value.toUpperCase();
    if (word === "TRUE") return true;
    return word === "FALSE" ? false : fail("#VALUE!");
  }
  if (value instanceof Area) return truth(one(value));
  throw value instanceof CellError ? value : error("#VALUE!");
}

/** A single value as a text. */
export function txt(value) {
  if (typeof value === "string") return value;
  if (typeof value === "number") return spelled(value);
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? "TRUE" : "FALSE";
  if (value instanceof Area) return txt(one(value));
  throw value;
}

/** A number in up to 15 digits, as a cell of the format General joins it to a text. */
export function spelled(value) {
  if (value === 0) return "0";
  const [mantissa, exponent] = value.toExponential(14).split("e");
  const sign = mantissa[0] === "-" ? "-" : "";
  let digits = mantissa.replace(/[-.]/g, "").replace(/0+$/, "");
  const power = Number(exponent);
  if (power > 20 || (power < 0 && digits.length - power > 20)) {
    const rest = digits.length > 1 ? `.${digits.slice(1)}` : "";
    return `${sign}${digits[0]}${rest}E${power > 0 ? "+" : "-"}${String(Math.abs(power)).padStart(2, "0")}`;
  }
  if (power < 0) return `${sign}0.${"0".repeat(-power - 1)}${digits}`;
  digits = digits.padEnd(power + 1, "0");
  return sign + digits.slice(0, power + 1) + (digits.length > power + 1 ? `.${digits.slice(power + 1)}` : "");
}

/** Cells side by side, of a sheet or of an array on its way: `grid` holds them, from `start` on, a row each `down`. */
export class Area {
  constructor(grid, start, height, width, down, across) {
    this.grid = grid;
    this.start = start;
    this.height = height;
    this.width = width;
    this.down = down;
    this.across = across;
  }

  /** The value of a cell, an error too. */
  at(i, j) {
    return look(this.grid, this.start + i * this.down + j * this.across);
  }

  /** How many cells it has. */
  get size() {
    return this.height * this.width;
  }

  /** The value of the k-th cell, row by row. */
  nth(k) {
    const i = Math.floor(k / this.width);
    return this.at(i, k - i * this.width);
  }
}

/** An array of ranges, as OFFSET gives for an array of places; what takes a range takes each of them. */
export class Ranges extends Area {
  constructor(rows) {
    super(null, 0, rows.length, rows[0].length, 0, 0);
    this.rows = rows;
  }

  at(i, j) {
    return this.rows[i][j];
  }
}

/** A function of single values that gives a range: of arrays an array of ranges. */
export function rangesOf(compute, ...values) {
  if (!values.some((value) => value instanceof Area)) return compute(...values);
  const areas = values.map(area);
  const height = Math.max(...areas.map((a) => a.height));
  const width = Math.max(...areas.map((a) => a.width));
  const at = (i, j) => got(() => area(compute(...areas.map((a) => sure(spreadAt(a, i, j))))));
  return new Ranges(Array.from({ length: height }, (_, i) => Array.from({ length: width }, (_unused, j) => at(i, j))));
}

export const KIND_BLANK = 0;
export const KIND_NUMBER = 1;
export const KIND_TRUTH = 2;
export const KIND_TEXT = 3;
export const KIND_ERROR = 4;
/** Added to the kind of a cell that waits to be computed, and to that of one that is being computed. */
export const WAITS = 8;
export const ASKED = 16;

/** A dense grid: a number, a kind and, of texts and errors, a value a cell. */
export function makeGrid(height, width) {
  const size = height * width;
  return { V: new Float64Array(size), T: new Uint8Array(size), X: new Map(), width, settle: null };
}

/** The kind of a cell; one that waits is computed first. */
export function kindAt(grid, at) {
  const kind = grid.T[at];
  if (kind < WAITS) return kind;
  grid.settle(at);
  return grid.T[at];
}

/** The number in a cell, where it is one; else what it reads as. */
export function N(grid, at) {
  return grid.T[at] === 1 ? grid.V[at] : numberAt(grid, at);
}

function numberAt(grid, at) {
  const kind = kindAt(grid, at);
  if (kind === KIND_NUMBER || kind === KIND_TRUTH) return grid.V[at];
  if (kind === KIND_BLANK) return 0;
  if (kind === KIND_TEXT) return parsed(grid.X.get(at));
  throw grid.X.get(at);
}

/** The value in a cell. */
export function G(grid, at) {
  return grid.T[at] === 1 ? grid.V[at] : sure(look(grid, at));
}

/** The value in a cell, an error too; ends the formula where nobody knows it. */
export function look(grid, at) {
  const kind = kindAt(grid, at);
  if (kind === KIND_NUMBER) return grid.V[at];
  if (kind === KIND_BLANK) return null;
  if (kind === KIND_TRUTH) return grid.V[at] === 1;
  const value = grid.X.get(at);
  if (kind === KIND_ERROR && value instanceof Unknown) throw value;
  return value;
}

/** What a cell shows, whatever that is. */
export function peek(grid, at) {
  const kind = kindAt(grid, at);
  if (kind === KIND_NUMBER) return grid.V[at];
  if (kind === KIND_BLANK) return null;
  return kind === KIND_TRUTH ? grid.V[at] === 1 : grid.X.get(at);
}

/** Put a value into a cell, an error too; whether that changed it. */
export function put(grid, at, value) {
  const kind = grid.T[at] & 7;
  if (typeof value === "number") {
    if (value - value !== 0) return put(grid, at, error("#NUM!"));
    if (kind === KIND_NUMBER && grid.V[at] === value) {
      grid.T[at] = KIND_NUMBER;
      return false;
    }
    if (kind > KIND_TRUTH) grid.X.delete(at);
    grid.V[at] = value + 0;
    grid.T[at] = KIND_NUMBER;
    return true;
  }
  if (typeof value === "boolean") {
    const bit = value ? 1 : 0;
    const same = kind === KIND_TRUTH && grid.V[at] === bit;
    if (kind > KIND_TRUTH) grid.X.delete(at);
    grid.V[at] = bit;
    grid.T[at] = KIND_TRUTH;
    return !same;
  }
  if (value === null || value === undefined) {
    if (kind > KIND_TRUTH) grid.X.delete(at);
    grid.V[at] = 0;
    grid.T[at] = KIND_BLANK;
    return kind !== KIND_BLANK;
  }
  if (value instanceof Area) return put(grid, at, value.at(0, 0));
  // A function is no value that a cell shows.
  if (typeof value === "function") return put(grid, at, error("#CALC!"));
  const next = typeof value === "string" ? KIND_TEXT : KIND_ERROR;
  const same = kind === next && grid.X.get(at) === value;
  grid.X.set(at, value);
  grid.V[at] = 0;
  grid.T[at] = next;
  return !same;
}

/** An array of a height and a width whose values a function of row and column gives. */
export function made(height, width, compute) {
  const grid = makeGrid(height, width);
  let at = 0;
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++, at++) put(grid, at, got(() => compute(i, j)));
  }
  return new Area(grid, 0, height, width, width, 1);
}

/** An array of rows of values. */
export function fromRows(rows) {
  return made(rows.length, rows[0].length, (i, j) => rows[i][j]);
}

/** The rows of an array, or of a single value, as lists. */
export function toRows(value) {
  if (!(value instanceof Area)) return [[value]];
  const rows = [];
  for (let i = 0; i < value.height; i++) {
    const row = [];
    for (let j = 0; j < value.width; j++) row.push(value.at(i, j));
    rows.push(row);
  }
  return rows;
}

/** A list of values as a column. */
export function column(values) {
  return values.length ? made(values.length, 1, (i) => values[i]) : fail("#CALC!");
}

/** The upper left value of an array; a single value as it is. */
export function one(value) {
  return value instanceof Area ? one(sure(value.at(0, 0))) : value;
}

/** A value as an array. */
export function area(value) {
  return value instanceof Area ? value : made(1, 1, () => value);
}

/** Every value of ranges and single values, row by row, errors too. */
export function flat(values) {
  const found = [];
  for (const value of values) {
    if (!(value instanceof Area)) found.push(value);
    else if (value instanceof Ranges) found.push(...flat(value.rows.flat()));
    else for (let i = 0; i < value.height; i++) for (let j = 0; j < value.width; j++) found.push(value.at(i, j));
  }
  return found;
}

/** The numbers of ranges, what else is there left out; and single values that read as numbers. */
export function numbers(values) {
  const found = [];
  each(values, (value) => {
    found.push(value);
  });
  return found;
}

/** Calls a function with each of `numbers`. */
export function each(values, visit) {
  for (const value of values) {
    if (!(value instanceof Area)) {
      visit(num(value));
      continue;
    }
    if (value instanceof Ranges) {
      each(value.rows.flat(), visit);
      continue;
    }
    const { grid, height, width, down, across } = value;
    for (let i = 0; i < height; i++) {
      let at = value.start + i * down;
      for (let j = 0; j < width; j++, at += across) {
        const kind = kindAt(grid, at);
        if (kind === KIND_NUMBER) visit(grid.V[at]);
        else if (kind === KIND_ERROR) throw grid.X.get(at);
      }
    }
  }
}

/** Pairs of numbers at equal places of two ranges; a pair with anything else is left out. */
export function pairs(first, second) {
  const a = flat([first]);
  const b = flat([second]);
  if (a.length !== b.length) fail("#N/A");
  a.forEach(sure);
  b.forEach(sure);
  return a.map((x, k) => [x, b[k]]).filter(([x, y]) => typeof x === "number" && typeof y === "number");
}

/** A function for each place of arrays, of which one row or column repeats; beyond a shorter one it is #N/A. */
export function broadcast(compute, values) {
  const areas = values.map(area);
  const height = Math.max(...areas.map((a) => a.height));
  const width = Math.max(...areas.map((a) => a.width));
  return made(height, width, (i, j) => compute(...areas.map((a) => spreadAt(a, i, j))));
}

/** The value of an array at a place where one row or column repeats. */
export function spreadAt(a, i, j) {
  const row = a.height === 1 ? 0 : i;
  const line = a.width === 1 ? 0 : j;
  return row < a.height && line < a.width ? a.at(row, line) : error("#N/A");
}

const firstOf = (value) => (value instanceof Area ? value.at(0, 0) : value);
const KINDS = { n: num, t: txt, b: truth, v: (value) => sure(firstOf(value)), c: firstOf };

/** A function of single values over arrays too; `kinds` says what it takes: number, text, truth, value, any. */
export function lift(kinds, compute, ...values) {
  const takes = (k) => KINDS[kinds[Math.min(k, kinds.length - 1)]];
  const call = (...given) => compute(...given.map((value, k) => (value === undefined ? value : takes(k)(value))));
  return values.some((value) => value instanceof Area) ? broadcast(call, values) : call(...values);
}

/** A text whose length a cell can hold. */
export function cellText(text) {
  return text.length > 32767 ? fail("#VALUE!") : text;
}
