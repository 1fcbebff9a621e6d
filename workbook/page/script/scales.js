// Colour scales: from the least to the largest value of some cells, or as deep as a value is far from 0.

import { mixed } from "./palette.js";

// A scale with the ends that its cells have now, and all cells of its quantity.
export function measure(scale, sheet, book, tint) {
  let low = Infinity;
  let high = -Infinity;
  if (scale.ends === undefined) {
    for (const [top, left, bottom, right] of scale.over ?? scale.ranges) {
      for (let row = top; row <= bottom; row++) {
        for (let column = left; column <= right; column++) {
          const value = book.number(sheet, row, column);
          if (value < low) low = value;
          if (value > high) high = value;
        }
      }
    }
  } else [low, high] = scale.ends;
  if (scale.colours.length === 3) {
    high = Math.max(Math.abs(low), Math.abs(high));
    low = -high;
  }
  return { low, high, shades: palette(scale.colours.map(tint)) };
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
  const share = Math.min(1, Math.max(0, (value - scale.low) / (scale.high - scale.low)));
  return scale.shades[Math.round(share * SHADES)];
}
