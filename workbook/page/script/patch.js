// A sheet's part as another program wrote it, with what its cells hold now: whatever else stands in it stays.

import { address, position } from "./base.js";
import { OWN_ERRORS } from "./book.js";

export function patched(text, book, number) {
  const tree = new DOMParser().parseFromString(text, "application/xml");
  const data = [...tree.documentElement.children].find((child) => child.localName === "sheetData");
  if (!data) throw new Error("a sheet of the file cannot be read");
  const edits = new Map(
    book.changedCells().filter(([sheet]) => sheet === number).map(([, row, column, value]) => [address(row, column), value]),
  );
  for (const [row, column, cell] of writtenCells(data)) {
    const key = address(row, column);
    if (edits.has(key)) {
      fill(cell, edits.get(key), false);
      edits.delete(key);
    } else if (book.isFormula(number, row, column)) fill(cell, book.get(number, row, column), true);
  }
  for (const [key, value] of edits) if (value !== null) fill(added(data, key), value, false);
  const declaration = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n';
  return declaration + new XMLSerializer().serializeToString(tree.documentElement);
}

// Each cell with its row and column from 0; those that do not say where they are follow the one before.
function* writtenCells(data) {
  let row = -1;
  for (const line of data.children) {
    row = rowOf(line, row);
    let column = -1;
    for (const cell of line.children) {
      if (cell.localName !== "c") continue;
      const at = position(cell.getAttribute("r") ?? "");
      column = at ? at[1] : column + 1;
      yield [row, column, cell];
    }
  }
}

function rowOf(line, before) {
  return line.hasAttribute("r") ? Number(line.getAttribute("r")) - 1 : before + 1;
}

function element(parent, name) {
  return parent.ownerDocument.createElementNS(parent.namespaceURI, parent.prefix ? `${parent.prefix}:${name}` : name);
}

// Puts a value into a cell, in place of the one that it had; a formula stays before it.
function fill(cell, value, computed) {
  for (const child of [...cell.children]) if (child.localName === "v" || child.localName === "is") child.remove();
  cell.removeAttribute("t");
  // What is no error of a spreadsheet's, no file may hold: who opens it computes the cell.
  if (value === null || value.error in OWN_ERRORS) return;
  if (typeof value === "string" && !computed) {
    cell.setAttribute("t", "inlineStr");
    const words = element(cell, "t");
    words.setAttributeNS("http://www.w3.org/XML/1998/namespace", "xml:space", "preserve");
    words.textContent = held(value);
    const inline = element(cell, "is");
    inline.append(words);
    cell.append(inline);
    return;
  }
  const kind = typeof value === "string" ? "str" : typeof value === "boolean" ? "b" : typeof value === "object" ? "e" : null;
  if (kind) cell.setAttribute("t", kind);
  const shown = element(cell, "v");
  shown.textContent = held(String(typeof value === "boolean" ? Number(value) : (value.error ?? value)));
  cell.append(shown);
}

// A cell that the part does not have yet, in its place.
function added(data, key) {
  const [row, column] = position(key);
  let before = -1;
  let line = null;
  let after = null;
  for (const other of data.children) {
    before = rowOf(other, before);
    if (before === row) line = other;
    if (before > row) {
      after = other;
      break;
    }
  }
  if (!line) {
    line = element(data, "row");
    line.setAttribute("r", row + 1);
    data.insertBefore(line, after);
  }
  let at = -1;
  let next = null;
  for (const other of line.children) {
    if (other.localName !== "c") continue;
    at = position(other.getAttribute("r") ?? "")?.[1] ?? at + 1;
    if (at > column) {
      next = other;
      break;
    }
  }
  const cell = element(line, "c");
  cell.setAttribute("r", key);
  line.insertBefore(cell, next);
  return cell;
}

// What XML cannot hold stands as _x0001_; ECMA-376 Part 1, 22.9.2.19.
export function held(text) {
  // eslint-disable-next-line no-control-regex -- these are the very characters that XML cannot hold
  return text.replace(/[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, (sign) => `_x${sign.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}_`);
}
