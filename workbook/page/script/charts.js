// Charts as SVG from a sheet's cells; after an edit each keeps the ghost of the curves that it showed before.

import { axisOf, classes, tick } from "./axes.js";
import { make, oncePerFrame, svg } from "./base.js";
import { shown } from "./book.js";
import { drawPointLabels } from "./labels.js";
import { lyingAxes, lyingBars, lyingBox, pie } from "./lying.js";
import { bubbles, courseOf, drawTrends, ranges } from "./overlays.js";
import { readable } from "./palette.js";
import { radar } from "./radar.js";
import { trendOf } from "./trends.js";

const DASHES = {
  solid: "", dash: "7 4", sysDot: "2 3", dashDot: "8 3 2 3", lgDash: "12 5", lgDashDot: "12 4 2 4", sysDash: "4 3",
};

export class Charts {
  constructor(app) {
    this.app = app;
    this.later = oncePerFrame(() => this.follow());
  }

  show() {
    const { grid } = this.app;
    this.charts = (grid.sheet.source.charts ?? []).map((chart) => ({ chart, ghost: null, now: this.read(chart) }));
    grid.charts.replaceChildren(
      ...this.charts.map((entry) => {
        const { x, y } = grid.sheet;
        const [top, left, bottom, right] = entry.chart.at;
        const frame = make("figure", { class: "chart" });
        frame.at = [top, left];
        entry.size = [Math.max(200, x[right + 1] - x[left] - 2), Math.max(140, y[bottom + 1] - y[top] - 2)];
        frame.style.width = `${entry.size[0]}px`;
        frame.style.height = `${entry.size[1]}px`;
        entry.frame = frame;
        return frame;
      }),
    );
    for (const diagram of grid.sheet.source.diagrams ?? []) {
      const frame = make("figure", { class: "chart diagram" }, drawn(this.app, diagram));
      frame.at = diagram.at;
      grid.charts.append(frame);
    }
    const { pictures = [], boxes = [] } = grid.sheet.source;
    grid.charts.append(...pictures.map(pictured), ...boxes.map((box) => boxed(box, this.app.styleTable)));
    this.draw();
  }

  // Cells have changed: the next frame shows it, once for all changes until then. While a slider is pulled, the ghost
  // stays that of before.
  change() {
    this.keeps = this.pulling && this.keeps !== false;
    this.later();
  }

  // What was shown becomes the ghost, unless nothing of the chart moved.
  follow() {
    for (const entry of this.charts ?? []) {
      const next = this.read(entry.chart);
      if (same(next, entry.now)) continue;
      if (!this.keeps || !entry.ghost) entry.ghost = entry.now;
      entry.now = next;
      this.drawOne(entry);
    }
    this.keeps = undefined;
  }

  draw() {
    for (const entry of this.charts ?? []) this.drawOne(entry);
  }

  read(chart) {
    const { book } = this.app;
    const numbers = ([sheet, top, left, bottom, right]) => {
      const found = [];
      for (let row = top; row <= bottom; row++) {
        for (let column = left; column <= right; column++) found.push(book.number(sheet, row, column));
      }
      return found;
    };
    const read = chart.series.map((series) => {
      const y = numbers(series.y);
      const sizes = series.sizes ? { sizes: numbers(series.sizes) } : {};
      return { x: series.x ? numbers(series.x) : y.map((_, k) => k + 1), y, ...sizes };
    });
    return stacked(read, chart.series);
  }

  drawOne(entry) {
    const { chart, now, ghost, size } = entry;
    entry.frame.replaceChildren(new Drawing(this.app, chart, now, ghost, size).element());
  }
}

// Of series that stand on each other, `y` is where each ends and `base` where it begins, as shares of all at that place
// where the chart says so. Bars below zero hang from it; lines and areas add up whatever their sign.
export function stacked(read, series) {
  const together = read.filter((_, k) => series[k].stacked);
  const length = Math.max(0, ...together.map(({ y }) => y.length));
  const sums = Array.from({ length }, (_, j) => together.reduce((sum, { y }) => sum + Math.abs(finite(y[j])), 0));
  const [up, down] = [new Array(length).fill(0), new Array(length).fill(0)];
  return read.map((one, k) => {
    if (!series[k].stacked) return one;
    const base = [];
    const y = one.y.map((value, j) => {
      const size = series[k].stacked === "percentStacked" ? finite(value) / (sums[j] || 1) : finite(value);
      const side = size < 0 && series[k].bar ? down : up;
      base.push(side[j]);
      return (side[j] += size);
    });
    return { ...one, y, base };
  });
}

function finite(value) {
  return Number.isFinite(value) ? value : 0;
}

// A picture of the file's, where it lies.
function pictured({ at, offset, size: [width, height], alt, source }) {
  return lying(at, offset, make("img", { src: source, alt, width, height }));
}

// A box with words, by day or by night.
function boxed({ at, offset, size: [width, height], words, fill }, styleTable) {
  const box = make("div", { class: "box", width, text: words });
  Object.assign(box.style, { width: `${width}px`, height: `${height}px` });
  if (fill) {
    const ground = styleTable.tint(fill);
    Object.assign(box.style, { background: `#${ground}`, color: `#${styleTable.ink({}, ground)}` });
  }
  return lying(at, offset, box);
}

function lying(at, [right, down], content) {
  const frame = make("figure", { class: "chart picture" }, content);
  frame.at = at;
  frame.style.margin = `${down}px 0 0 ${right}px`;
  return frame;
}

const POINT = 4 / 3;

// A diagram: circles and boxes with words in them, lines between them.
function drawn(app, diagram) {
  const [width, height] = diagram.size.map((size) => size * POINT);
  const { styleTable } = app;
  const root = svg("svg", { width, height, role: "img", "aria-label": diagram.alt });
  const colour = (hex) => `#${styleTable.tint(hex)}`;
  for (const { kind, box, line, fill, text = "", size = 9, dashed } of diagram.shapes) {
    const [x, y, w, h] = box.map((points) => points * POINT);
    const stroke = { stroke: colour(line), "stroke-dasharray": dashed ? "4 3" : "" };
    if (kind === "line" || kind === "arrow") root.append(svg("path", { d: `M${x} ${y}l${w} ${h}`, ...stroke, "stroke-width": kind === "arrow" ? 2 : 0.8 }));
    if (kind === "arrow") root.append(head(x + w, y + h, w, h, colour(line)));
    if (kind === "circle") root.append(svg("ellipse", { cx: x + w / 2, cy: y + h / 2, rx: w / 2, ry: h / 2, fill: colour(fill), ...stroke }));
    if (kind === "box") root.append(svg("rect", { x, y, width: w, height: h, rx: 5, fill: colour(fill), ...stroke }));
    if (text) {
      const ink = kind === "words" ? readable(styleTable.tint(line), styleTable.paper) : readable(styleTable.tint("1F2933"), styleTable.tint(fill));
      root.append(svg("text", {
        x: x + w / 2, y: y + h / 2 + size * 0.45, "text-anchor": "middle", "font-size": size * POINT * app.styleTable.scale, fill: `#${ink}`, "font-weight": kind === "words" ? 400 : 700, text,
      }));
    }
  }
  return root;
}

// The head of an arrow that ends at a point.
function head(x, y, w, h, fill) {
  const length = Math.hypot(w, h) || 1;
  const [a, b] = [(w / length) * 8, (h / length) * 8];
  return svg("path", { d: `M${x} ${y}L${x - a - b / 2} ${y - b + a / 2}L${x - a + b / 2} ${y - b - a / 2}Z`, fill });
}

function same(one, other) {
  return one.every((series, k) =>
    ["x", "y", "sizes"].every((axis) => (series[axis] ?? []).every((value, j) => Object.is(value, other[k][axis][j]))),
  );
}

class Drawing {
  constructor(app, chart, now, ghost, [width, height]) {
    Object.assign(this, { app, chart, now, ghost, width, height });
    this.legend = chart.kind !== "labelled" && chart.series.length > 1 && chart.legend !== false;
    this.rows = this.legend ? legendRows(chart.series, width) : [];
    this.box = { left: 62, right: width - 18, top: 40, bottom: height - 44 - this.rows.length * 17 };
    if (chart.lies) this.box = lyingBox(this.box);
    if (chart.second) this.box.right -= 44;
    this.bars = chart.series.filter((series) => series.bar);
    const filled = this.bars.length || chart.series.some((series) => series.area);
    const across = this.box.right - this.box.left;
    const points = [...now, ...(ghost ?? [])];
    this.trends = chart.series.flatMap((series, k) => (series.trends ?? []).flatMap((trend) => ({ trend, series, found: trendOf(trend, now[k]) })));
    const ahead = this.trends.flatMap(({ found }) => found?.course.map(([x]) => x) ?? []);
    const places = points.flatMap((series, k) => series.x.filter((v, j) => this.usable(v, points[k].y[j])));
    const xs = [...places, ...ahead, ...this.roomFor(places)];
    const up = (isSecond) => points.flatMap((series, k) => {
      const own = Boolean(chart.series[k % now.length].second) === isSecond;
      return own ? series.y.filter((v, j) => this.usable(series.x[j], v)) : [];
    });
    const ys = [...up(false), ...this.roomFor(up(false))];
    if (chart.second) this.second = axisOf(chart.second, up(true), Infinity);
    this.x = chart.categories || this.bars.length ? classes(Math.max(1, ...now.map(({ y }) => y.length))) : axisOf(chart.x, xs, across);
    this.y = axisOf(chart.y, filled && !chart.y.log ? [0, ...ys] : ys, chart.lies ? across : Infinity);
  }

  // Numbers beyond the points of discs, so that these are whole.
  roomFor(values) {
    if (!this.now.some(({ sizes }) => sizes) || !values.length) return [];
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return [low - (high - low) / 7, high + (high - low) / 7];
  }

  usable(x, y) {
    return Number.isFinite(x) && Number.isFinite(y) && (!this.chart.x.log || x > 0) && (!this.chart.y.log || y > 0);
  }

  at(axis, value, from, to) {
    const share = axis.log
      ? Math.log(value / axis.low) / Math.log(axis.high / axis.low)
      : (value - axis.low) / (axis.high - axis.low);
    return from + (to - from) * share;
  }

  px = (value) => this.at(this.x, value, this.box.left, this.box.right);
  py = (value) => this.at(this.y, value, this.box.bottom, this.box.top);

  element() {
    const { chart, width, height, box } = this;
    const root = svg("svg", {
      width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": chart.alt || chart.title,
    });
    root.append(
      svg("rect", { class: "ground", x: 0.5, y: 0.5, width: width - 1, height: height - 1, rx: 6 }),
      svg("text", { class: "heading", x: 14, y: 24, text: chart.title }),
    );
    if (chart.words) {
      root.append(svg("text", { x: 14, y: 48, text: chart.words }));
      return root;
    }
    if (chart.kind === "pie") {
      pie(this, root, (colour) => this.colour({ colour }));
      return root;
    }
    if (chart.kind === "radar") {
      radar(this, root, (value) => tick(value, this.y, chart.y.format));
      this.drawLegend(root);
      return root;
    }
    if (chart.lies) lyingAxes(this, root, (value) => tick(value, this.y, chart.y.format));
    else this.drawAxes(root);
    const clip = `clip${(Drawing.count = (Drawing.count ?? 0) + 1)}`;
    const area = svg("clipPath", { id: clip });
    area.append(svg("rect", { x: box.left - 4, y: box.top - 4, width: box.right - box.left + 8, height: box.bottom - box.top + 8 }));
    const plot = svg("g", { "clip-path": `url(#${clip})` });
    root.append(area, plot);
    if (this.ghost) this.drawSeries(plot, this.ghost, true);
    this.drawSeries(plot, this.now, false);
    drawTrends(this, root, plot, (dash) => DASHES[dash] ?? "");
    if (chart.kind === "labelled") this.drawLabels(root);
    else this.drawNames(root);
    drawPointLabels(this, root);
    this.drawStep(root);
    this.drawLegend(root);
    return root;
  }

  drawAxes(root) {
    const { box, chart } = this;
    for (const value of this.y.ticks) {
      const y = this.py(value).toFixed(1);
      root.append(
        svg("path", { class: "grid", d: `M${box.left} ${y}H${box.right}` }),
        svg("text", { x: box.left - 8, y: Number(y) + 4, "text-anchor": "end", text: tick(value, this.y, chart.y.format) }),
      );
    }
    if (this.second) this.drawSecond(root);
    const skip = this.x.fits ? 1 : Math.max(1, Math.floor(this.x.ticks.length / Math.max(1, Math.floor((box.right - box.left) / 44))));
    this.x.ticks.forEach((value, k) => {
      const x = this.px(value).toFixed(1);
      if (chart.kind !== "line") root.append(svg("path", { class: "grid", d: `M${x} ${box.top}V${box.bottom}` }));
      root.append(svg("path", { class: "axis", d: `M${x} ${box.bottom}v4` }));
      if (k % skip === 0) {
        root.append(svg("text", { x, y: box.bottom + 17, "text-anchor": "middle", text: this.xText(value) }));
      }
    });
    root.append(
      svg("path", { class: "axis", d: `M${box.left} ${box.top}V${box.bottom}H${box.right}` }),
      svg("text", {
        class: "title", x: (box.left + box.right) / 2, y: box.bottom + 36, "text-anchor": "middle", text: chart.x.title,
      }),
      svg("text", {
        class: "title", transform: `translate(15 ${(box.top + box.bottom) / 2}) rotate(-90)`, "text-anchor": "middle",
        text: chart.y.title,
      }),
    );
  }

  // The axis at the right, which counts for some series.
  drawSecond(root) {
    const { box, chart, second } = this;
    for (const value of second.ticks) {
      const y = this.at(second, value, box.bottom, box.top);
      root.append(svg("text", { x: box.right + 8, y: y + 4, text: tick(value, second, chart.second.format) }));
    }
    root.append(svg("path", { class: "axis", d: `M${box.right} ${box.top}V${box.bottom}` }));
  }

  // What stands below a tick: a number, or the words of its category.
  xText(value) {
    const { categories } = this.chart;
    if (!categories) return tick(value, this.x, this.chart.x.format);
    const [sheet, top, left, bottom] = categories;
    const at = top === bottom ? [top, left + value - 1] : [top + value - 1, left];
    const found = this.app.book.get(sheet, ...at);
    // A chart that says no format takes that of its cells.
    const { format } = this.chart.x;
    const own = format === "General" && typeof found === "number" ? this.app.sheet(sheet).format(...at, found, this.app.styleTable.entries) : format;
    return shown(found, own).slice(0, 14);
  }

  drawBars(plot, series, { x, y, base }, colour) {
    const beside = base ? 1 : this.bars.length;
    const place = base ? 0 : this.bars.indexOf(series);
    if (this.chart.lies) return lyingBars(this, plot, { x, y, base }, colour, place, beside);
    const wide = (0.8 * (this.px(1) - this.px(0))) / beside;
    for (let j = 0; j < y.length; j++) {
      if (!this.usable(x[j], y[j])) continue;
      const left = this.px(x[j]) + wide * (place - beside / 2);
      const [from, to] = [this.py(Math.max(base?.[j] ?? 0, this.y.low)), this.py(y[j])];
      plot.append(svg("rect", {
        x: left.toFixed(1), y: Math.min(from, to).toFixed(1), width: Math.max(1, wide - 1).toFixed(1), height: Math.abs(from - to).toFixed(1), fill: colour,
      }));
    }
  }

  // The ground between a curve and what it stands on.
  drawArea(plot, { x, y, base }, colour) {
    const there = x.map((_, j) => j).filter((j) => this.usable(x[j], y[j]));
    if (!there.length) return;
    const point = (j, value) => `${this.px(x[j]).toFixed(1)} ${this.py(value).toFixed(1)}`;
    const top = there.map((j) => point(j, y[j]));
    const bottom = there.reverse().map((j) => point(j, Math.max(base?.[j] ?? 0, this.y.low)));
    plot.append(svg("path", { class: "area", d: `M${[...top, ...bottom].join("L")}Z`, fill: colour }));
  }

  colour(series, ghost = false) {
    return this.app.styleTable.curve(series.colour, ghost);
  }

  drawSeries(plot, data, ghost) {
    const first = this.y;
    this.chart.series.forEach((series, k) => {
      const { x, y } = data[k];
      this.y = series.second ? this.second : first;
      const colour = this.colour(series, ghost);
      if (series.bar) this.drawBars(plot, series, data[k], colour);
      if (series.area) this.drawArea(plot, data[k], colour);
      if (series.joined) {
        const path = courseOf(x.map((at, j) => (this.usable(at, y[j]) ? [this.px(at), this.py(y[j])] : null)), series.smooth);
        plot.append(
          svg("path", {
            class: ghost ? "ghost" : series.quiet ? "curve quiet" : "curve", d: path, stroke: colour, "stroke-dasharray": DASHES[series.dash] ?? "",
          }),
        );
      }
      if (data[k].sizes) bubbles(this, plot, data[k], colour, ghost);
      if (!ghost && (series.errors || this.chart.ranges)) ranges(this, plot, data, k, colour);
      if (!series.marker || data[k].sizes) return;
      for (let j = 0; j < y.length; j++) {
        if (this.usable(x[j], y[j])) plot.append(marker(series.marker, this.px(x[j]), this.py(y[j]), colour, series.joined ? 3 : 4));
      }
    });
    this.y = first;
  }

  mark = marker;

  drawLabels(root) {
    const { book } = this.app;
    const [sheet, top, left, bottom, right] = this.chart.labels;
    const names = [];
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) names.push(String(book.get(sheet, row, column) ?? ""));
    }
    const { x, y } = this.now[0];
    const taken = [];
    names.forEach((name, k) => {
      if (!this.usable(x[k], y[k])) return;
      const [px, py] = [this.px(x[k]), this.py(y[k]) - 8];
      const half = name.length * 2.9;
      const free = [0, 18, -12, 28].find((move) => !taken.some(([a, b, c]) => Math.abs(a - px) < c + half && Math.abs(b - py - move) < 11));
      if (free === undefined) return;
      taken.push([px, py + free, half]);
      root.append(svg("text", { class: "name", x: px, y: py + free, "text-anchor": "middle", text: name }));
    });
  }

  // What a series is called, beside its last point, where the chart says so.
  drawNames(root) {
    this.chart.series.forEach((series, k) => {
      const { x, y } = this.now[k];
      const last = y.length - 1;
      if (!series.named || !this.usable(x[last], y[last])) return;
      const at = series.joined ? Math.min(this.px(x[last]) + 7, this.width - 6 * series.name.length - 6) : this.px(x[last]);
      root.append(svg("text", {
        class: "name", x: at, y: this.py(y[last]) + (series.joined ? 4 : 18), text: this.called(series),
        "text-anchor": series.joined ? "start" : "middle",
      }));
    });
  }

  called(series) {
    return series.namedBy ? String(this.app.book.get(...series.namedBy) ?? "") : series.name;
  }

  // The point of the chosen step, on each curve that runs along the steps.
  drawStep(root) {
    const step = this.app.steps?.current();
    if (!step) return;
    this.chart.series.forEach((series, k) => {
      const [sheet, top, left, bottom, right] = series.y;
      if (sheet !== this.app.grid.sheet.number) return;
      const index = step.index(top, left, bottom, right);
      const { x, y } = this.now[k];
      if (index === null || !this.usable(x[index], y[index])) return;
      root.append(svg("circle", { class: "now", cx: this.px(x[index]), cy: this.py(y[index]), r: 5.5, stroke: this.colour(series) }));
    });
  }

  drawLegend(root) {
    let y = this.box.bottom + 56;
    for (const row of this.rows) {
      let x = Math.max(14, (this.width - row.width) / 2);
      for (const { series, width } of row.items) {
        const colour = this.colour(series, false);
        if (series.joined) {
          root.append(svg("path", { class: "curve", d: `M${x} ${y - 4}h24`, stroke: colour, "stroke-dasharray": DASHES[series.dash] ?? "" }));
        }
        if (series.bar || series.area) root.append(svg("rect", { x: x + 4, y: y - 10, width: 16, height: 10, fill: colour }));
        if (series.marker) root.append(marker(series.marker, x + 12, y - 4, colour, 3));
        root.append(svg("text", { x: x + 30, y, text: this.called(series) }));
        x += width;
      }
      y += 17;
    }
  }
}

function legendRows(series, width) {
  const rows = [];
  for (const one of series) {
    const wide = 46 + one.name.length * 6.2;
    let row = rows[rows.length - 1];
    if (!row || row.width + wide > width - 28) rows.push((row = { items: [], width: 0 }));
    row.items.push({ series: one, width: wide });
    row.width += wide;
  }
  return rows;
}

function marker(kind, x, y, colour, r) {
  const at = (points) => points.map(([a, b]) => `${(x + a * r).toFixed(1)} ${(y + b * r).toFixed(1)}`).join("L");
  const shapes = {
    diamond: [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]], triangle: [[0, -1.2], [1.1, 0.9], [-1.1, 0.9]],
    square: [[-1, -1], [1, -1], [1, 1], [-1, 1]],
  };
  if (shapes[kind]) return svg("path", { d: `M${at(shapes[kind])}Z`, fill: colour });
  const lines = { x: [[[-1, -1], [1, 1]], [[-1, 1], [1, -1]]], plus: [[[-1.2, 0], [1.2, 0]], [[0, -1.2], [0, 1.2]]] };
  lines.star = [...lines.x, ...lines.plus];
  if (lines[kind]) {
    return svg("path", { d: lines[kind].map((line) => `M${at(line)}`).join(""), stroke: colour, "stroke-width": 1.6, fill: "none" });
  }
  return svg("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r, fill: colour });
}
