// The icons of numbers: lights, arrows, flags, bars of a rating, quarters, signs and stars, from green to red.

import { mixed } from "./palette.js";

const [GREEN, YELLOW, RED] = ["3A9D5D", "F2B632", "D64545"];
const ARROW = [[0, -6], [5, 0], [2, 0], [2, 6], [-2, 6], [-2, 0], [-5, 0]];
const FLAG = [[-4, -6], [5, -3], [-4, 0]];
const BARS = 4;

// An icon about a point; `share` is its place from the lowest to the highest.
export function drawIcon(context, x, y, { share, drawn }, tint) {
  context.save();
  context.translate(x, y);
  context.fillStyle = `#${tint((share > 0.5 ? mixed(YELLOW, GREEN, 2 * share - 1) : mixed(RED, YELLOW, 2 * share)).toUpperCase())}`;
  context.strokeStyle = context.fillStyle;
  context.lineWidth = 2;
  (DRAWERS[drawn] ?? light)(context, share, tint);
  context.restore();
}

const DRAWERS = { arrows: arrow, flags: flag, ratings: rating, quarters: quarter, symbols: symbol, stars: star };

function light(context) {
  context.beginPath();
  context.arc(0, 0, 5, 0, 2 * Math.PI);
  context.fill();
}

// Up for the highest and down for the lowest.
function arrow(context, share) {
  context.rotate(Math.PI * (1 - share));
  filled(context, ARROW);
}

function flag(context, _, tint) {
  filled(context, FLAG);
  context.fillStyle = `#${tint("595959")}`;
  context.fillRect(-5, -6, 1.5, 12);
}

// So many bars of four are full.
function rating(context, share, tint) {
  const full = Math.round(share * BARS);
  for (let k = 0; k < BARS; k++) {
    context.fillStyle = `#${tint(k < full ? "4472C4" : "D0D4D9")}`;
    const tall = 3 + 3 * k;
    context.fillRect(-6 + 3.2 * k, 6 - tall, 2.6, tall);
  }
}

// A disc, of which so much is dark.
function quarter(context, share, tint) {
  context.fillStyle = context.strokeStyle = `#${tint("595959")}`;
  context.lineWidth = 1;
  context.beginPath();
  context.arc(0, 0, 5, 0, 2 * Math.PI);
  context.stroke();
  context.beginPath();
  context.moveTo(0, 0);
  context.arc(0, 0, 5, -Math.PI / 2, -Math.PI / 2 + 2 * Math.PI * share);
  context.fill();
}

// A tick, a mark of exclamation, or a cross.
function symbol(context, share) {
  const strokes = share > 0.66 ? [[[-5, 0], [-1, 4], [5, -5]]] : share > 0.33 ? [[[0, -5], [0, 1]], [[0, 3.5], [0, 5]]] : [[[-4, -4], [4, 4]], [[4, -4], [-4, 4]]];
  context.beginPath();
  for (const [first, ...others] of strokes) {
    context.moveTo(...first);
    for (const point of others) context.lineTo(...point);
  }
  context.stroke();
}

// A star, of which so much is full.
function star(context, share, tint) {
  const points = Array.from({ length: 10 }, (_, k) => {
    const [radius, angle] = [k % 2 ? 2.6 : 6, (Math.PI * k) / 5 - Math.PI / 2];
    return [radius * Math.cos(angle), radius * Math.sin(angle)];
  });
  context.fillStyle = `#${tint("D0D4D9")}`;
  filled(context, points);
  context.beginPath();
  context.rect(-6, -6, 12 * share, 12);
  context.clip();
  context.fillStyle = `#${tint(YELLOW)}`;
  filled(context, points);
}

function filled(context, points) {
  context.beginPath();
  for (const point of points) context.lineTo(...point);
  context.closePath();
  context.fill();
}
