// What charts draw through and over their points: curves, discs, lines up and down from them, and lines through them.

import { svg } from "./base.js";

// The path through places, in parts where one is null. A smooth one passes each in the direction of its neighbours.
export function courseOf(places, smooth) {
  return places.map((to, j) => {
    if (!to) return "";
    const from = places[j - 1];
    const at = to.map((one) => one.toFixed(1)).join(" ");
    if (!from) return `M${at}`;
    if (!smooth) return `L${at}`;
    const [before, after] = [places[j - 2] ?? from, places[j + 1] ?? to];
    const turns = [0, 1].map((k) => [from[k] + (to[k] - before[k]) / 6, to[k] - (after[k] - from[k]) / 6]);
    return `C${[0, 1].map((k) => turns.map((one) => one[k].toFixed(1)).join(" ")).join(" ")} ${at}`;
  }).join("");
}

// Discs whose grounds are as large as their numbers; the largest is a quarter of the chart across.
export function bubbles(drawing, plot, { x, y, sizes }, colour, ghost) {
  const largest = Math.max(...drawing.now.flatMap((series) => (series.sizes ?? []).filter(Number.isFinite).map(Math.abs)));
  const most = Math.min(drawing.box.right - drawing.box.left, drawing.box.bottom - drawing.box.top) / 8;
  y.forEach((value, j) => {
    if (!drawing.usable(x[j], value) || !(sizes[j] > 0)) return;
    const r = most * Math.sqrt(sizes[j] / largest);
    plot.append(svg("circle", { class: "bubble", cx: drawing.px(x[j]).toFixed(1), cy: drawing.py(value).toFixed(1), r: r.toFixed(1), fill: ghost ? "none" : colour, stroke: colour }));
  });
}

// Lines up and down from points: how far they may be wrong, or from the lowest to the highest of all series.
export function ranges(drawing, plot, data, k, colour) {
  const { x, y } = data[k];
  const { errors } = drawing.chart.series[k];
  if (!errors && k) return;
  y.forEach((value, j) => {
    const others = data.map((series) => series.y[j]).filter(Number.isFinite);
    const [low, high] = errors ? errorOf(errors, y, value) : [Math.min(...others), Math.max(...others)];
    if (!drawing.usable(x[j], low) || !drawing.usable(x[j], high)) return;
    const [at, from, to] = [drawing.px(x[j]), drawing.py(low), drawing.py(high)].map((place) => place.toFixed(1));
    const ends = errors ? `M${at - 3} ${from}h6M${at - 3} ${to}h6` : "";
    plot.append(svg("path", { class: "range", d: `M${at} ${from}V${to}${ends}`, stroke: errors ? colour : "currentColor" }));
  });
}

// The lines through the points of series, with their equations where the chart says so.
export function drawTrends(drawing, root, plot, dashOf) {
  let line = 0;
  for (const { trend, series, found } of drawing.trends) {
    if (!found) continue;
    const course = found.course.filter(([x, y]) => drawing.usable(x, y)).map(([x, y]) => `${drawing.px(x).toFixed(1)} ${drawing.py(y).toFixed(1)}`);
    const colour = drawing.colour({ colour: trend.colour ?? series.colour });
    if (course.length > 1) plot.append(svg("path", { class: "curve trend", d: `M${course.join("L")}`, stroke: colour, "stroke-dasharray": dashOf(trend.dash) }));
    const said = [trend.equation && found.text, trend.share && Number.isFinite(found.share) && `R² = ${Number(found.share.toPrecision(4))}`].filter(Boolean);
    for (const text of said) root.append(svg("text", { class: "name", x: drawing.box.left + 10, y: drawing.box.top + 14 + 15 * line++, fill: colour, text }));
  }
}

// The least and the largest that a number may be: it is wrong by so much, by a share, or as its series varies.
function errorOf({ kind, value, minus, plus }, all, number) {
  const known = all.filter(Number.isFinite);
  const mean = known.reduce((sum, one) => sum + one, 0) / known.length;
  const deviation = Math.sqrt(known.reduce((sum, one) => sum + (one - mean) ** 2, 0) / Math.max(1, known.length - 1));
  const by = { percentage: (Math.abs(number) * value) / 100, stdDev: deviation * value, stdErr: deviation / Math.sqrt(known.length) }[kind] ?? value;
  const about = kind === "stdDev" ? mean : number;
  return [minus ? about - by : number, plus ? about + by : number];
}
