// Functions of numbers, and rounding.

import { fail, finite, flat, made, num, numbers, sure } from "./values.js";
import { power } from "./operators.js";

export function SQRT(x) {
  return x < 0 ? fail("#NUM!") : Math.sqrt(x);
}

export function EXP(x) {
  return finite(Math.exp(x));
}

export function LN(x) {
  return x <= 0 ? fail("#NUM!") : Math.log(x);
}

export function LOG10(x) {
  return x <= 0 ? fail("#NUM!") : Math.log10(x);
}

export function LOG(x, base = 10) {
  if (x <= 0 || base <= 0) fail("#NUM!");
  if (base === 1) fail("#DIV/0!");
  if (base === 10) return Math.log10(x);
  return base === 2 ? Math.log2(x) : Math.log(x) / Math.log(base);
}

export function POWER(a, b) {
  return power(a, b);
}

export function SQRTPI(x) {
  return SQRT(x * Math.PI);
}

/** A number with the last digits that floats lose put right, as Excel rounds: 1.005 to two places is 1.01. */
function settled(x) {
  return Number(x.toPrecision(15));
}

function scaled(x, digits, round) {
  const places = Math.trunc(digits);
  if (x === 0) return x;
  if (places < -308) return 0;
  // The exponent is moved in the text, so that no digit is lost by a product.
  const [mantissa, exponent] = Math.abs(settled(x)).toExponential().split("e");
  const moved = settled(Number(`${mantissa}e${Number(exponent) + places}`));
  if (moved >= 1e15) return x;
  const [rounded, shift] = round(moved).toExponential().split("e");
  return Math.sign(x) * Number(`${rounded}e${Number(shift) - places}`);
}

export function ROUND(x, digits) {
  return scaled(x, digits, (value) => Math.floor(value + 0.5));
}

export function ROUNDUP(x, digits) {
  return scaled(x, digits, Math.ceil);
}

export function ROUNDDOWN(x, digits) {
  return scaled(x, digits, Math.floor);
}

export function TRUNC(x, digits = 0) {
  return ROUNDDOWN(x, digits);
}

export function INT(x) {
  return Math.floor(x);
}

export function ABS(x) {
  return Math.abs(x);
}

export function SIGN(x) {
  return Math.sign(x);
}

export function MOD(a, b) {
  if (b === 0) fail("#DIV/0!");
  return finite(a - b * Math.floor(a / b));
}

export function QUOTIENT(a, b) {
  return b === 0 ? fail("#DIV/0!") : Math.trunc(a / b);
}

export function MROUND(x, step) {
  if (step === 0) return 0;
  if (x * step < 0) fail("#NUM!");
  // What floats lose is kept here: 6.05 is no multiple of 0.1 and a half.
  return Math.sign(x) * Math.floor(Math.abs(x / step) + 0.5) * Math.abs(step);
}

/** How often a step fits, with the noise of floats taken away. */
function steps(x, step) {
  return settled(x / step);
}

export function CEILING(x, step) {
  if (step === 0) return 0;
  if (x > 0 && step < 0) fail("#NUM!");
  return Math.ceil(steps(x, step)) * step;
}

export function FLOOR(x, step) {
  if (x === 0) return 0;
  if (step === 0) fail("#DIV/0!");
  if (x > 0 && step < 0) fail("#NUM!");
  return Math.floor(steps(x, step)) * step;
}

export function CEILING_MATH(x, step = 1, mode = 0) {
  const size = Math.abs(step);
  if (size === 0) return 0;
  return (x < 0 && mode !== 0 ? Math.floor(steps(x, size)) : Math.ceil(steps(x, size))) * size;
}

export function FLOOR_MATH(x, step = 1, mode = 0) {
  const size = Math.abs(step);
  if (size === 0) return 0;
  return (x < 0 && mode !== 0 ? Math.ceil(steps(x, size)) : Math.floor(steps(x, size))) * size;
}

export function EVEN(x) {
  return Math.sign(x) * Math.ceil(Math.abs(x) / 2) * 2;
}

export function ODD(x) {
  if (x === 0) return 1;
  return Math.sign(x) * (Math.ceil((Math.abs(x) - 1) / 2) * 2 + 1);
}

export function PI() {
  return Math.PI;
}

export const SIN = Math.sin;
export const COS = Math.cos;
export const TAN = Math.tan;
export const ATAN = Math.atan;
export const TANH = Math.tanh;
export const ASINH = Math.asinh;

export function SINH(x) {
  return finite(Math.sinh(x));
}

export function COSH(x) {
  return finite(Math.cosh(x));
}

export function ASIN(x) {
  return finite(Math.asin(x));
}

export function ACOS(x) {
  return finite(Math.acos(x));
}

export function ACOSH(x) {
  return finite(Math.acosh(x));
}

export function ATANH(x) {
  return finite(Math.atanh(x));
}

/** Excel's order: x, then y. */
export function ATAN2(x, y) {
  return x === 0 && y === 0 ? fail("#DIV/0!") : Math.atan2(y + 0, x);
}

export function SEC(x) {
  return 1 / Math.cos(x);
}

export function CSC(x) {
  return x === 0 ? fail("#DIV/0!") : 1 / Math.sin(x);
}

export function COT(x) {
  return x === 0 ? fail("#DIV/0!") : 1 / Math.tan(x);
}

export function SECH(x) {
  return 1 / Math.cosh(x);
}

export function CSCH(x) {
  return x === 0 ? fail("#DIV/0!") : 1 / Math.sinh(x);
}

export function COTH(x) {
  return x === 0 ? fail("#DIV/0!") : 1 / Math.tanh(x);
}

export function ACOT(x) {
  return Math.PI / 2 - Math.atan(x);
}

export function ACOTH(x) {
  return Math.abs(x) > 1 ? Math.log((x + 1) / (x - 1)) / 2 : fail("#NUM!");
}

export function DEGREES(x) {
  return (x / Math.PI) * 180;
}

export function RADIANS(x) {
  return (x / 180) * Math.PI;
}

export function FACT(x) {
  const n = Math.trunc(x);
  if (n < 0 || n > 170) fail("#NUM!");
  let product = 1;
  for (let k = 2; k <= n; k++) product *= k;
  return product;
}

export function FACTDOUBLE(x) {
  const n = Math.trunc(x);
  if (n < -1) fail("#NUM!");
  let product = 1;
  for (let k = n; k > 1; k -= 2) product *= k;
  return finite(product);
}

export function COMBIN(n, k) {
  const [many, few] = [Math.trunc(n), Math.trunc(k)];
  if (many < 0 || few < 0 || few > many) fail("#NUM!");
  const least = Math.min(few, many - few);
  let product = 1;
  for (let x = 1; x <= least; x++) {
    const factor = many - least + x;
    // Near the largest number that there is, only the quotient has room.
    product = product * factor < Infinity ? (product * factor) / x : (product / x) * factor;
  }
  return finite(Math.round(product));
}

export function COMBINA(n, k) {
  const [many, few] = [Math.trunc(n), Math.trunc(k)];
  return few === 0 ? 1 : COMBIN(many + few - 1, few);
}

export function PERMUT(n, k) {
  const [many, few] = [Math.trunc(n), Math.trunc(k)];
  if (many < 0 || few < 0 || few > many) fail("#NUM!");
  let product = 1;
  for (let x = 0; x < few; x++) product *= many - x;
  return finite(product);
}

export function PERMUTATIONA(n, k) {
  const [many, few] = [Math.trunc(n), Math.trunc(k)];
  return many < 0 || few < 0 ? fail("#NUM!") : finite(many ** few);
}

/** Every number of the arguments, cut to whole ones; a negative one is #NUM!. */
function wholes(values) {
  const found = flat(values).filter((value) => value !== null).map((value) => Math.trunc(num(sure(value))));
  return found.some((value) => value < 0) ? fail("#NUM!") : found;
}

function divisor(a, b) {
  let [x, y] = [a, b];
  while (y) [x, y] = [y, x % y];
  return x;
}

export function GCD(...values) {
  return wholes(values).reduce(divisor, 0);
}

export function LCM(...values) {
  return finite(wholes(values).reduce((a, b) => (a && b ? (a / divisor(a, b)) * b : 0), 1));
}

export function MULTINOMIAL(...values) {
  const found = wholes(values);
  const total = found.reduce((a, b) => a + b, 0);
  return finite(Math.round(found.reduce((product, value) => product / FACT(value), FACT(total))));
}

export function DELTA(a, b = 0) {
  return a === b ? 1 : 0;
}

export function GESTEP(a, step = 0) {
  return a >= step ? 1 : 0;
}

export function SERIESSUM(x, from, step, ...values) {
  let total = 0;
  numbers(values).forEach((factor, k) => {
    total += factor * Math.pow(x, from + k * step);
  });
  return finite(total);
}

export function BASE(value, radix, least = 0) {
  const [whole, base] = [Math.trunc(value), Math.trunc(radix)];
  if (whole < 0 || base < 2 || base > 36 || least < 0) fail("#NUM!");
  return whole.toString(base).toUpperCase().padStart(Math.trunc(least), "0");
}

export function DECIMAL(text, radix) {
  const base = Math.trunc(radix);
  if (base < 2 || base > 36) fail("#NUM!");
  let total = 0;
  for (const sign of text.trim().toLowerCase()) {
    const digit = parseInt(sign, 36);
    if (!(digit < base)) fail("#NUM!");
    total = total * base + digit;
  }
  return total;
}

const ROMAN_WORTHS = [1000, 500, 100, 50, 10, 5, 1];

export function ROMAN(value, form = 0) {
  let left = Math.trunc(value);
  // TRUE is the classic form, FALSE the most concise one.
  const concise = typeof form === "boolean" ? (form ? 0 : 4) : Math.trunc(num(form));
  if (left < 0 || left > 3999 || concise < 0 || concise > 4) fail("#VALUE!");
  const signs = "MDCLXVI";
  let text = "";
  for (const k of [0, 2, 4, 6]) {
    const count = Math.floor(left / ROMAN_WORTHS[k]);
    if (count % 5 !== 4) {
      text += (count > 4 ? signs[k - 1] : "") + signs[k].repeat(count % 5);
      left %= ROMAN_WORTHS[k];
      continue;
    }
    // A sign less a smaller one; in a concise form that one is smaller by up to so many signs.
    const more = count === 9 ? k - 2 : k - 1;
    let less = k;
    while (less < Math.min(k + concise, 6) && ROMAN_WORTHS[more] - ROMAN_WORTHS[less + 1] <= left) less++;
    text += signs[less] + signs[more];
    left -= ROMAN_WORTHS[more] - ROMAN_WORTHS[less];
  }
  return text;
}

function bits(value) {
  return value < 0 || value >= 2 ** 48 || value !== Math.trunc(value) ? fail("#NUM!") : BigInt(value);
}

export function BITAND(a, b) {
  return Number(bits(a) & bits(b));
}

export function BITOR(a, b) {
  return Number(bits(a) | bits(b));
}

export function BITXOR(a, b) {
  return Number(bits(a) ^ bits(b));
}

export function BITLSHIFT(a, by) {
  if (Math.abs(by) >= 54) fail("#NUM!");
  const moved = Number(by >= 0 ? bits(a) << BigInt(Math.trunc(by)) : bits(a) >> BigInt(Math.trunc(-by)));
  return moved < 2 ** 48 ? moved : fail("#NUM!");
}

export function BITRSHIFT(a, by) {
  return BITLSHIFT(a, -by);
}

export function RAND() {
  return Math.random();
}

export function RANDBETWEEN(low, high) {
  const [from, to] = [Math.ceil(low), Math.floor(high)];
  return from > to ? fail("#NUM!") : from + Math.floor(Math.random() * (to - from + 1));
}

export function RANDARRAY(rows = 1, columns = 1, low = 0, high = 1, whole = false) {
  return made(rows, columns, () => (whole ? RANDBETWEEN(low, high) : low + Math.random() * (high - low)));
}
