// A print shows the sheet as a table: what is drawn for the screen is only what is in view.

import { byId, make } from "./base.js";

const MOST_ROWS = 400;

export function printable(app) {
  window.addEventListener("beforeprint", () => byId("print").replaceChildren(tableOf(app)));
  window.addEventListener("afterprint", () => byId("print").replaceChildren());
}

function tableOf(app) {
  const { sheet } = app.grid;
  const [lastRow, lastColumn] = sheet.source.last ?? [sheet.rows - 1, sheet.columns - 1];
  const body = make("tbody");
  for (let row = 0; row <= Math.min(lastRow, MOST_ROWS, sheet.rows - 1); row++) {
    const line = make("tr");
    for (let column = 0; column <= Math.min(lastColumn, sheet.columns - 1); column++) {
      const text = app.grid.text(row, column);
      const style = sheet.style(row, column);
      const value = app.book.get(sheet.number, row, column);
      const entry = app.styleTable.entries[style] ?? {};
      const cell = make("td", {
        class: `${style < 0 ? "" : `k${style} `}${entry.align || (typeof value === "number" ? "right" : "left")}`, text,
      });
      if (app.styleTable.fills[style]) cell.style.background = app.styleTable.fills[style];
      line.append(cell);
    }
    body.append(line);
  }
  const charts = [...app.grid.charts.children].map((chart) => chart.firstChild.cloneNode(true));
  return make("div", {}, make("table", {}, body), ...charts);
}
