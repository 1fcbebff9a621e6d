// A print shows the sheet as a table, its columns as wide as they are, and the charts in their places, by daylight.

import { byId, make } from "./base.js";
import { sideOf, turned } from "./cell_looks.js";
import { runOf } from "./nodes.js";
import { PAPER } from "./palette.js";

const MOST_ROWS = 400;
// What a sheet of paper that lies has room for, in pixels of 1/96 inch; wider sheets are made smaller, but not below this.
const PAPER_WIDTH = 980;
const LEAST_ZOOM = 0.35;

export function printable(app) {
  let night = false;
  window.addEventListener("beforeprint", () => {
    night = app.night;
    if (night) app.setNight(false);
    byId("print").replaceChildren(printOf(app));
  });
  window.addEventListener("afterprint", () => {
    byId("print").replaceChildren();
    if (night) app.setNight(true);
    night = false;
  });
}

function printOf(app) {
  const { sheet } = app.grid;
  const [lastRow, lastColumn] = sheet.source.last ?? [sheet.rows - 1, sheet.columns - 1];
  const rows = Math.min(lastRow + 1, MOST_ROWS, sheet.rows);
  const columns = Math.min(lastColumn + 1, sheet.columns);
  const charts = [...app.grid.charts.children].map((chart) => chartOf(sheet, chart));
  // Charts may stand beside all cells.
  const wide = Math.max(sheet.x[columns], ...charts.map((chart) => chart.end));
  const all = make("div", { class: "printed" }, tableOf(app, rows, columns), ...charts.map(({ element }) => element));
  all.style.width = `${wide}px`;
  all.style.zoom = Math.min(1, Math.max(LEAST_ZOOM, PAPER_WIDTH / wide));
  return all;
}

function tableOf(app, rows, columns) {
  const { sheet } = app.grid;
  const table = make("table", {});
  table.style.width = `${sheet.x[columns]}px`;
  const group = make("colgroup");
  for (let column = 0; column < columns; column++) {
    const one = make("col");
    one.style.width = `${sheet.width(column)}px`;
    group.append(one);
  }
  const body = make("tbody");
  for (let row = 0; row < rows; row++) {
    const line = make("tr");
    line.style.height = `${sheet.height(row)}px`;
    for (let column = 0; column < columns; column++) {
      const merged = sheet.mergedAt(row, column);
      if (!merged || (row === merged[0] && column === merged[1])) line.append(cellOf(app, row, column, merged));
    }
    body.append(line);
  }
  table.append(group, body);
  return table;
}

function cellOf(app, row, column, merged) {
  const { grid, styleTable, book } = app;
  const { sheet } = grid;
  const text = grid.text(row, column);
  const style = sheet.style(row, column);
  const value = book.get(sheet.number, row, column);
  const entry = styleTable.entries[style] ?? {};
  const kept = typeof value === "number" || (text !== "" && grid.text(row, column + 1) !== "");
  const kind = `${style < 0 ? "" : `k${style} `}${entry.align || (typeof value === "number" ? "right" : typeof value === "string" ? sideOf(value) : "left")}${kept ? " kept" : ""}`;
  const runs = typeof value === "string" ? sheet.runsAt(row, column, text) : undefined;
  const cell = make("td", { class: kind, text: runs ? "" : text });
  if (runs) cell.append(...styleTable.runs(runs, entry, styleTable.tint(entry.fill || PAPER)).map(runOf));
  if (entry.upright) {
    // A cell of a table that is laid out by itself is none any more.
    cell.className = "";
    const [, top, , bottom] = sheet.edgesOf(row, column);
    const signs = make("div", { class: `k${style}`, text });
    signs.style.height = `${bottom - top - 2}px`;
    cell.replaceChildren(signs);
  }
  if (entry.slant && !runs) {
    const signs = make("span", { text });
    signs.style.cssText = turned(entry.slant);
    cell.replaceChildren(signs);
  }
  if (merged) [cell.rowSpan, cell.colSpan] = [merged[2] - merged[0] + 1, merged[3] - merged[1] + 1];
  cell.style.background = grid.grounds.fillOf(row, column) ?? "";
  edged(cell, styleTable.sides[style]);
  return cell;
}

function edged(cell, sides) {
  ["Top", "Right", "Bottom", "Left"].forEach((side, k) => {
    const line = sides?.[k];
    if (line) cell.style[`border${side}`] = `${line.width}px ${line.kind} ${line.colour}`;
  });
}

// A chart's picture in its place, and where it ends.
function chartOf(sheet, chart) {
  const [row, column] = chart.at;
  const element = chart.cloneNode(true);
  element.style.transform = "none";
  element.style.left = `${sheet.x[column]}px`;
  element.style.top = `${sheet.y[row]}px`;
  // No two elements have one name: the screen's own is not drawn in a print, and would cut nothing out.
  for (const clip of element.querySelectorAll("clipPath")) clip.id = `print-${clip.id}`;
  for (const plot of element.querySelectorAll("[clip-path]")) {
    plot.setAttribute("clip-path", plot.getAttribute("clip-path").replace("#", "#print-"));
  }
  return { element, end: sheet.x[column] + Number(element.firstChild.getAttribute("width")) };
}
