// Charts whose categories lie around a centre, from twelve o'clock on: the values run outwards.

import { svg } from "./base.js";

const NAME_ROOM = 34;
const BELOW = 26;

export function radar(drawing, root, textOf) {
  const { y, now, ghost, chart } = drawing;
  // Nothing stands below it but the legend.
  const box = { ...drawing.box, top: drawing.box.top - 6, bottom: drawing.box.bottom + BELOW };
  const count = Math.max(3, ...now.map((series) => series.y.length));
  const [cx, cy] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
  const size = Math.max(20, Math.min(box.right - box.left, box.bottom - box.top) / 2 - NAME_ROOM / 2);
  const point = (k, share) => {
    const angle = (2 * Math.PI * k) / count - Math.PI / 2;
    return [cx + size * share * Math.cos(angle), cy + size * share * Math.sin(angle)];
  };
  const ring = (shares) => `M${shares.map((share, k) => point(k, share).map((at) => at.toFixed(1)).join(" ")).join("L")}Z`;
  const share = (value) => Math.min(1, Math.max(0, (value - y.low) / (y.high - y.low)));
  for (const value of y.ticks) root.append(svg("path", { class: "grid", d: ring(new Array(count).fill(share(value))) }));
  for (let k = 0; k < count; k++) {
    const [x, down] = point(k, 1);
    root.append(svg("path", { class: "grid", d: `M${cx} ${cy}L${x.toFixed(1)} ${down.toFixed(1)}` }));
    const [nameX, nameY] = point(k, 1 + 12 / size);
    const anchor = Math.abs(nameX - cx) < 4 ? "middle" : nameX < cx ? "end" : "start";
    root.append(svg("text", { x: nameX.toFixed(1), y: (nameY + 4).toFixed(1), "text-anchor": anchor, text: chart.categories ? drawing.xText(k + 1) : String(k + 1) }));
  }
  for (const value of y.ticks) {
    root.append(svg("text", { x: cx - 6, y: cy - size * share(value) + 4, "text-anchor": "end", text: textOf(value) }));
  }
  const draw = (data, isGhost) => chart.series.forEach((series, k) => {
    const colour = drawing.colour(series, isGhost);
    const shares = Array.from({ length: count }, (_, j) => (Number.isFinite(data[k].y[j]) ? share(data[k].y[j]) : 0));
    root.append(svg("path", series.area ? { class: "area", d: ring(shares), fill: colour } : { class: isGhost ? "ghost" : "curve", d: ring(shares), stroke: colour }));
    if (series.marker) shares.forEach((value, j) => root.append(drawing.mark(series.marker, ...point(j, value), colour, 3)));
  });
  if (ghost) draw(ghost, true);
  draw(now, false);
}
