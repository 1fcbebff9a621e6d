// The workbook handed over as a file, with the edits in it: its own parts, and rows made from the cells as they are now.

import { address, make } from "./base.js";
import { held, patched } from "./patch.js";
import { Sheet } from "./sheet.js";
import { zipped } from "./zip.js";

// The bytes of the file.
export async function workbookFile(app, file) {
  if (file.whole) return zipped(wholeParts(app, file));
  const parts = Object.entries(file.parts).map(([name, text]) => {
    const number = file.sheets.indexOf(name);
    return [name, number < 0 ? text : text.replace("<sheetData></sheetData>", () => `<sheetData>${rowsOf(app, number)}</sheetData>`)];
  });
  return zipped(parts);
}

// The parts of a file that gradbook did not make: its own bytes, but for the sheets whose cells hold something else now.
function wholeParts(app, file) {
  const edited = app.book.edits.size > 0;
  return Object.entries(file.whole).map(([name, text]) => {
    if (typeof text !== "string") return [name, Uint8Array.from(atob(text.base64), (sign) => sign.charCodeAt(0))];
    const number = file.sheets.indexOf(name);
    return [name, edited && number >= 0 ? patched(text, app.book, number) : text];
  });
}

export async function save(app) {
  const file = await app.file();
  const blob = await workbookFile(app, file);
  const link = make("a", { href: URL.createObjectURL(blob), download: `${app.page.name}${app.page.suffix ?? ".xlsx"}` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

export function rowsOf(app, number) {
  const { book } = app;
  const sheet = app.sheets[number] ?? new Sheet(app.page, number, book.sizes[number]);
  const heights = sheet.source.heights ?? {};
  const { entries } = app.styleTable;
  const out = [];
  for (let row = 0; row < sheet.rows; row++) {
    const cells = [];
    for (let column = 0; column < sheet.columns; column++) {
      const value = book.get(number, row, column);
      const style = sheet.style(row, column);
      if (value === null && style < 0) continue;
      cells.push(cellXml(book, number, row, column, value, style < 0 ? "" : ` s="${entries[style].file}"`));
    }
    const height = row in heights ? ` ht="${heights[row]}" customHeight="1"` : "";
    if (cells.length || height) out.push(`<row r="${row + 1}"${height}>${cells.join("")}</row>`);
  }
  return out.join("");
}

function cellXml(book, number, row, column, value, style) {
  const head = `<c r="${address(row, column)}"${style}`;
  const formula = book.isFormula(number, row, column) ? `<f>${xml(book.engine.formula(number, row, column).replace(/^=/, ""))}</f>` : "";
  if (value === null && !formula) return `${head}/>`;
  if (typeof value === "number") return `${head}>${formula}<v>${value}</v></c>`;
  if (typeof value === "boolean") return `${head} t="b">${formula}<v>${Number(value)}</v></c>`;
  if (typeof value === "string" && !formula) {
    const space = value !== value.trim() || /\n| {2}/.test(value) ? ' xml:space="preserve"' : "";
    return `${head} t="inlineStr"><is><t${space}>${xml(value)}</t></is></c>`;
  }
  if (value !== null && typeof value === "object") return `${head} t="e">${formula}<v>${xml(value.error)}</v></c>`;
  return `${head} t="str">${formula}<v>${xml(value ?? "")}</v></c>`;
}

export function xml(text) {
  return held(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
