// Dates and times as a format shows them.

import { FILL, isDigit, literal } from "./pieces.js";

const MONTHS = [
  "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
  "December",
];
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const DAY = 86400;
/** What shows a part of a moment. */
const PART = /^(\[(h+|m+|s+)\]|[ymdhs]+)$/i;
const LAST_DAY = 2958466;
/** A cell that shows no date is full of these. */
const NO_DATE = `#${FILL}##`;
// How many days the workbook's calendar begins after 1900: 1,462 where it counts from 1904.
const calendar = { shift: 0 };

export function countFrom1904() {
  calendar.shift = 1462;
}

export function isMoment(pieces) {
  if (!pieces.some((piece) => PART.test(piece))) return false;
  return !pieces.some((piece, k) => isDigit(piece) && !/^[.0]$/.test(pieces[k - 1] ?? ""));
}

// What a format makes of moments: days since the calendar began.
export function moment(pieces) {
  const seconds = pieces.findLastIndex((piece) => /^(s+|\[s+\])$/i.test(piece));
  const decimals = pieces[seconds + 1] === "." ? /^0*/.exec(pieces.slice(seconds + 2).join(""))[0].length : 0;
  const noon = pieces.some((piece) => /^a/i.test(piece) && piece.includes("/"));
  return (value) => {
    const step = 10 ** (seconds < 0 ? 0 : decimals);
    const ticks = Math.round(value * DAY * step + 1e-6);
    if (value < 0 || value + calendar.shift >= LAST_DAY) return NO_DATE;
    const [whole, part] = [Math.floor(ticks / step), ticks % step];
    const at = { ...dateOf(Math.floor(whole / DAY) + calendar.shift), hour: Math.floor((whole % DAY) / 3600), minute: Math.floor((whole % 3600) / 60), second: whole % 60, whole };
    let skip = 0;
    return pieces.map((piece, k) => {
      if (skip > 0) return skip--, "";
      if (k === seconds + 1 && decimals && seconds >= 0) {
        skip = decimals;
        return `.${String(part).padStart(decimals, "0")}`;
      }
      return shownOf(piece, at, isMinute(pieces, k), noon);
    }).join("");
  };
}

// Excel's first two months, in which 1900 has a 29th of February and a day before the first.
function dateOf(day) {
  if (day === 60) return { year: 1900, month: 1, date: 29, weekday: 3 };
  if (day === 0) return { year: 1900, month: 0, date: 0, weekday: 6 };
  const date = new Date(Date.UTC(1899, 11, 30 + (day < 60 ? 1 : 0) + day));
  return { year: date.getUTCFullYear(), month: date.getUTCMonth(), date: date.getUTCDate(), weekday: (day + 6) % 7 };
}

// Whether an m counts minutes: after hours, or before seconds.
function isMinute(pieces, k) {
  if (!/^m+$/i.test(pieces[k])) return false;
  const parts = (list) => list.filter((piece) => PART.test(piece));
  const [before, after] = [parts(pieces.slice(0, k)), parts(pieces.slice(k + 1))];
  return /^\[?h/i.test(before[before.length - 1] ?? "") || /^\[?s/i.test(after[0] ?? "");
}

function shownOf(piece, at, isMinutes, noon) {
  const low = piece.toLowerCase();
  const two = (number) => (low.replace(/\W/g, "").length > 1 ? String(number).padStart(2, "0") : String(number));
  if (/^y+$/.test(low)) return low.length > 2 ? String(at.year) : String(at.year % 100).padStart(2, "0");
  if (/^d+$/.test(low)) return low.length > 3 ? DAYS[at.weekday] : low.length === 3 ? DAYS[at.weekday].slice(0, 3) : two(at.date);
  if (/^h+$/.test(low)) return two(noon ? at.hour % 12 || 12 : at.hour);
  if (/^s+$/.test(low)) return two(at.second);
  if (isMinutes) return two(at.minute);
  if (/^m+$/.test(low)) return low.length < 3 ? two(at.month + 1) : monthIn(MONTHS[at.month], low.length);
  if (low === "am/pm") return at.hour < 12 ? "AM" : "PM";
  if (low === "a/p") return at.hour < 12 ? "A" : "P";
  if (/^\[h+\]$/.test(low)) return two(Math.floor(at.whole / 3600));
  if (/^\[m+\]$/.test(low)) return two(Math.floor(at.whole / 60));
  if (/^\[s+\]$/.test(low)) return two(at.whole);
  return literal(piece);
}

function monthIn(name, size) {
  return size === 3 ? name.slice(0, 3) : size === 5 ? name[0] : name;
}

// The number of a day, a time or both, as a person writes them; NaN where it is none.
export function serialOf(text, dayFirst) {
  const parts = /^(.*?)(?:(?:^|[ T]+)(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?\s*([ap]m)?)?$/i.exec(text.trim());
  const [, day, hours, minutes, seconds = "0", half] = parts;
  let time = 0;
  if (hours !== undefined) {
    if (Number(minutes) > 59 || Number(seconds) >= 60 || (half && (Number(hours) < 1 || Number(hours) > 12))) return NaN;
    const hour = half ? (Number(hours) % 12) + (half.toLowerCase() === "pm" ? 12 : 0) : Number(hours);
    time = (hour * 3600 + Number(minutes) * 60 + Number(seconds)) / DAY;
  }
  if (day === "") return hours === undefined ? NaN : time;
  return dayOfText(day.trim(), dayFirst) + time;
}

function dayOfText(text, dayFirst) {
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  if (iso) return serialDay(...iso.slice(1).map(Number));
  const plain = /^(\d{1,2})([/.-])(\d{1,2})\2(\d{2}|\d{4})$/.exec(text);
  if (plain) {
    const [first, second] = [Number(plain[1]), Number(plain[3])];
    const [date, month] = dayFirst || plain[2] === "." ? [first, second] : [second, first];
    return serialDay(fullYear(Number(plain[4])), month, date);
  }
  const named = /^(?:(\d{1,2})[ -]([a-z]{3,9})|([a-z]{3,9}) (\d{1,2}),?)[ -](\d{2}|\d{4})$/i.exec(text);
  if (!named) return NaN;
  const month = MONTHS.findIndex((name) => name.slice(0, 3).toLowerCase() === (named[2] ?? named[3]).slice(0, 3).toLowerCase()) + 1;
  return serialDay(fullYear(Number(named[5])), month, Number(named[1] ?? named[4]));
}

function fullYear(year) {
  return year < 100 ? year + (year < 30 ? 2000 : 1900) : year;
}

function serialDay(year, month, date) {
  const at = new Date(Date.UTC(year, month - 1, date));
  if (at.getUTCMonth() !== month - 1 || at.getUTCDate() !== date || year < 1900 || year > 9999) return NaN;
  const days = Math.round(at.getTime() / (DAY * 1000)) + 25569;
  return (days < 61 ? days - 1 : days) - calendar.shift;
}

// A moment as `serialOf` reads it: the day, the time where there is one; null of what is no moment.
export function momentText(value) {
  if (value < 0 || value + calendar.shift >= LAST_DAY) return null;
  const seconds = Math.round((value % 1) * DAY);
  const day = Math.floor(value) + (seconds === DAY ? 1 : 0);
  const two = (number) => String(number).padStart(2, "0");
  const { year, month, date } = dateOf(day + calendar.shift);
  const left = seconds % DAY;
  const time = `${two(Math.floor(left / 3600))}:${two(Math.floor((left % 3600) / 60))}${left % 60 ? `:${two(left % 60)}` : ""}`;
  if (day === 0) return time;
  return `${year}-${two(month + 1)}-${two(date)}${left ? ` ${time}` : ""}`;
}
