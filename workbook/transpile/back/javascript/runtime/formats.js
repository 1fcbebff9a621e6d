// Numbers as texts, in the formats of cells.

import { CellError, fail, got, num, parsed, spelled, txt } from "./values.js";
import { dateOf, daysSinceMonday } from "./dates.js";
import { ROUND } from "./mathematics.js";
import { plainDigits, withDecimals } from "./texts.js";

const MONTH_NAMES = [
  "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
  "December",
];
const DAY_NAMES = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const FORMAT_PIECE = /"[^"]*"?|\\[^]|_[^]|\*[^]|\[[^\]]*\]|general|am\/pm|a\/p|e[+-]|y+|m+|d+|h+|s+|[^]/gi;

function piecesOf(form) {
  return form.match(FORMAT_PIECE) || [];
}

export function TEXT(value, form) {
  const sections = form.split(/;(?=(?:[^"]*"[^"]*")*[^"]*$)/);
  if (typeof value === "string" && got(() => parsed(value)) instanceof CellError) {
    if (sections.length < 4 && !form.includes("@")) return value;
    const pieces = piecesOf(sections[sections.length - 1]);
    return pieces.map((piece) => (piece === "@" ? value : literalOf(piece))).join("");
  }
  if (typeof value === "boolean") return txt(value);
  const number = num(value);
  const [section, isSigned] = sectionFor(number, sections);
  if (isDateForm(section)) return number < 0 ? fail("#VALUE!") : formattedDate(number, piecesOf(section));
  return (isSigned ? "-" : "") + formatted(Math.abs(number), section);
}

const TESTS = {
  "<": (a, b) => a < b, ">": (a, b) => a > b, "<=": (a, b) => a <= b, ">=": (a, b) => a >= b, "=": (a, b) => a === b,
  "<>": (a, b) => a !== b,
};

/** The section of a format that a number is shown in, and whether a minus sign comes before it. */
function sectionFor(value, sections) {
  const found = sections.map((section) => /\[([<>=]+)(-?[\d.]+)\]/.exec(section));
  if (found.some((test) => test !== null)) {
    const tests = found.map((test) => test && [test[1], Number(test[2])]);
    tests[0] = tests[0] || [">", 0];
    const at = sections.findIndex((_, k) => tests[k] === null || TESTS[tests[k][0]](value, tests[k][1]));
    if (at < 0) return [sections.length === 1 ? "General" : sections[sections.length - 1], value < 0];
    return [sections[at], value < 0 && keepsMinus(tests, at)];
  }
  const place = value < 0 && sections.length > 1 ? 1 : value === 0 && sections.length > 2 ? 2 : 0;
  return [sections[place], value < 0 && place !== 1];
}

/**
 * Whether a minus sign comes before a number in a section that a condition chose: where not all of it is negative. The
 * second of two sections goes by the first, where it has no condition itself.
 */
function keepsMinus(tests, at) {
  if (tests[at] === null) {
    if (tests.length !== 2) return true;
    const [comparison, bound] = tests[0];
    return comparison === "=" || ([">", ">="].includes(comparison) && bound >= 0);
  }
  const [comparison, bound] = tests[at];
  return !((["<", "<=", "="].includes(comparison) && bound < 0) || (comparison === "<" && bound === 0));
}

/** Whether a format shows dates or times. */
function isDateForm(form) {
  const hasDates = piecesOf(form).some((piece) => /^(\[(h+|m+|s+)\]|[ymdhs]+)$/i.test(piece));
  const bare = form.replace(/(s)\.0+|"[^"]*"|\\[^]|\[[^\]]*\]/gi, (_, second) => second || "");
  return hasDates && !/[0#?]/.test(bare);
}

/** What a piece of a format shows that stands for itself. */
function literalOf(piece) {
  if (piece[0] === '"') return piece.slice(1).replace(/"$/, "");
  if (piece[0] === "[" && piece.length > 1) return piece.startsWith("[$") ? piece.slice(2, -1).replace(/-[0-9A-Fa-f]+$/, "") : "";
  if (piece.length < 2) return piece;
  return piece[0] === "\\" ? piece.slice(1) : piece[0] === "_" ? " " : piece[0] === "*" ? "" : piece;
}

/** A number that is not negative in one section of a format. */
function formatted(number, form) {
  const pieces = piecesOf(form);
  const value = number * 100 ** pieces.filter((piece) => piece === "%").length;
  const places = pieces.flatMap((piece, k) => ("0#?".includes(piece) ? [k] : []));
  const exponent = pieces.findIndex((piece) => /^e[+-]$/i.test(piece));
  const fraction = /([0#?]+) ?\/ ?([0#?]+|[1-9][0-9]*)/.exec(form);
  if (fraction && exponent < 0) {
    const before = form.slice(0, fraction.index);
    const after = form.slice(fraction.index + fraction[0].length);
    return formattedFraction(value, before, fraction[1], fraction[2]) + after;
  }
  let shown = new Map();
  if (exponent >= 0 && places.length) shown = scientific(value, pieces, places, exponent);
  else if (places.length) shown = laidOut(value, pieces, places);
  const other = (piece) => (piece === "@" ? spelled(value) : literalOf(piece));
  const isGeneral = (piece) => piece.toLowerCase() === "general";
  return pieces
    .map((piece, k) => (shown.has(k) ? shown.get(k) : isGeneral(piece) ? generalText(value) : other(piece)))
    .join("");
}

/** A number as a cell of the format General shows it: eleven signs at most. */
export function generalText(value) {
  if (value >= 1e11 || value < 1e-4) return spelled(value);
  return spelled(Number(value.toFixed(Math.max(10 - String(Math.trunc(value)).length, 0))));
}

/** What the digits, the point and the commas of a format show of a number, by their places among its pieces. */
function laidOut(value, pieces, places) {
  const point = pieces.includes(".") ? pieces.indexOf(".") : pieces.length;
  const before = places.filter((k) => k < point);
  const after = places.filter((k) => k > point);
  const last = before[before.length - 1];
  const commas = pieces.flatMap((piece, k) => (piece === "," ? [k] : []));
  const isGrouped = before.length > 0 && commas.some((k) => before[0] < k && k < last);
  const scaled = commas.filter((k) => k > places[places.length - 1] || (before.length > 0 && last < k && k < point));
  const rounded = ROUND(value / 1000 ** scaled.length, after.length);
  const [wholeText, decimals] = plainDigits(rounded, after.length);
  const whole = wholeText.replace(/^0+/, "");
  const shown = new Map(commas.map((k) => [k, ""]));
  shown.set(point, ".");
  before.reverse().forEach((k, n) => {
    const end = n === before.length - 1 ? Math.max(whole.length, n + 1) : n + 1;
    let text = "";
    for (let m = end - 1; m >= n; m--) {
      const sign = m < whole.length ? whole[whole.length - 1 - m] : { 0: "0", "?": " " }[pieces[k]] || "";
      text += sign + (isGrouped && m && m % 3 === 0 && /\d/.test(sign) ? "," : "");
    }
    shown.set(k, text);
  });
  if (!before.length) shown.set(point, `${whole}.`);
  const needed = Math.max(0, ...after.map((k, n) => (pieces[k] === "0" ? n + 1 : 0)));
  const count = Math.max(needed, decimals.replace(/0+$/, "").length);
  after.forEach((k, n) => shown.set(k, n < count ? decimals[n] : pieces[k] === "?" ? " " : ""));
  return shown;
}

/** What a format such as `0.00E+00` shows of a number, by the places among its pieces. */
function scientific(value, pieces, places, exponent) {
  const mantissa = pieces.slice(0, exponent);
  const inner = places.filter((k) => k < exponent);
  const point = mantissa.includes(".") ? mantissa.indexOf(".") : exponent;
  const step = Math.max(inner.filter((k) => k < point).length, 1);
  const decimals = inner.filter((k) => k > point).length;
  let power = value ? Number(value.toExponential(6).split("e")[1]) : 0;
  power -= ((power % step) + step) % step;
  if (ROUND(value / 10 ** power, decimals) >= 10 ** step) power += step;
  const shown = laidOut(value / 10 ** power, mantissa, inner);
  if (point === exponent) shown.delete(point);
  const outer = places.filter((k) => k > exponent);
  outer.forEach((k) => shown.set(k, ""));
  const zeros = outer.filter((k) => pieces[k] === "0").length;
  if (outer.length) shown.set(outer[0], String(Math.abs(power)).padStart(zeros, "0"));
  shown.set(exponent, `E${power < 0 ? "-" : pieces[exponent][1] === "+" ? "+" : ""}`);
  return shown;
}

/** The fraction nearest to a number whose denominator is at most so large. */
function nearestFraction(value, most) {
  let [p0, q0, p1, q1] = [0, 1, 1, 0];
  let rest = value;
  for (;;) {
    const whole = Math.floor(rest);
    const q2 = q0 + whole * q1;
    if (q2 > most) break;
    [p0, q0, p1, q1] = [p1, q1, p0 + whole * p1, q2];
    if (Math.abs(rest - whole) < 1e-12 || q1 > most) break;
    rest = 1 / (rest - whole);
  }
  const k = q1 ? Math.floor((most - q0) / q1) : 0;
  const [p, q] = [p0 + k * p1, q0 + k * q1];
  return q1 && Math.abs(p1 / q1 - value) <= Math.abs(p / q - value) ? [p1, q1] : [p, q];
}

/** A number as a fraction, with a whole number before it where the format has a place for one. */
function formattedFraction(value, before, top, bottom) {
  const hasWhole = /[0#?]/.test(before);
  let whole = hasWhole ? Math.floor(value) : 0;
  const [nearest, denominator] = "0#?".includes(bottom[0])
    ? nearestFraction(value - whole, 10 ** bottom.length - 1)
    : [Math.floor((value - whole) * Number(bottom) + 0.5), Number(bottom)];
  const isOne = hasWhole && nearest === denominator;
  const numerator = isOne ? 0 : nearest;
  if (isOne) whole += 1;
  let shown = formatted(whole, before);
  if (hasWhole && numerator === 0) {
    shown = shown.trim() ? shown : `0${shown}`;
    return shown + " ".repeat(top.length + 1 + bottom.length);
  }
  const fill = top.includes("0") ? "0" : top.includes("?") ? " " : "";
  const above = fill ? String(numerator).padStart(top.length, fill) : String(numerator);
  const below = bottom.includes("?") ? String(denominator).padEnd(bottom.length) : String(denominator);
  return `${shown}${above}/${below}`;
}

/** A number as a date, in the pieces of a form such as `yyyy-mm-dd hh:mm`. */
function formattedDate(value, pieces) {
  const found = /s\.(0+)/i.exec(pieces.join(""));
  const decimals = found ? found[1].length : 0;
  const elapsed = Math.floor(value * 86400 * 10 ** decimals + 0.5) / 10 ** decimals;
  const days = Math.floor(elapsed / 86400);
  const seconds = elapsed - days * 86400;
  const isHalf = pieces.some((piece) => /^(am\/pm|a\/p)$/i.test(piece));
  const hour = Math.floor(seconds / 3600);
  const padded = (number, size) => String(Math.floor(number)).padStart(size, "0");
  const point = pieces.indexOf(".");
  return pieces
    .map((piece, k) => {
      const letter = piece[0].toLowerCase();
      const size = piece.length;
      if (/^am\/pm$/i.test(piece)) return hour >= 12 ? "PM" : "AM";
      if (/^a\/p$/i.test(piece)) return piece[hour >= 12 ? 2 : 0];
      if (/^\[(h+|m+|s+)\]$/i.test(piece)) {
        return padded(elapsed / { h: 3600, m: 60, s: 1 }[piece[1].toLowerCase()], size - 2);
      }
      if (letter === "h") return padded(isHalf ? hour % 12 || 12 : hour, Math.min(size, 2));
      if (letter === "m" && size < 3 && isMinutes(pieces, k)) return padded((seconds / 60) % 60, size);
      if (letter === "s") return padded(seconds % 60, Math.min(size, 2));
      if ("ymd".includes(letter)) return datePart(days, letter, size);
      if (piece === "0" && point >= 0 && point < k) return (elapsed % 1).toFixed(decimals)[1 + k - point];
      return literalOf(piece);
    })
    .join("");
}

/** The year, the month or the day of a number, as so many of its letter show it. */
function datePart(days, letter, size) {
  const [year, month, day] = dateOf(days);
  if (letter === "y") return size > 2 ? String(year).padStart(4, "0") : String(year % 100).padStart(2, "0");
  if (size < 3) return String(letter === "m" ? month : day).padStart(size, "0");
  const name = letter === "m" ? MONTH_NAMES[month - 1] : DAY_NAMES[daysSinceMonday(days)];
  return size === 3 ? name.slice(0, 3) : letter === "m" && size === 5 ? name[0] : name;
}

/** Whether an m stands for minutes: after hours, or before seconds. */
function isMinutes(pieces, place) {
  const letters = pieces.map((piece) => piece.replace(/[[\]]/g, "").slice(0, 1).toLowerCase());
  const isPart = (letter) => letter !== "" && "ymdhs".includes(letter);
  const before = letters.slice(0, place).filter(isPart);
  return before[before.length - 1] === "h" || letters.slice(place + 1).filter(isPart)[0] === "s";
}

/** So many decimals as a whole number; more than Excel shows are #VALUE!. */
function decimalPlaces(decimals) {
  return decimals >= 128 ? fail("#VALUE!") : Math.trunc(decimals);
}

export function FIXED(value, decimals = 2, plain = false) {
  const places = decimalPlaces(decimals);
  return withDecimals(ROUND(value, places), places, !plain);
}

export function DOLLAR(value, decimals = 2) {
  const places = decimalPlaces(decimals);
  const shown = `$${withDecimals(ROUND(Math.abs(value), places), places, true)}`;
  return value < 0 ? `(${shown})` : shown;
}
