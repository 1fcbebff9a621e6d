// Dates and times, as days since the end of 1899.

import { calendar, dated, fail, flat, num, serial, sure } from "./values.js";

/** A number that is one of a day up to the end of 9999. */
function onSheet(value) {
  return value >= 0 && value < 2958466 ? value : fail("#NUM!");
}

/** Year, month and day of a number; 0 is 0 January 1900, 60 is 29 February 1900, which never was. */
export function dateOf(value) {
  const days = Math.floor(onSheet(value)) + calendar.shift;
  if (days === 0) return [1900, 1, 0];
  if (days === 60) return [1900, 2, 29];
  const at = new Date((days - 25569 + (days < 60 ? 1 : 0)) * 86400000);
  return [at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate()];
}

/** The day of the week, 0 for Monday, by Excel's calendar, in which 1 January 1900 is a Sunday. */
export function daysSinceMonday(value) {
  return (Math.floor(onSheet(value)) + calendar.shift + 5) % 7;
}

export function DATE(year, month, day) {
  const whole = Math.trunc(year) + (year >= 0 && year < 1900 ? 1900 : 0);
  const months = whole * 12 + Math.trunc(month) - 1;
  const at = Math.floor(months / 12);
  if (at < 1900 || at > 9999) fail("#NUM!");
  return onSheet(serial(at, months - at * 12 + 1, 1) + Math.trunc(day) - 1);
}

export function TIME(hour, minute, second) {
  const seconds = Math.trunc(hour) * 3600 + Math.trunc(minute) * 60 + Math.trunc(second);
  return seconds < 0 || Math.max(hour, minute, second) >= 32768 ? fail("#NUM!") : (seconds % 86400) / 86400;
}

export function NOW() {
  const now = new Date();
  return (now.getTime() - now.getTimezoneOffset() * 60000) / 86400000 + 25569 - calendar.shift;
}

export function TODAY() {
  return Math.floor(NOW());
}

export function YEAR(value) {
  return dateOf(value)[0];
}

export function MONTH(value) {
  return dateOf(value)[1];
}

export function DAY(value) {
  return dateOf(value)[2];
}

/** The seconds of its day that a number stands for, to the second. */
function secondsOf(value) {
  return Math.round((onSheet(value) - Math.floor(value)) * 86400) % 86400;
}

export function HOUR(value) {
  return Math.floor(secondsOf(value) / 3600);
}

export function MINUTE(value) {
  return Math.floor(secondsOf(value) / 60) % 60;
}

export function SECOND(value) {
  return secondsOf(value) % 60;
}

/** A kind of week as a number from 11 (it begins on Monday) to 17 (on Sunday). */
function weekKind(kind) {
  const whole = Math.trunc(kind);
  return whole === 1 ? 17 : whole === 2 ? 11 : whole;
}

export function WEEKDAY(value, kind = 1) {
  const day = daysSinceMonday(value);
  const of = weekKind(kind);
  if (of === 3) return day;
  return of < 11 || of > 17 ? fail("#NUM!") : ((day - (of - 11) + 7) % 7) + 1;
}

export function WEEKNUM(value, kind = 1) {
  const of = weekKind(kind);
  if (of === 21) return ISOWEEKNUM(value);
  if (of < 11 || of > 17) fail("#NUM!");
  const newYear = DATE(dateOf(value)[0], 1, 1);
  return Math.floor((Math.floor(value) - newYear + ((daysSinceMonday(newYear) - (of - 11) + 7) % 7)) / 7) + 1;
}

export function ISOWEEKNUM(value) {
  const thursday = Math.floor(value) - daysSinceMonday(value) + 3;
  return Math.floor((thursday - DATE(dateOf(thursday)[0], 1, 1)) / 7) + 1;
}

/** The same day some months later, or the last of that month. */
export function monthsOn(value, months, isLast) {
  const [year, month, day] = dateOf(value);
  const total = year * 12 + month - 1 + Math.trunc(months);
  const at = Math.floor(total / 12);
  if (at < 1900 || at > 9999) fail("#NUM!");
  const next = total - at * 12 + 1;
  const length = at === 1900 && next === 2 ? 29 : new Date(Date.UTC(at, next, 0)).getUTCDate();
  return onSheet(serial(at, next, 1) + (isLast ? length : Math.min(day, length)) - 1);
}

export function EDATE(value, months) {
  return monthsOn(value, months, false);
}

export function EOMONTH(value, months) {
  return monthsOn(value, months, true);
}

export function DAYS(end, start) {
  return Math.floor(end) - Math.floor(start);
}

export function DAYS360(start, end, european = false) {
  const [y1, m1, from] = dateOf(start);
  const [y2, m2, to] = dateOf(end);
  const months = (y2 - y1) * 12 + m2 - m1;
  if (european) return months * 30 + Math.min(to, 30) - Math.min(from, 30);
  // A blank is day 0, and the end of no month.
  const first = from > 0 && dateOf(Math.floor(start) + 1)[2] === 1 ? 30 : from;
  // A 31st is the 30th after a 30th, and else the first of the next month.
  return months * 30 + (to === 31 && first === 30 ? 30 : to) - first;
}

export function DATEDIF(from, to, unit) {
  const [start, end] = [Math.floor(from), Math.floor(to)];
  if (start > end) fail("#NUM!");
  const [y1, m1, d1] = dateOf(start);
  const [y2, m2, d2] = dateOf(end);
  const months = (y2 - y1) * 12 + m2 - m1 - (d2 < d1 ? 1 : 0);
  switch (unit.toUpperCase()) {
    case "D":
      return end - start;
    case "M":
      return months;
    case "Y":
      return Math.floor(months / 12);
    case "YM":
      return months % 12;
    case "MD":
      return d2 >= d1 ? d2 - d1 : end - DATE(y2, m2 - 1, d1);
    case "YD":
      return end - DATE(y2 - (m2 < m1 || (m2 === m1 && d2 < d1) ? 1 : 0), m1, d1);
    default:
      return fail("#NUM!");
  }
}

export const isLeap = (year) => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

export function YEARFRAC(from, to, basis = 0) {
  const kind = Math.trunc(basis);
  if (kind < 0 || kind > 4) fail("#NUM!");
  const [start, end] = [Math.floor(from), Math.floor(to)].sort((a, b) => a - b);
  if (kind === 4) return DAYS360(start, end, true) / 360;
  if (kind === 0) return (DAYS360(start, end) + endOfFebruary(start, end)) / 360;
  if (kind !== 1) return (end - start) / (kind === 2 ? 360 : 365);
  const [y1, m1, d1] = dateOf(start);
  const [y2, m2, d2] = dateOf(end);
  if (y1 === y2 || (y2 === y1 + 1 && (m2 < m1 || (m2 === m1 && d2 <= d1)))) {
    const leapDays = [y1, y2].filter(isLeap).map((year) => DATE(year, 2, 29));
    const isLong = y1 === y2 ? isLeap(y1) : leapDays.some((day) => start <= day && day <= end);
    return (end - start) / (isLong ? 366 : 365);
  }
  return (end - start) / ((DATE(y2 + 1, 1, 1) - DATE(y1, 1, 1)) / (y2 - y1 + 1));
}

/** What YEARFRAC counts otherwise than DAYS360 where a year begins at the end of February (Wheeler 2008, basis 0). */
function endOfFebruary(start, end) {
  const [, month, day] = dateOf(end);
  if (dateOf(start)[1] !== 2 || dateOf(start + 1)[2] !== 1) return 0;
  return month === 2 && dateOf(end + 1)[2] === 1 ? 30 - day : Number(day === 31);
}

/** The days of the week without work, 0 for Monday, by a number of WORKDAY.INTL or a text of seven 0 and 1. */
function daysOff(weekend) {
  if (typeof weekend === "string") {
    if (!/^[01]{7}$/.test(weekend)) fail("#VALUE!");
    return new Set([...weekend].flatMap((sign, k) => (sign === "1" ? [k] : [])));
  }
  const kind = weekend === undefined || weekend === null ? 1 : Math.trunc(num(weekend));
  if (kind >= 1 && kind <= 7) return new Set([(kind + 4) % 7, (kind + 5) % 7]);
  return kind >= 11 && kind <= 17 ? new Set([(kind + 2) % 7]) : fail("#NUM!");
}

function holidaysOf(holidays) {
  const found = holidays === undefined ? [] : flat([holidays]).filter((day) => day !== null);
  return new Set(found.map((day) => Math.floor(num(sure(day)))));
}

export function NETWORKDAYS(start, end, holidays) {
  return NETWORKDAYS_INTL(start, end, 1, holidays);
}

export function NETWORKDAYS_INTL(from, to, weekend, holidays) {
  const [start, end] = [Math.floor(from), Math.floor(to)];
  const off = daysOff(weekend);
  const free = holidaysOf(holidays);
  let count = 0;
  for (let day = Math.min(start, end); day <= Math.max(start, end); day++) {
    if (!off.has(daysSinceMonday(day)) && !free.has(day)) count++;
  }
  return start <= end ? count : -count;
}

export function WORKDAY(start, days, holidays) {
  return WORKDAY_INTL(start, days, 1, holidays);
}

export function WORKDAY_INTL(start, days, weekend, holidays) {
  const off = daysOff(weekend);
  if (off.size === 7) fail("#VALUE!");
  const free = holidaysOf(holidays);
  let day = Math.floor(start);
  let left = Math.trunc(days);
  const step = left > 0 ? 1 : -1;
  // Any seven days have as many workdays but for holidays: whole weeks are passed at once, and a day is left to end on.
  const weeks = Math.floor(Math.max(Math.abs(left) - 1, 0) / (7 - off.size));
  const end = day + 7 * step * weeks;
  if (end < 0 || end > 2958465) fail("#NUM!");
  const passed = [...free].filter(
    (holiday) =>
      ((day < holiday && holiday <= end) || (end <= holiday && holiday < day)) && !off.has(daysSinceMonday(holiday)),
  ).length;
  left -= step * (weeks * (7 - off.size) - passed);
  day = end;
  while (left) {
    day += step;
    if (!off.has(daysSinceMonday(day)) && !free.has(day)) left -= step;
  }
  return day;
}

/** The number of a text that is a date or a time; of any other, a number among them, #VALUE!. */
function moment(value) {
  return typeof value === "string" && /\d/.test(value) ? dated(value.trim().replace(/,/g, "")) : fail("#VALUE!");
}

export function DATEVALUE(value) {
  return Math.floor(moment(value));
}

export function TIMEVALUE(value) {
  return moment(value) % 1;
}
