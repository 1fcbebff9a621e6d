// Numbers in other digits.

import { fail, num, txt } from "./values.js";

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Up to ten digits of one radix (a full first half counts below 0) in those of another. */
function converted(value, radix, to, places) {
  let found;
  if (radix === 10) found = Math.trunc(num(value));
  else {
    const digits = txt(value).toUpperCase();
    if (digits.length > 10 || [...digits].some((digit) => !DIGITS.slice(0, radix).includes(digit))) fail("#NUM!");
    found = parseInt(digits || "0", radix);
    if (found >= radix ** 10 / 2) found -= radix ** 10;
  }
  if (to === 10) return found;
  const [least, most] = radix === 10 ? [-(2 ** 39), to ** 10 / 2] : [-(radix ** 10) / 2, to ** 10 / 2];
  if (found < Math.max(least, -most) || found >= most) fail("#NUM!");
  if (found < 0) return (found + to ** 10).toString(to).toUpperCase();
  const shown = found.toString(to).toUpperCase();
  if (places === undefined) return shown;
  return places < shown.length || places > 10 ? fail("#NUM!") : shown.padStart(Math.trunc(places), "0");
}

export function BIN2DEC(value) {
  return converted(value, 2, 10);
}

export function BIN2HEX(value, places) {
  return converted(value, 2, 16, places);
}

export function BIN2OCT(value, places) {
  return converted(value, 2, 8, places);
}

export function DEC2BIN(value, places) {
  return converted(value, 10, 2, places);
}

export function DEC2HEX(value, places) {
  return converted(value, 10, 16, places);
}

export function DEC2OCT(value, places) {
  return converted(value, 10, 8, places);
}

export function HEX2BIN(value, places) {
  return converted(value, 16, 2, places);
}

export function HEX2DEC(value) {
  return converted(value, 16, 10);
}

export function HEX2OCT(value, places) {
  return converted(value, 16, 8, places);
}

export function OCT2BIN(value, places) {
  return converted(value, 8, 2, places);
}

export function OCT2DEC(value) {
  return converted(value, 8, 10);
}

export function OCT2HEX(value, places) {
  return converted(value, 8, 16, places);
}

const SINGLE_ROMANS = { M: 1000, D: 500, C: 100, L: 50, X: 10, V: 5, I: 1 };

export function ARABIC(text) {
  const digits = text.trim().toUpperCase();
  if (!/^-?[MDCLXVI]*$/.test(digits)) fail("#VALUE!");
  const worths = [...digits.replace("-", "")].map((sign) => SINGLE_ROMANS[sign]);
  const total = worths.reduce((sum, worth, k) => sum + (worth < (worths[k + 1] || 0) ? -worth : worth), 0);
  return digits[0] === "-" ? -total : total;
}
