// A region's formula as the text that one of its cells shows, its references moved, or with values in their places.

import { spelled } from "./values.js";

/** The letters of a column, from 0. */
export function lettersOf(column) {
  let letters = "";
  for (let left = column + 1; left > 0; left = Math.floor((left - 1) / 26)) {
    letters = String.fromCharCode(65 + ((left - 1) % 26)) + letters;
  }
  return letters;
}

/** The address of a cell, row and column from 0. */
export function addressOf(row, column) {
  return lettersOf(column) + (row + 1);
}

/** A corner as it is spelled: [row is fixed, column is fixed, row, down, across, column, down, across]. */
function cornerText(corner, shape, i, j) {
  const row = `${corner[0] ? "$" : ""}${corner[2] + corner[3] * i + corner[4] * j + 1}`;
  const column = `${corner[1] ? "$" : ""}${lettersOf(corner[5] + corner[6] * i + corner[7] * j)}`;
  return shape === "columns" ? column : shape === "rows" ? row : column + row;
}

function referenceText(reference, i, j) {
  const corners = reference.corners.map((corner) => cornerText(corner, reference.shape, i, j));
  return reference.prefix + corners.join(":");
}

/** A value as it stands in a formula; a negative number in brackets after a sign. */
function valueText(value, before) {
  if (value === null) return "0";
  if (typeof value === "number") {
    const text = spelled(Number(value.toPrecision(6)));
    return value < 0 && /[-+*/^]\s*$/.test(before) ? `(${text})` : text;
  }
  if (typeof value === "boolean") return value ? "TRUE" : "FALSE";
  return typeof value === "string" ? `"${value.replace(/"/g, '""')}"` : value.error;
}

/** A range of more cells than this is shown by its address. */
const MOST_SHOWN = 6;

/** What the cells of a reference hold, row by row; null where it is of another sheet's file, or of too many cells. */
function heldIn({ sheet, shape, corners }, i, j, valueOf) {
  if (sheet < 0 || (shape !== "cell" && shape !== "range")) return null;
  const places = corners.map((corner) => [
    corner[2] + corner[3] * i + corner[4] * j, corner[5] + corner[6] * i + corner[7] * j,
  ]);
  const [[top, left], [bottom, right]] = [places[0], places[places.length - 1]];
  const [height, width] = [bottom - top + 1, right - left + 1];
  if (height < 1 || width < 1 || height * width > MOST_SHOWN) return null;
  return Array.from({ length: height }, (_, r) => Array.from({ length: width }, (__, c) => valueOf(sheet, top + r, left + c)));
}

/** The text of a formula in row i and column j of its region; with `valueOf`, cells and short ranges as their values. */
export function textOf(pieces, i, j, valueOf) {
  let text = "=";
  for (const piece of pieces) {
    if (typeof piece === "string") {
      text += piece;
      continue;
    }
    const held = valueOf === null ? null : heldIn(piece, i, j, valueOf);
    if (held === null) text += referenceText(piece, i, j);
    else if (piece.shape === "cell") text += valueText(held[0][0], text);
    else text += `{${held.map((row) => row.map((value) => valueText(value, "")).join(",")).join(";")}}`;
  }
  return text;
}
