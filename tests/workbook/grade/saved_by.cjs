// node saved_by.cjs PROGRAM SOURCE TARGET: a workbook saved by SheetJS, or written by ExcelJS from a list of its cells.

const { readFileSync } = require("node:fs");

const [program, source, target] = process.argv.slice(2);

if (program === "xlsx") {
  const sheetjs = require("xlsx");
  sheetjs.writeFile(sheetjs.readFile(source, { cellFormula: true, cellStyles: true }), target);
} else {
  const { Workbook } = require("exceljs");
  const book = new Workbook();
  for (const { title, state, cells } of JSON.parse(readFileSync(source, "utf8"))) {
    const sheet = book.addWorksheet(title, { state });
    for (const [address, value] of cells) sheet.getCell(address).value = value;
  }
  book.xlsx.writeFile(target);
}
