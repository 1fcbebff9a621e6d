// What-if tables: what some formulas show when others stand in the place of one or two inputs.

import { look, put } from "./values.js";

/** The place of a cell of a grid, so many rows and columns from another. */
function cellPlace(grids, [sheet, row, column], down, across) {
  return (row + down) * grids[sheet].width + column + across;
}

/**
 * The values of a table's cells, row by row. The values above it go into the input of its rows, those beside it into that
 * of its columns; `compute` computes what lies between inputs and formulas. In the end all is as it was.
 */
export function tabulated({ formulas, row, column }, grids, height, width, compute) {
  const inputs = [row, column].filter(Boolean);
  const before = inputs.map(({ cell }) => look(grids[cell[0]], cellPlace(grids, cell, 0, 0)));
  const give = ({ cell }, value) => put(grids[cell[0]], cellPlace(grids, cell, 0, 0), value);
  const found = new Array(height * width);
  const [sheet, top, left, bottom, right] = formulas;
  const shown = (i, j) => look(grids[sheet], cellPlace(grids, formulas, bottom > top ? i : 0, right > left ? j : 0));
  for (let a = 0; a < (column ? height : 1); a++) {
    for (let b = 0; b < (row ? width : 1); b++) {
      if (row) give(row, look(grids[row.values[0]], cellPlace(grids, row.values, 0, b)));
      if (column) give(column, look(grids[column.values[0]], cellPlace(grids, column.values, a, 0)));
      compute();
      for (let i = column ? a : 0; i < (column ? a + 1 : height); i++) {
        for (let j = row ? b : 0; j < (row ? b + 1 : width); j++) found[i * width + j] = shown(i, j);
      }
    }
  }
  inputs.forEach((input, k) => give(input, before[k]));
  compute();
  return found;
}
