// Numbers as a cell shows them: Excel's number formats.

import { fixed, numeric } from "./digits.js";
import { isMoment, moment } from "./moments.js";
import { FILL, isDigit, literal, piecesOf } from "./pieces.js";

const COMPARE = {
  "<": (a, b) => a < b, ">": (a, b) => a > b, "<=": (a, b) => a <= b,
  ">=": (a, b) => a >= b, "=": (a, b) => a === b, "<>": (a, b) => a !== b,
};
const INKS = {
  black: "000000", blue: "0000FF", cyan: "00FFFF", green: "00FF00", magenta: "FF00FF", red: "FF0000", white: "FFFFFF", yellow: "FFFF00",
};
// The colours 1 to 56 of a workbook. Source: ECMA-376 Part 1, 18.8.27.
const NUMBERED = `000000 FFFFFF FF0000 00FF00 0000FF FFFF00 FF00FF 00FFFF 800000 008000 000080 808000 800080 008080 C0C0C0 808080 9999FF 993366
  FFFFCC CCFFFF 660066 FF8080 0066CC CCCCFF 000080 FF00FF FFFF00 00FFFF 800080 800000 008080 0000FF 00CCFF CCFFFF CCFFCC FFFF99 99CCFF FF99CC
  CC99FF FFCC99 3366FF 33CCCC 99CC00 FFCC00 FF9900 FF6600 666699 969696 003366 339966 003300 333300 993300 993366 333399 333333`.split(/\s+/);
const compiled = new Map();

// The text of a number in a format; 0.1 + 0.2 is 0.3, because a spreadsheet shows 15 digits at most.
export function formatNumber(value, format) {
  return filledNumber(value, format).replace(FILLED, "");
}

// eslint-disable-next-line no-control-regex -- the mark that no text of a file has
const FILLED = /\u0001./gs;

// The same where it stands in a cell: a sign after `FILL` fills what the cell has left.
export function filledNumber(value, format) {
  const [section, signed] = chosen(value, sectionsOf(format));
  if (!section) return "";
  return (signed ? "-" : "") + section.show(Math.abs(value), value);
}

// A text with the sign that fills as often as there is room for; `widthOf` measures texts.
export function filledUp(text, room, widthOf) {
  const at = text.indexOf(FILL);
  if (at < 0) return text;
  const [before, sign, after] = [text.slice(0, at), text[at + 1], text.slice(at + 2)];
  const times = Math.floor((room - widthOf(before + after)) / widthOf(sign));
  return before + sign.repeat(Math.max(0, times)) + after;
}

// The colour that a format gives to a number's signs, as six hexadecimal digits; null where it gives none.
export function formatInk(value, format) {
  if (!/\[[a-z]+ ?\d*\]/i.test(format)) return null;
  const text = chosen(value, sectionsOf(format))[0]?.text ?? "";
  const numbered = /\[color ?(\d+)\]/i.exec(text);
  if (numbered) return NUMBERED[Number(numbered[1]) - 1] ?? null;
  return INKS[/\[([a-z]+)\]/i.exec(text)?.[1].toLowerCase()] ?? null;
}

// A text in a format: what its fourth section, or the last one with an @, makes of it.
export function formatText(text, format) {
  if (format === "General" || format === "@") return text;
  const sections = split(format);
  if (format === ";;;") return "";
  const last = sections[sections.length - 1];
  if (sections.length < 4 && !isOfTexts(last)) return text;
  return piecesOf(last).map((piece) => (piece === "@" ? text : literal(piece))).join("").replace(FILLED, "");
}

function split(format) {
  return format.split(/;(?=(?:[^"]*"[^"]*")*[^"]*$)/);
}

function isOfTexts(section) {
  return piecesOf(section).includes("@");
}

function sectionsOf(format) {
  if (!compiled.has(format)) {
    const parts = split(format);
    // The last section, where it is for texts, is none of numbers.
    const ofNumbers = parts.length > 1 && isOfTexts(parts[parts.length - 1]) ? parts.slice(0, -1) : parts;
    compiled.set(format, ofNumbers.map(sectionOf));
  }
  return compiled.get(format);
}

function sectionOf(text) {
  const test = /\[([<>=]+)(-?[\d.]+)\]/.exec(text);
  const pieces = piecesOf(text);
  return { test: test ? [test[1], Number(test[2])] : null, show: shower(pieces), text, ofMoments: isMoment(pieces) };
}

// The section for a number, and whether a minus sign comes before it.
function chosen(value, sections) {
  if (sections.some((section) => section.test)) {
    const tests = sections.map(({ test }, k) => test ?? (k === 0 ? [">", 0] : null));
    const at = tests.findIndex((test) => !test || COMPARE[test[0]](value, test[1]));
    if (at < 0) return [sections[sections.length - 1], value < 0];
    return [sections[at], value < 0 && keepsMinus(tests, at)];
  }
  const place = value < 0 && sections.length > 1 ? 1 : value === 0 && sections.length > 2 ? 2 : 0;
  const section = sections[place];
  // A number that rounds to zero keeps its sign in a spreadsheet only where a digit is left.
  const signed = value < 0 && place !== 1 && !section.ofMoments && /[1-9]/.test(section.show(-value, value));
  return [section, signed];
}

// Whether numbers in the section of a test keep their sign: not where all of them are negative. The second of two sections
// goes by the first, where it has no test itself.
function keepsMinus(tests, at) {
  if (tests[at] === null) {
    if (tests.length !== 2) return true;
    const [sign, bound] = tests[0];
    return sign === "=" || (sign[0] === ">" && bound >= 0);
  }
  const [sign, bound] = tests[at];
  return !((["<", "<=", "="].includes(sign) && bound < 0) || (sign === "<" && bound === 0));
}

function shower(pieces) {
  const isGeneral = (piece) => piece === "@" || /^general$/i.test(piece);
  if (pieces.some(isGeneral)) {
    return (value) => pieces.map((piece) => (isGeneral(piece) ? general(value) : literal(piece))).join("");
  }
  if (isMoment(pieces)) {
    const show = moment(pieces);
    return (_, value) => show(value);
  }
  if (!pieces.some(isDigit)) return () => pieces.map(literal).join("");
  return numeric(pieces);
}

// A number as the format General shows it where there is room for `most` signs.
export function general(value, most = 11) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  const sign = value < 0 ? "-" : "";
  if (size >= 1e-4 && size < 10 ** Math.min(most, 11)) {
    const wholes = Math.max(1, Math.floor(Math.log10(size)) + 1);
    const decimals = Math.max(0, Math.min(most - 1 - wholes, 10 - (size >= 1 ? wholes : 1)));
    const text = fixed(size, decimals);
    return sign + (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  }
  const decimals = Math.max(0, Math.min(5, most - 6));
  let e = Number(size.toExponential(14).split("e")[1]);
  let text = fixed(size / 10 ** e, decimals);
  if (Number(text) >= 10) {
    e += 1;
    text = fixed(size / 10 ** e, decimals);
  }
  if (text.includes(".")) text = text.replace(/\.?0+$/, "");
  return `${sign}${text}E${e < 0 ? "-" : "+"}${String(Math.abs(e)).padStart(2, "0")}`;
}

// A number in the shortest way that reads back as the same number.
export function plain(value) {
  return String(value).replace("e", "E").replace("E+", "E+");
}
