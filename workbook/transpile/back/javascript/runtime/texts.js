// Texts: parts of them, searches in them, signs and their codes.

import { CellError, cellText, fail, flat, made, num, one, parsed, toRows, txt } from "./values.js";

/** A count of signs, which is none below 0. */
function countOf(value) {
  return value < 0 ? fail("#VALUE!") : Math.trunc(value);
}

/** A place among signs, from 1. */
function placeOf(value) {
  return value < 1 ? fail("#VALUE!") : Math.trunc(value);
}

export function LEFT(text, count = 1) {
  return text.slice(0, countOf(count));
}

export function RIGHT(text, count = 1) {
  return text.slice(Math.max(text.length - countOf(count), 0));
}

export function MID(text, start, count) {
  const from = placeOf(start) - 1;
  return text.slice(from, from + countOf(count));
}

export function LEN(text) {
  return text.length;
}

export function UPPER(text) {
  return oneToOne("toUpperCase", text);
}

export function LOWER(text) {
  return oneToOne("toLowerCase", text);
}

/** Each letter changed to one letter; those that would become several, as ß, stay. */
function oneToOne(change, text) {
  return [...text].map((old) => (old[change]().length === old.length ? old[change]() : old)).join("");
}

export function PROPER(text) {
  return text.replace(/\p{L}+/gu, (word) => UPPER(word[0]) + LOWER(word.slice(1)));
}

export function TRIM(text) {
  return text.replace(/ +/g, " ").replace(/^ | $/g, "");
}

export function CLEAN(text) {
  return [...text].filter((sign) => sign.codePointAt(0) >= 32).join("");
}

export function REPT(text, count) {
  const times = countOf(count);
  if (text.length * times > 32767) fail("#VALUE!");
  return text.repeat(times);
}

export function EXACT(a, b) {
  return a === b;
}

export function FIND(wanted, text, start = 1) {
  const at = text.indexOf(wanted, placeOf(start) - 1);
  return at < 0 ? fail("#VALUE!") : at + 1;
}

export function SEARCH(wanted, text, start = 1) {
  const parts = wanted.match(/~[*?~]|[*?]|[^*?~]+|~/g) || [];
  const form = parts.map((piece) => {
    if (piece === "*") return "[^]*?";
    if (piece === "?") return "[^]";
    return (piece[0] === "~" && piece.length > 1 ? piece[1] : piece).replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  });
  const from = placeOf(start) - 1;
  const at = from > text.length ? -1 : text.slice(from).search(new RegExp(form.join(""), "i"));
  return at < 0 ? fail("#VALUE!") : at + from + 1;
}

export function SUBSTITUTE(text, old, next, which = undefined) {
  if (!old) return text;
  const pieces = text.split(old);
  if (which === undefined) {
    if (text.length + (pieces.length - 1) * (next.length - old.length) > 32767) fail("#VALUE!");
    return pieces.join(next);
  }
  const k = placeOf(which);
  return k < pieces.length ? pieces.slice(0, k).join(old) + next + pieces.slice(k).join(old) : text;
}

export function REPLACE(text, start, count, next) {
  const from = placeOf(start) - 1;
  return text.slice(0, from) + next + text.slice(from + countOf(count));
}

export function VALUE(value) {
  return typeof value === "boolean" ? fail("#VALUE!") : num(value);
}

// The signs from 128 to 159 of Windows; the others are Unicode's own.
const WINDOWS = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ";

export function CHAR(code) {
  const at = Math.trunc(code);
  if (at < 1 || at > 255) fail("#VALUE!");
  return at >= 128 && at < 160 ? WINDOWS[at - 128] : String.fromCharCode(at);
}

export function CODE(text) {
  if (!text) fail("#VALUE!");
  const at = WINDOWS.indexOf(text[0]);
  const code = at >= 0 ? at + 128 : text.charCodeAt(0);
  return code < 256 ? code : 63;
}

export function UNICHAR(code) {
  const at = Math.trunc(code);
  if (at < 1 || at > 0x10ffff) fail("#VALUE!");
  return at >= 0xd800 && at <= 0xdfff ? fail("#N/A") : String.fromCodePoint(at);
}

export function UNICODE(text) {
  return text ? text.codePointAt(0) : fail("#VALUE!");
}

export function CONCAT(...values) {
  return cellText(flat(values).map(txt).join(""));
}

export function CONCATENATE(...texts) {
  return cellText(texts.join(""));
}

export function TEXTJOIN(separator, skipEmpty, ...values) {
  const pieces = flat(values)
    .map(txt)
    .filter((piece) => piece || !skipEmpty);
  // Of several separators each comes in its turn.
  const marks = flat([separator]).map(txt);
  return cellText(pieces.map((piece, k) => (k ? marks[(k - 1) % marks.length] : "") + piece).join(""));
}

/** The pattern of any of some texts, the longest first; in mode 1 whatever the case. */
function anyOf(marks, mode) {
  const forms = flat([marks]).map(txt).sort((a, b) => b.length - a.length);
  const escaped = forms.map((form) => form.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(escaped.join("|"), mode ? "gi" : "g");
}

/** What stands before, or after, one instance of any of some marks; instances below 0 count from the end. */
function beside(text, marks, which, mode, atEnd, missing, isBefore) {
  const instance = Math.trunc(which === undefined ? 1 : which);
  if (instance === 0) fail("#VALUE!");
  let found = [...text.matchAll(anyOf(marks, mode))].map((match) => [match.index, match.index + match[0].length]);
  if (atEnd) found = instance > 0 ? [...found, [text.length, text.length]] : [[0, 0], ...found];
  const place = instance > 0 ? instance - 1 : found.length + instance;
  if (place < 0 || place >= found.length) return missing === undefined ? fail("#N/A") : one(missing);
  return isBefore ? text.slice(0, found[place][0]) : text.slice(found[place][1]);
}

export function TEXTBEFORE(text, marks, instance, mode = 0, atEnd = 0, missing = undefined) {
  return beside(text, marks, instance, mode, atEnd, missing, true);
}

export function TEXTAFTER(text, marks, instance, mode = 0, atEnd = 0, missing = undefined) {
  return beside(text, marks, instance, mode, atEnd, missing, false);
}

export function TEXTSPLIT(text, across, down, skipEmpty = false, mode = 0, padding = undefined) {
  const pieces = (whole, marks) => {
    const found = marks === undefined || marks === null ? [whole] : whole.split(anyOf(marks, mode));
    return found.filter((piece) => piece || !skipEmpty);
  };
  const rows = pieces(text, down).map((line) => pieces(line, across));
  const width = Math.max(0, ...rows.map((row) => row.length));
  if (!width) fail("#CALC!");
  return made(rows.length, width, (i, j) => {
    if (j < rows[i].length) return rows[i][j];
    return padding === undefined ? fail("#N/A") : one(padding);
  });
}

export function NUMBERVALUE(text, decimal = ".", group = ",") {
  const bare = text.replace(/ /g, "").split(group.slice(0, 1)).join("");
  const plain = bare.replace(decimal.slice(0, 1), ".");
  const digits = plain.replace(/%+$/, "");
  return plain ? parsed(digits) / 100 ** (plain.length - digits.length) : 0;
}

/** A value as text; where `strict`, as a formula would hold it. */
function asText(value, strict) {
  if (value instanceof CellError) return value.code;
  return strict && typeof value === "string" ? `"${value.replace(/"/g, '""')}"` : txt(value);
}

function formOf(form) {
  const kind = Math.trunc(form);
  return kind === 0 || kind === 1 ? kind === 1 : fail("#VALUE!");
}

export function ARRAYTOTEXT(values, form = 0) {
  const strict = formOf(form);
  const rows = toRows(values).map((row) => row.map((value) => asText(value, strict)));
  return strict ? `{${rows.map((row) => row.join(",")).join(";")}}` : rows.flat().join(", ");
}

export function VALUETOTEXT(value, form = 0) {
  return asText(value, formOf(form));
}

export function HYPERLINK(address, name = undefined) {
  return name === undefined ? address : name;
}

/** A number in so many decimals, a half away from 0, with commas between thousands. */
export function withDecimals(rounded, decimals, grouped) {
  const [whole, rest] = plainDigits(Math.abs(rounded), Math.max(decimals, 0));
  const shown = (rounded < 0 ? "-" : "") + (grouped ? whole.replace(/\B(?=(\d{3})+$)/g, ",") : whole);
  return rest === "" ? shown : `${shown}.${rest}`;
}

/** The digits of a number before its point and after it; beyond the 15 that Excel has they are 0. */
export function plainDigits(value, decimals) {
  const [mantissa, exponent] = value.toExponential(14).split("e");
  const digits = "0".repeat(Math.max(-Number(exponent), 0)) + mantissa.replace(".", "");
  const point = Math.max(Number(exponent), 0) + 1;
  return [digits.slice(0, point).padEnd(point, "0"), digits.slice(point).padEnd(decimals, "0").slice(0, decimals)];
}
