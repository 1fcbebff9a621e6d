// What a person's text stands for in a cell of a workbook that is not ours, and the text by which such a value is changed.

import { plain } from "./formats.js";
import { isMoment, serialOf, momentText } from "./moments.js";
import { piecesOf } from "./pieces.js";

const NUMBER = /^([+-]?(?:\d[\d,]*\.?\d*|\.\d+)(?:e[+-]?\d+)?)\s*(%?)$/i;

// The number that a person's text stands for: 0.5, 1e-3, 5 %, 1,000; NaN where it is none.
export function readNumber(text) {
  const match = NUMBER.exec(text.trim());
  if (!match) return NaN;
  return Number(match[1].replaceAll(",", "")) / (match[2] ? 100 : 1);
}

// The value of a text in a cell of that format: a number, a share, a day or a time, true or false, or the text.
export function entered(text, format) {
  const words = text.trim();
  if (words === "") return null;
  if (words.startsWith("'")) return words.slice(1);
  if (format === "@") return text;
  const number = readNumber(words.replace(/^([+-]?)[$€£¥]\s*/, "$1"));
  if (Number.isFinite(number)) return isShare(format) && !words.endsWith("%") && Math.abs(number) >= 1 ? number / 100 : number;
  if (/^(true|false)$/i.test(words)) return words.toLowerCase() === "true";
  const moment = isMomentFormat(format) ? serialOf(words, isDayFirst(format)) : NaN;
  return Number.isFinite(moment) ? moment : text;
}

// The text by which a value is changed.
export function editable(value, format) {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? "TRUE" : "FALSE";
  if (typeof value !== "number") return String(value);
  if (isMomentFormat(format)) return momentText(value) ?? plain(value);
  return isShare(format) ? `${plain(Number((value * 100).toPrecision(15)))}%` : plain(value);
}

// The text that stands for a value wherever it is read again.
export function told(value) {
  if (typeof value !== "string") return editable(value, "General");
  return value.startsWith("=") || entered(value, "General") !== value ? `'${value}` : value;
}

function isShare(format) {
  return piecesOf(format.split(";")[0]).includes("%");
}

function isMomentFormat(format) {
  return isMoment(piecesOf(format.split(";")[0]));
}

// Whether a format has days before months.
function isDayFirst(format) {
  return /^[^m]*d/i.test(format.replace(/\[[^\]]*\]|"[^"]*"/g, ""));
}
