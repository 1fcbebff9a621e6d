// What has no axis across of its own: bars that lie, from the lowest category up, and pies, from twelve o'clock on.

import { svg } from "./base.js";
import { drawSliceLabel } from "./labels.js";

const NAMES = 96;
const LINE = 18;

// Room for the names of categories, which stand on the left.
export function lyingBox(box) {
  return { ...box, left: box.left + NAMES - 44 };
}

function along(drawing, value) {
  return drawing.at(drawing.y, value, drawing.box.left, drawing.box.right);
}

export function lyingAxes(drawing, root, textOf) {
  const { box, x, y, chart } = drawing;
  for (const value of y.ticks) {
    const at = along(drawing, value).toFixed(1);
    root.append(
      svg("path", { class: "grid", d: `M${at} ${box.top}V${box.bottom}` }),
      svg("text", { x: at, y: box.bottom + 17, "text-anchor": "middle", text: textOf(value) }),
    );
  }
  for (const place of x.ticks) {
    const at = drawing.at(x, place, box.bottom, box.top);
    root.append(svg("text", { x: box.left - 8, y: at + 4, "text-anchor": "end", text: drawing.xText(place) }));
  }
  root.append(
    svg("path", { class: "axis", d: `M${box.left} ${box.top}V${box.bottom}H${box.right}` }),
    svg("text", { class: "title", x: (box.left + box.right) / 2, y: box.bottom + 36, "text-anchor": "middle", text: chart.y.title }),
    svg("text", {
      class: "title", transform: `translate(15 ${(box.top + box.bottom) / 2}) rotate(-90)`, "text-anchor": "middle", text: chart.x.title,
    }),
  );
}

export function lyingBars(drawing, plot, { x, y, base }, colour, place, beside) {
  const { box } = drawing;
  const high = (0.8 * (box.bottom - box.top)) / (drawing.x.high - drawing.x.low) / beside;
  for (let j = 0; j < y.length; j++) {
    if (!drawing.usable(x[j], y[j])) continue;
    const middle = drawing.at(drawing.x, x[j], box.bottom, box.top);
    const [from, to] = [along(drawing, Math.max(base?.[j] ?? 0, drawing.y.low)), along(drawing, y[j])];
    plot.append(svg("rect", {
      x: Math.min(from, to).toFixed(1), y: (middle + high * (beside / 2 - place - 1)).toFixed(1), width: Math.abs(from - to).toFixed(1),
      height: Math.max(1, high - 1).toFixed(1), fill: colour,
    }));
  }
}

// Where slices end, as shares of the whole; each is as large as its number, whatever the sign.
export function slices(values) {
  const sizes = values.map((value) => (Number.isFinite(value) ? Math.abs(value) : 0));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let end = 0;
  return total ? sizes.map((size) => [end, (end += size / total)]) : [];
}

export function pie(drawing, root, colourOf) {
  const { width, height, chart, now } = drawing;
  const shares = slices(now[0]?.y ?? []);
  if (!shares.length) root.append(svg("text", { x: 14, y: 48, text: "Nothing to divide: all numbers are 0." }));
  const radius = Math.max(20, Math.min(width * 0.32, (height - 64) / 2));
  const [middle, centre] = [radius + 24, 40 + radius];
  const place = (share, out = radius) => {
    const angle = 2 * Math.PI * share - Math.PI / 2;
    return [middle + out * Math.cos(angle), centre + out * Math.sin(angle)];
  };
  const point = (share) => place(share).map((at) => at.toFixed(1)).join(" ");
  const grounds = [];
  shares.forEach(([from, to], k) => {
    const fill = colourOf(chart.slices[k % chart.slices.length]);
    const whole = to - from > 0.99999;
    if (whole) root.append(svg("circle", { class: "slice", cx: middle, cy: centre, r: radius, fill }));
    else if (to > from) {
      const arc = `A${radius} ${radius} 0 ${to - from > 0.5 ? 1 : 0} 1 ${point(to)}`;
      root.append(svg("path", { class: "slice", d: `M${middle} ${centre}L${point(from)}${arc}Z`, fill }));
    }
    if (to > from) grounds.push([k, (from + to) / 2, fill]);
    const y = 52 + k * LINE;
    if (y > height - 8) return;
    const x = 2 * radius + 48;
    root.append(
      svg("rect", { x, y: y - 10, width: 12, height: 12, fill }),
      svg("text", { x: x + 18, y, text: `${drawing.xText(k + 1)}  ${(100 * (to - from)).toFixed(1)} %` }),
    );
  });
  if (chart.hole) root.append(svg("circle", { class: "hole", cx: middle, cy: centre, r: radius / 2 }));
  for (const [k, share, fill] of grounds) {
    const [x, y] = place(share, radius * (chart.hole ? 0.75 : 0.68));
    drawSliceLabel(drawing, root, k, x, y + 4, fill);
  }
}
