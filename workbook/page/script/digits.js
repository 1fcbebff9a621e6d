// Numbers in the digits of a format: decimals, thousands, powers of ten and fractions, what stands between them in its place.

import { DIGIT_BLANK, isDigit, literal } from "./pieces.js";

// What a format makes of numbers that are not negative: a function.
export function numeric(pieces) {
  const exponent = pieces.findIndex((piece) => /^e[+-]$/i.test(piece));
  const slash = pieces.indexOf("/");
  if (slash > 0 && exponent < 0 && pieces.slice(0, slash).some(isDigit) && /[0-9#?]/.test(pieces.slice(slash + 1).join(""))) {
    return fraction(pieces, slash);
  }
  const last = exponent < 0 ? pieces.length : exponent;
  const found = pieces.indexOf(".");
  const point = found < 0 || found > last ? last : found;
  const wholes = placesIn(pieces, 0, point);
  const decimals = placesIn(pieces, point, last);
  const { grouped, scale } = commasOf(pieces, wholes, decimals);
  const powers = exponent < 0 ? [] : placesIn(pieces, exponent, pieces.length);
  return (value) => {
    const number = value * scale;
    const [mantissa, power] = exponent < 0 ? [number, 0] : parted(number, Math.max(1, wholes.length), decimals.length);
    const [whole, rest = ""] = fixed(mantissa, decimals.length).split(".");
    // Where the format has no digit before its point, what there is stands there.
    const head = wholes.length || whole === "0" ? "." : `${whole}.`;
    const shown = new Map([[found, head], ...wholePart(pieces, wholes, whole, grouped), ...decimalPart(pieces, decimals, rest)]);
    if (exponent >= 0) {
      shown.set(exponent, `E${power < 0 ? "-" : pieces[exponent][1] === "+" ? "+" : ""}`);
      for (const [place, digits] of wholePart(pieces, powers, String(Math.abs(power)), false)) shown.set(place, digits);
    }
    return pieces.map((piece, k) => shown.get(k) ?? (piece === "," ? "" : literal(piece))).join("");
  };
}

function placesIn(pieces, from, to) {
  return [...pieces.keys()].filter((k) => k >= from && k < to && isDigit(pieces[k]));
}

// Whether thousands are parted, and by what numbers are multiplied: a comma after the digits is a thousandth, a % a hundred.
function commasOf(pieces, wholes, decimals) {
  let grouped = false;
  let scale = 1;
  const ends = [wholes, decimals].filter((places) => places.length).map((places) => places[places.length - 1]);
  pieces.forEach((piece, k) => {
    if (piece === "%") scale *= 100;
    if (piece !== "," || !wholes.length) return;
    if (k > wholes[0] && k < wholes[wholes.length - 1]) grouped = true;
    else if (ends.some((end) => k > end && pieces.slice(end + 1, k).every((between) => between === ","))) scale /= 1000;
  });
  return { grouped, scale };
}

// A number as one that has so many digits before its point, or fewer, and a power of ten.
function parted(number, step, decimals) {
  if (number === 0) return [0, 0];
  let power = Math.floor(Number(number.toExponential(14).split("e")[1]) / step) * step;
  const by = (e) => (e < -300 ? (number * 1e300) / 10 ** (e + 300) : number / 10 ** e);
  if (Number(fixed(by(power), decimals)) >= 10 ** step) power += step;
  return [by(power), power];
}

// The digits before the point at their places, from the right; those that have none stand at the first.
function wholePart(pieces, places, whole, grouped) {
  const digits = whole === "0" ? "" : whole;
  const found = [];
  places.forEach((place, k) => {
    const right = places.length - 1 - k;
    const from = k === 0 ? 0 : Math.max(0, digits.length - 1 - right);
    let text = digits.slice(from, Math.max(0, digits.length - right));
    if (text === "") text = pieces[place] === "0" ? "0" : pieces[place] === "?" ? DIGIT_BLANK : "";
    if (grouped) text = withCommas(text, right);
    found.push([place, text]);
  });
  return found;
}

// Digits of which the last stands so many places left of the point's.
function withCommas(text, right) {
  return [...text].map((digit, k) => {
    const place = text.length - 1 - k + right;
    return place > 0 && place % 3 === 0 && digit !== DIGIT_BLANK ? `${digit},` : digit;
  }).join("");
}

// The decimals at their places; zeros at the end stay where the format has one.
function decimalPart(pieces, places, decimals) {
  let end = decimals.length;
  while (end > 0 && decimals[end - 1] === "0" && pieces[places[end - 1]] !== "0") end--;
  return places.map((place, k) => [place, k < end ? decimals[k] : pieces[place] === "?" ? DIGIT_BLANK : ""]);
}

function fraction(pieces, slash) {
  const below = pieces.slice(slash + 1);
  const bottom = /^[^0-9#?]*([0#?]+|[1-9][0-9]*)/.exec(below.join(""))[1];
  const end = slash + 1 + below.findIndex((piece) => /[0-9#?]/.test(piece)) + bottom.length;
  const start = slash - /[0#?]*$/.exec(pieces.slice(0, slash).join("").trimEnd())[0].length - (pieces[slash - 1] === " " ? 1 : 0);
  const wholes = placesIn(pieces, 0, start);
  const most = /^[1-9]/.test(bottom) ? 0 : 10 ** bottom.length - 1;
  const top = pieces.slice(start, slash).filter(isDigit).length;
  const pad = (text, size) => (pieces.slice(start, end).includes("?") ? text.padStart(size, DIGIT_BLANK) : text);
  const padAfter = (text, size) => (pieces.slice(slash, end).includes("?") ? text.padEnd(size, DIGIT_BLANK) : text);
  return (value) => {
    const units = wholes.length ? Math.floor(value) : 0;
    const [above, d] = nearest(value - units, most, Number(bottom));
    const isFull = wholes.length > 0 && above === d;
    const full = isFull ? units + 1 : units;
    const n = isFull ? 0 : above;
    const isWhole = wholes.length > 0 && n === 0;
    const ratio = isWhole ? pad("", top + 1 + bottom.length) : `${pad(String(n), top)}/${padAfter(String(d), bottom.length)}`;
    const shown = new Map(wholePart(pieces, wholes, String(full), false));
    const isBare = wholes.length > 0 && full === 0 && !isWhole && pieces[wholes[wholes.length - 1]] !== "0";
    if (wholes.length && full === 0 && isWhole) shown.set(wholes[wholes.length - 1], "0");
    const before = pieces.slice(0, start).map((piece, k) => (shown.get(k) ?? (isBare && k > wholes[0] ? "" : literal(piece)))).join("");
    return (isWhole && !ratio ? before.trimEnd() : before) + ratio + pieces.slice(end).map(literal).join("");
  };
}

// The fraction nearest to a number from 0 to 1, or beyond: of denominators up to the most, or of the only one.
function nearest(value, most, only) {
  if (!most) return [Math.round(value * only), only];
  let best = [Math.round(value), 1];
  for (let d = 2; d <= most; d++) {
    const n = Math.round(value * d);
    if (Math.abs(value - n / d) < Math.abs(value - best[0] / best[1]) - 1e-12) best = [n, d];
  }
  return best;
}

// A number that is not negative with so many decimals, rounded half up on its 15 significant digits.
export function fixed(value, decimals) {
  if (!Number.isFinite(value)) return String(value);
  const [mantissa, exponent] = value.toExponential(14).split("e");
  const digits = mantissa.replace(".", "");
  const keep = Number(exponent) + 1 + decimals;
  let scaled = 0n;
  if (keep >= digits.length) scaled = BigInt(digits.padEnd(keep, "0"));
  else if (keep >= 0) scaled = BigInt(digits.slice(0, keep) || "0") + (digits[keep] >= "5" ? 1n : 0n);
  const text = scaled.toString().padStart(decimals + 1, "0");
  return decimals ? `${text.slice(0, -decimals)}.${text.slice(-decimals)}` : text;
}
