// Bessel functions of whole order, from their integrals, and one from its series.
// Source: NIST Digital Library of Mathematical Functions, 10.9.2, 10.9.7, 10.25.2 and 10.32.9.

import { fail, finite } from "./values.js";

/** The order, a whole number from 0; there is none beyond what an integral can be taken over. */
function besselOrder(n, x) {
  if (!(n >= 0 && n <= 1e4) || Math.abs(x) > 1e4) fail("#NUM!");
  return Math.trunc(n);
}

/** The integral of a smooth function between two places, by the rule of tanh and sinh. */
function smoothIntegral(compute, low, high, waves = 0) {
  const [half, middle, steps] = [(high - low) / 2, (high + low) / 2, 120 + 4 * Math.ceil(waves)];
  const width = 3.2 / steps;
  let total = 0;
  for (let k = -steps; k <= steps; k++) {
    const s = (Math.PI / 2) * Math.sinh(k * width);
    total += (compute(middle + half * Math.tanh(s)) * Math.cosh(k * width)) / Math.cosh(s) ** 2;
  }
  return (half * width * Math.PI * total) / 2;
}

/** Where exp(n t - x sinh t) has become nothing. */
function fadesAt(x, n) {
  let t = 1;
  while (x * Math.sinh(t) - n * t < 45) t += 0.25;
  return t;
}

export function BESSELJ(x, n) {
  const order = besselOrder(n, x);
  const points = 40 + 2 * Math.ceil(Math.abs(x) + order);
  let total = 0;
  for (let k = 0; k < points; k++) {
    const t = (Math.PI * (k + 0.5)) / points;
    total += Math.cos(order * t - x * Math.sin(t));
  }
  return total / points;
}

export function BESSELI(x, n) {
  const order = besselOrder(n, x);
  let term = 1;
  for (let k = 1; k <= order; k++) term *= x / 2 / k;
  let total = term;
  for (let k = 1; Math.abs(term) > 1e-17 * Math.abs(total); k++) {
    term *= (x / 2) ** 2 / (k * (k + order));
    total += term;
  }
  return finite(total);
}

export function BESSELK(x, n) {
  const order = besselOrder(n, x);
  if (x <= 0) fail("#NUM!");
  return finite(smoothIntegral((t) => Math.exp(-x * Math.cosh(t)) * Math.cosh(order * t), 0, fadesAt(x, order)));
}

export function BESSELY(x, n) {
  const order = besselOrder(n, x);
  if (x <= 0) fail("#NUM!");
  const waves = smoothIntegral((t) => Math.sin(x * Math.sin(t) - order * t), 0, Math.PI, x + order);
  const sign = order % 2 ? -1 : 1;
  const tail = smoothIntegral(
    (t) => (Math.exp(order * t) + sign * Math.exp(-order * t)) * Math.exp(-x * Math.sinh(t)),
    0,
    fadesAt(x, order),
  );
  return finite((waves - tail) / Math.PI);
}
