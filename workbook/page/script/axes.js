// The axes of a chart: where they begin and end, and which numbers stand beside them.

import { formatNumber, general } from "./formats.js";

const MOST_TICKS = 7;
// So many pixels a digit of a tick takes, and so many lie between two ticks' numbers.
const LETTER = 6.4;
const GAP = 12;

// The ends of an axis and its ticks: the most, up to seven, whose numbers find room beside each other where it is known.
export function axisOf(spec, values, room = Infinity) {
  let low = spec.low ?? least(values);
  let high = spec.high ?? greatest(values);
  if (!(low <= high)) [low, high] = [0, 1];
  if (spec.log) {
    low = 10 ** Math.floor(Math.log10(low) + 1e-9);
    high = 10 ** Math.ceil(Math.log10(high) - 1e-9);
    if (low === high) high *= 10;
    return { low, high, ticks: decades(low, high), log: true };
  }
  if (low === high) [low, high] = [low - 1, high + 1];
  if (spec.low === null && low > 0 && low < 0.6 * high) low = 0;
  for (let most = MOST_TICKS; ; most--) {
    const found = evenly(low, high, niceStep(high - low, most), spec);
    const width = Math.max(...found.ticks.map((value) => LETTER * tick(value, found, spec.format).length + GAP));
    if (most <= 2 || found.ticks.length * width <= room + width) return found;
  }
}

// The axis of categories: 1, 2, 3 … with half of a place at both ends.
export function classes(count) {
  return { low: 0.5, high: count + 0.5, ticks: Array.from({ length: count }, (_, k) => k + 1), log: false, step: 1 };
}

// An axis whose ticks are multiples of a step; its ends are too, where the chart does not say them.
function evenly(low, high, step, spec) {
  if (spec.low === null) low = Math.floor(low / step + 1e-9) * step;
  if (spec.high === null) high = Math.ceil(high / step - 1e-9) * step;
  const ticks = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) ticks.push(k * step + 0);
  return { low, high, ticks, log: false, step, fits: true };
}

function least(values) {
  return values.reduce((low, value) => (value < low ? value : low), Infinity);
}

function greatest(values) {
  return values.reduce((high, value) => (value > high ? value : high), -Infinity);
}

export function niceStep(span, most) {
  const power = 10 ** Math.floor(Math.log10(span / most));
  return [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((step) => span / step <= most);
}

function decades(low, high) {
  const found = [];
  const count = Math.round(Math.log10(high / low));
  const skip = Math.max(1, Math.ceil(count / 8));
  for (let k = 0; k <= count; k += skip) found.push(Number((low * 10 ** k).toPrecision(12)));
  return found;
}

// The number that stands beside a tick.
export function tick(value, axis, format) {
  if (format !== "General") return formatNumber(value, format);
  if (axis.log && (value >= 1e6 || value < 1e-4)) return `1E${Math.round(Math.log10(value))}`;
  return general(Number(value.toPrecision(10)), 8);
}
