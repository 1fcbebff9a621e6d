// Colour scales: from the least to the largest value of some cells, or as deep as a value is far from 0.

import { mixed } from "./palette.js";

// A scale with the ends that its cells have now, and all cells of its quantity; where it says points, with these.
export function measure(scale, sheet, book, tint) {
  if (scale.points) return measuredByPoints(scale, sheet, book, tint);
  let [low, high] = scale.ends ?? endsOf(valuesOf(scale.over ?? scale.ranges, sheet, book));
  if (scale.colours.length === 3) {
    high = Math.max(Math.abs(low), Math.abs(high));
    low = -high;
  }
  return { low, high, shades: palette(scale.colours.map(tint)) };
}

function* valuesOf(ranges, sheet, book) {
  for (const [top, left, bottom, right] of ranges) {
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) {
        const value = book.number(sheet, row, column);
        if (!Number.isNaN(value)) yield value;
      }
    }
  }
}

function endsOf(values) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

// A scale of a stranger's: where it begins, may turn, and ends, or where its icons change.
function measuredByPoints(scale, sheet, book, tint) {
  const values = Float64Array.from(valuesOf(scale.ranges, sheet, book)).sort();
  const at = scale.points.map((point) => pointAt(point, values));
  const found = { low: at[0], high: at[at.length - 1] };
  // The bar of the least number can be seen, unless the file says where bars begin, or that those below 0 begin there.
  const least = scale.points[0][0] === "min" && !scale.negative ? 0.1 : 0;
  if (scale.bar) return { ...found, bar: scale.bar, negative: scale.negative, plain: scale.plain, least };
  if (scale.icons) return { ...found, at, drawn: scale.drawn, turned: scale.turned };
  return { ...found, ...(at.length === 3 ? { middle: at[1] } : {}), shades: palette(scale.colours.map(tint)) };
}

// The number at which a point of a scale lies among the cells' numbers, which are in order.
function pointAt([kind, number], values) {
  const [low, high] = [values[0], values[values.length - 1]];
  if (kind === "min") return low;
  if (kind === "max") return high;
  if (kind === "autoMin") return Math.min(0, low);
  if (kind === "autoMax") return Math.max(0, high);
  if (kind === "num") return number;
  if (kind === "percent") return low + ((high - low) * number) / 100;
  const place = ((values.length - 1) * number) / 100;
  const [before, after] = [values[Math.floor(place)], values[Math.ceil(place)]];
  return before + (after - before) * (place - Math.floor(place));
}

// Where in its cell a bar begins and ends, from 0 to 1; bars that know of numbers below 0 begin at 0.
export function barOn({ low, high, least, negative }, value) {
  if (!(high > low)) return [0, 1];
  const share = (number) => Math.min(1, Math.max(0, (number - low) / (high - low)));
  return negative ? [share(0), share(value)] : [0, least + (1 - least) * share(value)];
}

// Which icon a number has: its share of the way from the lowest to the highest, and what icons draw.
export function iconOn({ at, drawn, turned }, value) {
  const place = at.reduce((last, from, k) => (k && value >= from ? k : last), 0) / (at.length - 1);
  return { share: turned ? 1 - place : place, drawn };
}

const SHADES = 64;

const palettes = new Map();

// A scale's colours in so many steps, so that no colour is mixed anew for each cell, nor after each edit.
function palette(colours) {
  const key = colours.join();
  if (!palettes.has(key)) palettes.set(key, shadesOf(colours));
  return palettes.get(key);
}

function shadesOf(colours) {
  return Array.from({ length: SHADES + 1 }, (_, k) => {
    const share = k / SHADES;
    if (colours.length < 3) return mixed(colours[0], colours[1], share);
    return share < 0.5 ? mixed(colours[0], colours[1], share * 2) : mixed(colours[1], colours[2], share * 2 - 1);
  });
}

// The colour of a value on a scale; null where the scale has no length.
export function colourOn(scale, value) {
  if (!(scale.high > scale.low) || Number.isNaN(value)) return null;
  const share = Math.min(1, Math.max(0, shareOn(scale, value)));
  return scale.shades[Math.round(share * SHADES)];
}

// How far a value is on its way from the least to the largest; half of it at the middle, where the scale has one.
function shareOn({ low, middle, high }, value) {
  if (middle === undefined) return (value - low) / (high - low);
  if (value < middle) return 0.5 * ((value - low) / (middle - low));
  return high > middle ? 0.5 + 0.5 * ((value - middle) / (high - middle)) : 1;
}
