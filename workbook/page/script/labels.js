// What stands beside the points of charts, where the file says so: values, categories, shares, names of series.

import { svg } from "./base.js";
import { shown } from "./book.js";
import { formatNumber } from "./formats.js";
import { INK, readable } from "./palette.js";

// More points than these have no labels that anybody could read.
const MOST_LABELS = 400;
const LABEL_LINE = 13;
// So many pixels a sign of a label takes.
const SIGN = 6;

// The text of one point's label: `of` gives what each of its parts is.
export function labelText({ shows, points, words, separator }, point, of) {
  return words[point] ?? (points[point] ?? shows).map((part) => of[part]()).join(separator);
}

// The cell of a point, which tells its number as the label's format or its own has it.
function valueAt({ app }, { y: [sheet, top, left, , right], labels }, j) {
  const at = left === right ? [top + j, left] : [top, left + j];
  const found = app.book.get(sheet, ...at);
  if (labels.number_format !== "General" || typeof found !== "number") return shown(found, labels.number_format);
  return shown(found, app.sheet(sheet).format(...at, found, app.styleTable.entries));
}

function textAt(drawing, series, values, j) {
  const { labels } = series;
  const total = values.reduce((sum, value) => sum + (Number.isFinite(value) ? Math.abs(value) : 0), 0);
  return labelText(labels, j, {
    series: () => drawing.called(series),
    category: () => (drawing.chart.categories ? drawing.xText(j + 1) : String(drawing.now[0].x[j])),
    value: () => valueAt(drawing, series, j),
    share: () => formatNumber(Math.abs(values[j]) / total, labels.number_format.includes("%") ? labels.number_format : "0%"),
  });
}

// Where a label stands, from its point: to which side and by how much, for points, and for bars that stand or lie.
export function labelPlace(place, { bar, stacked, area }, isDown, lies) {
  const isInside = place === "ctr" || (!place && (stacked || area));
  if (!bar) return { r: [8, 4, "start"], l: [-8, 4, "end"], b: [0, 16, "middle"], t: [0, -8, "middle"] }[isInside ? "" : place || "r"] ?? [0, 4, "middle"];
  if (isInside) return [0, 4, "middle", 0.5];
  if (place === "inBase") return lies ? [isDown ? -4 : 4, 4, isDown ? "end" : "start", 0] : [0, isDown ? 13 : -5, "middle", 0];
  const outside = (place !== "inEnd") !== isDown;
  return lies ? [outside ? 4 : -4, 4, outside ? "start" : "end", 1] : [0, outside ? -5 : 13, "middle", 1];
}

export function drawPointLabels(drawing, root) {
  const { chart, now, bars, box } = drawing;
  const first = drawing.y;
  chart.series.forEach((series, k) => {
    const { x, y, base } = now[k];
    if (!series.labels || y.length > MOST_LABELS) return;
    drawing.y = series.second ? drawing.second : first;
    const beside = base ? 1 : bars.length;
    const shift = series.bar && !base ? (0.8 * (bars.indexOf(series) + 0.5 - beside / 2)) / beside : 0;
    y.forEach((value, j) => {
      const text = drawing.usable(x[j], value) ? textAt(drawing, series, y, j) : "";
      if (!text) return;
      const from = series.bar ? Math.max(base?.[j] ?? 0, drawing.y.low) : value;
      const [right, down, anchor, share = 1] = labelPlace(series.labels.place, series, value < from, chart.lies);
      const at = from + share * (value - from);
      const [px, py] = chart.lies
        ? [drawing.at(drawing.y, at, box.left, box.right), drawing.at(drawing.x, x[j] + shift, box.bottom, box.top)]
        : [drawing.px(x[j] + shift), drawing.py(at)];
      // A label that would leave the chart stands before its point.
      const isOver = anchor === "start" && px + right + SIGN * text.length > drawing.width;
      if (isOver) return appendLabel(root, text, px - right, py + down, "end", series.bar ? drawing.colour(series) : "");
      const inside = series.bar && (share < 1 || series.labels.place === "inEnd");
      appendLabel(root, text, px + right, py + down, anchor, inside ? drawing.colour(series) : "");
    });
  });
  drawing.y = first;
}

// The label of a slice, in the middle of it at a radius.
export function drawSliceLabel(drawing, root, j, x, y, fill) {
  const [series] = drawing.chart.series;
  const text = series.labels ? textAt(drawing, series, drawing.now[0].y, j) : "";
  if (text) appendLabel(root, text, x, y, "middle", fill);
}

// A label of one line or more; on a ground its ink is one that can be read there.
function appendLabel(root, text, x, y, anchor, ground) {
  const lines = text.split("\n");
  lines.forEach((line, k) => {
    const label = svg("text", { class: "label", x: x.toFixed(1), y: (y + LABEL_LINE * (k - (lines.length - 1) / 2)).toFixed(1), "text-anchor": anchor, text: line });
    if (ground) label.style.fill = `#${readable(INK, ground.slice(1))}`;
    root.append(label);
  });
}
