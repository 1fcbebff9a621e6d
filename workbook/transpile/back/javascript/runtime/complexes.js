// Complex numbers, which Excel has as text: `3+4i`, with `i` or `j`. Here each is a pair of its two parts.

import { fail, flat, num, txt } from "./values.js";

const COMPLEX_DIGITS = "(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?";
const COMPLEX_FORM = new RegExp(`^([+-]?${COMPLEX_DIGITS}(?![\\d.]*[ij]))?(?:([+-]?(?:${COMPLEX_DIGITS})?)([ij]))?$`);

/** The parts of the complex number that a text, or a number, stands for, and the letter of its second part. */
function complexOf(value) {
  if (typeof value === "boolean") fail("#VALUE!");
  const plain = value === null || value === undefined ? "0" : txt(value).trim();
  const found = COMPLEX_FORM.exec(plain);
  if (plain === "" || found === null || (found[1] && found[3] && !/^[+-]/.test(found[2]))) fail("#NUM!");
  const signs = { "": 1, "+": 1, "-": -1 };
  const second = found[3] ? (signs[found[2]] ?? Number(found[2])) : 0;
  return [[Number(found[1] ?? 0), second], found[3] ?? "i"];
}

/** A complex number as text. */
function complexText([real, second], letter) {
  if (!Number.isFinite(real) || !Number.isFinite(second)) fail("#NUM!");
  if (second === 0) return txt(real);
  const part = (second === 1 ? "" : second === -1 ? "-" : txt(second)) + letter;
  return real === 0 ? part : txt(real) + (part.startsWith("-") ? "" : "+") + part;
}

/** A function of one complex number as one of its text. */
function complexly(value, compute) {
  const [found, letter] = complexOf(value);
  return complexText(compute(found), letter);
}

/** The complex numbers of some values, blanks left out, and the letter that all of them have. */
function complexesOf(values) {
  const found = values.filter((value) => value !== null && value !== undefined).map(complexOf);
  const letters = new Set(found.filter(([[, second]]) => second !== 0).map(([, letter]) => letter));
  if (letters.size > 1) fail("#VALUE!");
  return [found.map(([parts]) => parts), letters.size ? [...letters][0] : "i"];
}

function times([a, b], [c, d]) {
  return [a * c - b * d, a * d + b * c];
}

function overComplex([a, b], [c, d]) {
  const size = c * c + d * d;
  if (size === 0) fail("#NUM!");
  return [(a * c + b * d) / size, (b * c - a * d) / size];
}

function polar(size, angle) {
  return [size * Math.cos(angle), size * Math.sin(angle)];
}

function sizeOf([a, b]) {
  return Math.hypot(a, b);
}

function angleOf([a, b]) {
  return Math.atan2(b, a);
}

function complexLog(value) {
  if (sizeOf(value) === 0) fail("#NUM!");
  return [Math.log(sizeOf(value)), angleOf(value)];
}

function complexSin([a, b]) {
  return [Math.sin(a) * Math.cosh(b), Math.cos(a) * Math.sinh(b)];
}

function complexCos([a, b]) {
  return [Math.cos(a) * Math.cosh(b), -Math.sin(a) * Math.sinh(b)];
}

function complexSinh([a, b]) {
  return [Math.sinh(a) * Math.cos(b), Math.cosh(a) * Math.sin(b)];
}

function complexCosh([a, b]) {
  return [Math.cosh(a) * Math.cos(b), Math.sinh(a) * Math.sin(b)];
}

/** What is 1 over a function of a complex number. */
function oneOver(value, compute) {
  const found = compute(value);
  if (sizeOf(found) === 0) fail("#DIV/0!");
  return overComplex([1, 0], found);
}

export function COMPLEX(real, second, letter = "i") {
  const chosen = letter === null ? "i" : letter;
  if (chosen !== "i" && chosen !== "j") fail("#VALUE!");
  return complexText([real, second], chosen);
}

export function IMREAL(value) {
  return complexOf(value)[0][0];
}

export function IMAGINARY(value) {
  return complexOf(value)[0][1];
}

export function IMABS(value) {
  return sizeOf(complexOf(value)[0]);
}

export function IMARGUMENT(value) {
  const [found] = complexOf(value);
  return sizeOf(found) === 0 ? fail("#DIV/0!") : angleOf(found);
}

export function IMSUM(...values) {
  const [found, letter] = complexesOf(flat(values));
  return complexText(found.reduce(([a, b], [c, d]) => [a + c, b + d], [0, 0]), letter);
}

export function IMPRODUCT(...values) {
  const [found, letter] = complexesOf(flat(values));
  return complexText(found.reduce(times, [1, 0]), letter);
}

export function IMSUB(one, other) {
  const [[[a, b], [c, d]], letter] = complexesOf([one ?? 0, other ?? 0]);
  return complexText([a - c, b - d], letter);
}

export function IMDIV(one, other) {
  const [[a, b], letter] = complexesOf([one ?? 0, other ?? 0]);
  return complexText(overComplex(a, b), letter);
}

export function IMPOWER(value, power) {
  const [found, letter] = complexOf(value);
  if (sizeOf(found) === 0) return num(power) <= 0 ? fail("#NUM!") : "0";
  return complexText(polar(sizeOf(found) ** power, angleOf(found) * power), letter);
}

export function IMCONJUGATE(value) {
  return complexly(value, ([a, b]) => [a, -b]);
}

export function IMSQRT(value) {
  return complexly(value, (found) => polar(Math.sqrt(sizeOf(found)), angleOf(found) / 2));
}

export function IMEXP(value) {
  return complexly(value, ([a, b]) => polar(Math.exp(a), b));
}

export function IMLN(value) {
  return complexly(value, complexLog);
}

export function IMLOG10(value) {
  return complexly(value, (found) => complexLog(found).map((part) => part / Math.LN10));
}

export function IMLOG2(value) {
  return complexly(value, (found) => complexLog(found).map((part) => part / Math.LN2));
}

export function IMSIN(value) {
  return complexly(value, complexSin);
}

export function IMCOS(value) {
  return complexly(value, complexCos);
}

export function IMTAN(value) {
  // By doubled parts, of which none cancels another.
  return complexly(value, ([a, b]) => {
    const size = Math.cos(2 * a) + Math.cosh(2 * b);
    return size === 0 ? fail("#NUM!") : [Math.sin(2 * a) / size, Math.sinh(2 * b) / size];
  });
}

export function IMSINH(value) {
  return complexly(value, complexSinh);
}

export function IMCOSH(value) {
  return complexly(value, complexCosh);
}

export function IMSEC(value) {
  return complexly(value, (found) => oneOver(found, complexCos));
}

export function IMCSC(value) {
  return complexly(value, (found) => oneOver(found, complexSin));
}

export function IMCOT(value) {
  return complexly(value, ([a, b]) => {
    const size = Math.cosh(2 * b) - Math.cos(2 * a);
    return size === 0 ? fail("#DIV/0!") : [Math.sin(2 * a) / size, -Math.sinh(2 * b) / size];
  });
}

export function IMSECH(value) {
  return complexly(value, (found) => oneOver(found, complexCosh));
}

export function IMCSCH(value) {
  return complexly(value, (found) => oneOver(found, complexSinh));
}
