// What is selected, and the keys, the pointer and the clipboard that move, change and copy it, as in a spreadsheet.

import { address, clamp, make } from "./base.js";
import { editable } from "./entry.js";
import { plain } from "./formats.js";

// The sign in a heading that opens and closes rows or columns takes so many pixels.
const FOLD_SIGN = 16;

export class Selecting {
  constructor(app) {
    this.app = app;
    this.view = app.grid.view;
    this.anchor = [0, 0];
    const { view } = this;
    view.addEventListener("keydown", (event) => this.key(event));
    app.grid.stack.addEventListener("pointerdown", (event) => this.press(event));
    app.grid.stack.addEventListener("pointermove", (event) => this.move(event));
    window.addEventListener("pointerup", () => this.release());
    window.addEventListener("pointercancel", () => this.release());
    // A finger on a picture paints, and does not move the sheet.
    app.grid.stack.addEventListener("touchstart", (event) => this.hold(event), { passive: false });
    app.grid.stack.addEventListener("dblclick", (event) => {
      if (!event.target.closest?.(".chart, .editor")) this.edit();
    });
    view.addEventListener("copy", (event) => this.copy(event));
    view.addEventListener("cut", (event) => this.copy(event));
    view.addEventListener("paste", (event) => this.paste(event));
    view.addEventListener("focus", () => app.grid.later());
  }

  // Selects a cell; with `extend` the rectangle from the cell that was selected before.
  select(row, column, { extend = false, scroll = true, quiet = false } = {}) {
    const { app } = this;
    const { sheet } = app.grid;
    row = clamp(row, 0, sheet.rows - 1);
    column = clamp(column, 0, sheet.columns - 1);
    if (!extend) this.anchor = [row, column] = sheet.headOf(row, column);
    const [r, c] = this.anchor;
    this.reach = [row, column];
    app.selection = {
      row: r, column: c, top: Math.min(r, row), bottom: Math.max(r, row), left: Math.min(c, column), right: Math.max(c, column),
    };
    this.finish(false);
    if (scroll) app.grid.scrollTo(row, column);
    app.grid.version += 1;
    app.grid.later();
    app.events.tell("select", quiet);
  }

  // Goes to a cell of any sheet.
  go(sheet, row, column) {
    if (sheet !== this.app.grid.sheet.number) this.app.show(sheet);
    this.select(row, column);
    this.view.focus({ preventScroll: true });
  }

  key(event) {
    const { app } = this;
    const { sheet } = app.grid;
    const command = event.ctrlKey || event.metaKey;
    const [row, column] = event.shiftKey ? this.reach : this.anchor;
    const page = Math.max(1, Math.floor(app.grid.size[1] / 22) - 2);
    const moves = {
      ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1], PageUp: [-page, 0], PageDown: [page, 0],
    };
    const move = moves[event.key];
    const used = () => {
      event.preventDefault();
      event.stopPropagation();
    };
    if (event.altKey && event.shiftKey && event.code === "KeyJ") {
      used();
      app.fold("row", app.selection.row);
      return app.fold("column", app.selection.column);
    }
    if (event.altKey && event.key === "ArrowDown") return used(), this.edit();
    if (event.altKey && (event.key === "PageDown" || event.key === "PageUp")) return used(), app.turn(event.key === "PageDown" ? 1 : -1);
    if (command && (event.key === "PageDown" || event.key === "PageUp")) return used(), app.turn(event.key === "PageDown" ? 1 : -1);
    if (move && command) {
      const [r, c] = this.edge(row, column, ...move);
      return used(), this.select(r, c, { extend: event.shiftKey });
    }
    if (move) return used(), this.select(...this.beside(row, column, ...move), { extend: event.shiftKey });
    if (event.key === "Home") return used(), this.select(command ? 0 : row, 0, { extend: event.shiftKey });
    if (event.key === "End" && command) {
      return used(), this.select(sheet.rows - 1, sheet.columns - 1, { extend: event.shiftKey });
    }
    if (event.key === "Tab") return used(), this.select(...this.beside(row, column, 0, event.shiftKey ? -1 : 1));
    if (event.key === "Enter") {
      const link = sheet.linkAt(...this.anchor);
      if (link) return used(), this.go(...link);
      if (sheet.webAt(...this.anchor)) return used(), app.bar.follow();
      const input = app.book.inputAt(sheet.number, ...this.anchor);
      if (input) return used(), this.edit();
      return used(), this.select(...this.beside(row, column, event.shiftKey ? -1 : 1, 0));
    }
    if (event.key === "F2") return used(), this.edit();
    if (event.key === " " && this.toggle()) return used();
    if (event.key === "Delete" || event.key === "Backspace") return used(), this.clear();
    if (command && event.key.toLowerCase() === "a") return used(), this.all();
    if (command && event.key === "[") return used(), app.events.tell("trace", -1);
    if (command && event.key === "]") return used(), app.events.tell("trace", 1);
    if (event.key.length === 1 && !command && !event.altKey) {
      if (app.book.inputAt(sheet.number, ...this.anchor)) return used(), this.edit(event.key);
      app.say(app.book.refusal(sheet.number, ...this.anchor), "here");
    }
  }

  // The cell so many rows and columns on; from merged cells the way begins at the edge to which it leads.
  beside(row, column, down, across) {
    const [top, left, bottom, right] = this.app.grid.sheet.mergedAt(row, column) ?? [row, column, row, column];
    return [down > 0 ? bottom + down : down < 0 ? top + down : row, across > 0 ? right + across : across < 0 ? left + across : column];
  }

  all() {
    const { sheet } = this.app.grid;
    this.select(0, 0, { scroll: false });
    this.select(sheet.rows - 1, sheet.columns - 1, { extend: true, scroll: false });
  }

  // Where Ctrl and an arrow lead: the end of what is filled, or the next filled cell.
  edge(row, column, down, across) {
    const { book, grid } = this.app;
    const filled = (r, c) => !["", null].includes(book.get(grid.sheet.number, r, c));
    const stays = (r, c) => r >= 0 && c >= 0 && r < grid.sheet.rows && c < grid.sheet.columns;
    let [r, c] = [row + down, column + across];
    if (!stays(r, c)) return [row, column];
    if (filled(row, column) && filled(r, c)) {
      while (stays(r + down, c + across) && filled(r + down, c + across)) [r, c] = [r + down, c + across];
    } else {
      while (stays(r + down, c + across) && !filled(r, c)) [r, c] = [r + down, c + across];
    }
    return [r, c];
  }

  hold(event) {
    const { app } = this;
    if (event.touches.length !== 1) return;
    const { row, column, head } = app.grid.at(event.touches[0].clientX, event.touches[0].clientY);
    if (!head && app.book.inputAt(app.grid.sheet.number, row, column)?.paint) event.preventDefault();
  }

  press(event) {
    if (event.button !== 0 || event.target.closest(".editor, .chart, select, button")) return;
    const { app } = this;
    const { sheet } = app.grid;
    const { row, column, head } = app.grid.at(event.clientX, event.clientY);
    const area = app.grid.scroller;
    const box = area.getBoundingClientRect();
    if (event.clientX > box.left + area.clientWidth || event.clientY > box.top + area.clientHeight) return;
    this.view.focus({ preventScroll: true });
    if (head) {
      if (head === "all") return this.all();
      if (event.target.matches?.(".folded, .unfolded") && event.offsetX < FOLD_SIGN) return app.fold(head, head === "row" ? row : column);
      const [r, c] = head === "row" ? [row, 0] : [0, column];
      this.select(r, c, { extend: event.shiftKey, scroll: false });
      this.select(...(head === "row" ? [row, sheet.columns - 1] : [sheet.rows - 1, column]), { extend: true, scroll: false });
      return;
    }
    const link = sheet.linkAt(row, column);
    if (link && !event.shiftKey) {
      this.select(row, column, { scroll: false });
      event.preventDefault();
      return this.go(...link);
    }
    if (sheet.webAt(row, column) && (event.ctrlKey || event.metaKey)) {
      this.select(row, column, { scroll: false });
      event.preventDefault();
      return app.bar.follow();
    }
    const input = app.book.inputAt(sheet.number, row, column);
    this.touch = event.pointerType === "touch";
    if (input?.paint) {
      this.brush = app.book.number(sheet.number, row, column) > (input.high ?? 1) / 2 ? (input.low ?? 0) : (input.high ?? 1);
      this.select(row, column, { scroll: false });
      this.paint([row, column]);
      if (this.touch) this.view.setPointerCapture?.(event.pointerId);
      event.preventDefault();
      return;
    }
    this.pulling = !this.touch;
    this.select(row, column, { extend: event.shiftKey, scroll: false });
    if (!event.shiftKey && this.isBox(row, column) && this.toggle()) this.pulling = false;
    app.grid.scrollTo(row, column);
  }

  move(event) {
    const { app } = this;
    if (!app.grid.sheet) return;
    const { row, column, head } = app.grid.at(event.clientX, event.clientY);
    if (this.brush !== undefined && event.buttons) return this.stroke(row, column);
    if (this.pulling && event.buttons && !head) {
      if (row !== this.reach[0] || column !== this.reach[1]) this.select(row, column, { extend: true });
      return;
    }
    const link = !head && app.grid.sheet.linkAt(row, column);
    app.grid.stack.style.cursor = link ? "pointer" : "";
    app.events.tell("hover", head ? null : [row, column], event);
  }

  // The cells on the way from the last one, so that a quick hand leaves no gaps.
  stroke(row, column) {
    const [r, c] = this.last ?? [row, column];
    const steps = Math.max(Math.abs(row - r), Math.abs(column - c), 1);
    const way = Array.from({ length: steps }, (_, k) => [r + ((row - r) * (k + 1)) / steps, c + ((column - c) * (k + 1)) / steps]);
    this.paint(...way.map((at) => at.map(Math.round)));
  }

  // Paints cells, each as row and column, in one edit.
  paint(...cells) {
    const { book, grid } = this.app;
    const { number } = grid.sheet;
    this.last = cells[cells.length - 1];
    const painted = cells.filter((at) => book.inputAt(number, ...at)?.paint);
    if (painted.length) book.set(painted.map((at) => [number, ...at, this.brush]), { join: "stroke" });
  }

  release() {
    if (this.brush !== undefined) this.app.book.close();
    this.brush = this.last = undefined;
    this.pulling = false;
  }

  // Whether a cell is a box to tick.
  isBox(row, column) {
    const { sheet } = this.app.grid;
    return Boolean(this.app.styleTable.entries[sheet.style(row, column)]?.box) && typeof this.app.book.get(sheet.number, row, column) === "boolean";
  }

  // The space bar paints a pixel, and ticks a box.
  toggle() {
    const { app } = this;
    const input = app.book.inputAt(app.grid.sheet.number, ...this.anchor);
    if (input && this.isBox(...this.anchor)) {
      app.book.set([[app.grid.sheet.number, ...this.anchor, !app.book.get(app.grid.sheet.number, ...this.anchor)]]);
      return true;
    }
    if (!input?.paint) return false;
    const value = app.book.number(app.grid.sheet.number, ...this.anchor);
    const next = value > (input.high ?? 1) / 2 ? (input.low ?? 0) : (input.high ?? 1);
    app.book.set([[app.grid.sheet.number, ...this.anchor, next]]);
    return true;
  }

  // Opens the cell for editing: a field, or the list of a drop-down.
  edit(typed) {
    const { app } = this;
    const { sheet } = app.grid;
    const [row, column] = this.anchor;
    const input = app.book.inputAt(sheet.number, row, column);
    if (!input) {
      app.say(app.book.refusal(sheet.number, row, column), "here");
      return;
    }
    this.select(row, column);
    const value = app.book.get(sheet.number, row, column);
    const name = `${input.title}, ${address(row, column)}`;
    let field;
    if (input.kind === "list") {
      field = make("select", { class: "editor", "aria-label": name });
      const choices = app.book.choices(input);
      for (const choice of choices) field.append(make("option", { text: choice, value: choice, selected: choice === String(value ?? "") }));
      if (typed) {
        const found = choices.find((choice) => choice.toLowerCase().startsWith(typed.toLowerCase()));
        if (found !== undefined) field.value = found;
      }
      field.addEventListener("change", () => this.finish(true));
    } else {
      const text = editable(value, input.kind === "any" || input.open ? app.book.formatOf(sheet.number, row, column) : "General");
      field = make("input", {
        class: "editor", "aria-label": name, spellcheck: "false", autocomplete: "off",
        inputmode: input.kind === "text" ? "text" : "decimal",
      });
      field.value = typed ?? text;
    }
    this.editing = { field, sheet: sheet.number, row, column };
    field.addEventListener("keydown", (event) => this.editKey(event));
    field.addEventListener("blur", () => this.finish(true));
    app.grid.overlay.append(field);
    this.placeEditor();
    field.focus({ preventScroll: true });
    if (typed === undefined) field.select?.();
    // What is typed next follows what was typed.
    else field.setSelectionRange?.(typed.length, typed.length);
    if (input.kind === "list" && typed === undefined) {
      try {
        field.showPicker?.();
      } catch {
        // Some browsers open a list only at a click.
      }
    }
  }

  placeEditor() {
    if (!this.editing) return;
    const { field, row, column } = this.editing;
    const [left, top, width, height] = this.app.grid.placeOf(row, column);
    Object.assign(field.style, {
      left: `${left - 1}px`, top: `${top - 1}px`, minWidth: `${Math.max(width + 2, 84)}px`, height: `${Math.max(height + 2, 24)}px`,
    });
  }

  editKey(event) {
    event.stopPropagation();
    const [row, column] = this.anchor;
    const leave = (r, c) => {
      event.preventDefault();
      if (this.finish(true)) this.select(r, c);
      this.view.focus({ preventScroll: true });
    };
    if (event.key === "Enter") leave(...this.beside(row, column, event.shiftKey ? -1 : 1, 0));
    else if (event.key === "Tab") leave(...this.beside(row, column, 0, event.shiftKey ? -1 : 1));
    else if (event.key === "Escape") {
      event.preventDefault();
      this.finish(false);
      this.view.focus({ preventScroll: true });
    }
  }

  // Closes the field; true where its text was taken.
  finish(keep) {
    if (!this.editing) return true;
    const { field, sheet, row, column } = this.editing;
    this.editing = null;
    const text = field.value;
    field.remove();
    if (!keep) return false;
    return this.enter(sheet, row, column, text);
  }

  enter(sheet, row, column, text) {
    const { value, refusal } = this.app.book.accepted(sheet, row, column, text, true);
    if (refusal) {
      this.app.say(refusal, "bad");
      return false;
    }
    this.app.book.set([[sheet, row, column, value]]);
    return true;
  }

  clear() {
    this.fill((input) => (input.kind === "text" || input.optional || input.open || input.kind === "any" ? "" : input.low !== undefined && input.low > 0 ? null : "0"));
  }

  // Sets every input in the selection to what `textOf` says.
  fill(textOf) {
    const { app } = this;
    const { number } = app.grid.sheet;
    const { top, bottom, left, right } = app.selection;
    const cells = [];
    for (let row = top; row <= bottom; row++) {
      for (let column = left; column <= right; column++) {
        const input = app.book.inputAt(number, row, column);
        const text = input && textOf(input);
        if (typeof text !== "string") continue;
        const { value, refusal } = app.book.accepted(number, row, column, text);
        if (!refusal) cells.push([number, row, column, value]);
      }
    }
    if (cells.length) app.book.set(cells);
  }

  copy(event) {
    const { app } = this;
    const { top, bottom, left, right } = app.selection;
    const lines = [];
    for (let row = top; row <= bottom; row++) {
      const line = [];
      for (let column = left; column <= right; column++) {
        const value = app.book.get(app.grid.sheet.number, row, column);
        line.push(value === null ? "" : typeof value === "number" ? plain(value) : typeof value === "object" ? value.error : typeof value === "boolean" ? String(value).toUpperCase() : quoted(value));
      }
      lines.push(line.join("\t"));
    }
    event.clipboardData.setData("text/plain", lines.join("\n"));
    event.preventDefault();
    app.say(`Copied ${lines.length} × ${right - left + 1}`);
  }

  // Each cell of the clipboard's text goes to its place; cells that take no input are left alone.
  paste(event) {
    const { app } = this;
    const { number } = app.grid.sheet;
    const text = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n").replace(/\n$/, "");
    event.preventDefault();
    const rows = text.split("\n").map((line) => line.split("\t"));
    const { top, left } = app.selection;
    const single = rows.length === 1 && rows[0].length === 1;
    if (single) return this.fill(() => rows[0][0]);
    const cells = [];
    let refused = 0;
    for (let i = 0; i < rows.length; i++) {
      for (let j = 0; j < rows[i].length; j++) {
        const [row, column] = [top + i, left + j];
        if (row >= app.grid.sheet.rows || column >= app.grid.sheet.columns) continue;
        const { value, refusal } = app.book.accepted(number, row, column, rows[i][j]);
        if (refusal) refused += 1;
        else cells.push([number, row, column, value]);
      }
    }
    if (cells.length) app.book.set(cells);
    if (refused) app.say(`${cells.length} cells pasted; ${refused} are locked or do not take what was there.`, "bad");
  }
}

function quoted(text) {
  return /[\t\n"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
