// Edits in the page's address: whoever opens the link sees the sheet, the cell and the same numbers.

import { address, onceQuiet, position, sheetPrefix } from "./base.js";
import { told } from "./entry.js";
import { plain } from "./formats.js";

const MOST_SPELLED = 40;
// To write the address costs a browser ten milliseconds and more: it follows when the hand rests.
const REST = 200;

export class Share {
  constructor(app) {
    this.app = app;
    this.later = onceQuiet(() => this.write(), REST);
    app.events.on("select", () => this.later());
    app.events.on("changed", () => this.later());
    // The event's own address: that of the page may be written anew before it is heard.
    window.addEventListener("hashchange", (event) => this.follow(new URL(event.newURL || location.href).hash));
  }

  // To the cell that an address names, with the edits in it.
  async follow(hash) {
    const goal = await this.read(hash);
    await this.app.book.settled();
    if (goal) this.app.selecting.go(...goal);
  }

  async write() {
    const { app } = this;
    const { selection } = app;
    // In a workbook that is not ours a text may look like a number.
    const edits = app.book.changedCells().map(([sheet, row, column, value]) => [sheet, row, column, app.book.sheets[sheet].open ? told(value) : value]);
    const place = (sheet, row, column) => sheetPrefix(app.book.sheets[sheet].title) + address(row, column);
    const parts = [place(app.grid.sheet.number, selection?.row ?? 0, selection?.column ?? 0)];
    if (edits.length <= MOST_SPELLED) {
      for (const [sheet, row, column, value] of edits) parts.push(`${place(sheet, row, column)}=${typeof value === "number" ? plain(value) : value ?? ""}`);
    } else parts.push(`~${await packed(edits)}`);
    const hash = `#${parts.map(encode).join("&")}`;
    if (hash !== location.hash) {
      history.replaceState(null, "", hash);
    }
  }

  // Does what an address says; cells that do not take a value are left as they are.
  async read(hash) {
    const { app } = this;
    const parts = hash.replace(/^#/, "").split("&").filter(Boolean);
    const cells = [];
    const wants = (sheet, row, column, text) => {
      const { value, refusal } = app.book.accepted(sheet, row, column, text);
      if (!refusal) cells.push([sheet, row, column, value]);
    };
    let goal = null;
    for (const part of parts) {
      let text;
      try {
        text = decodeURIComponent(part);
      } catch {
        continue;
      }
      if (text.startsWith("~")) {
        for (const [sheet, row, column, value] of await unpacked(text.slice(1))) wants(sheet, row, column, String(value ?? ""));
        continue;
      }
      const match = /^(?:'((?:[^']|'')+)'|([^!'=]+))!([A-Za-z]+\d+)(?:=([\s\S]*))?$/.exec(text);
      const sheet = match ? app.book.sheetNamed((match[1] ?? match[2]).replaceAll("''", "'")) : app.book.sheetNamed(text);
      if (sheet < 0) continue;
      const at = match ? position(match[3]) : [0, 0];
      if (match && match[4] !== undefined) wants(sheet, ...at, match[4]);
      else goal ??= [sheet, ...at];
    }
    if (cells.length) app.book.set(cells, { keep: false });
    return goal;
  }
}

function encode(text) {
  return encodeURIComponent(text).replace(/%(?:20|21|27|3D|7E|2C)/g, (code) => (code === "%20" ? "%20" : decodeURIComponent(code)));
}

async function packed(value) {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("deflate-raw"));
  const out = new Uint8Array(await new Response(stream).arrayBuffer());
  return btoa(String.fromCharCode(...out)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function unpacked(text) {
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    const found = JSON.parse(await new Response(stream).text());
    return Array.isArray(found) ? found.filter((cell) => Array.isArray(cell) && cell.slice(0, 3).every(Number.isInteger)) : [];
  } catch {
    return [];
  }
}
