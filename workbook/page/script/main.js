// The page: opens its data, starts its parts, and offers window.gradbook.

import { apart, opened } from "./apart.js";
import { address, byId, clock, Events, grouped, letters, make, position, whenIdle } from "./base.js";
import { Book } from "./book.js";
import { Charts } from "./charts.js";
import { CodePanel } from "./code.js";
import { InputsPanel } from "./controls.js";
import { FormulaBar } from "./formula.js";
import { Grid } from "./grid.js";
import { countFrom1904 } from "./moments.js";
import { printable } from "./print.js";
import { save, workbookFile } from "./save.js";
import { Selecting } from "./select.js";
import { Share } from "./share.js";
import { Sheet } from "./sheet.js";
import { Steps } from "./steps.js";
import { StyleTable } from "./style_table.js";

const SLICE = 6;
const STAYS = 500;

class App {
  constructor(page, engine) {
    this.page = page;
    if (page.from1904) countFrom1904();
    this.events = new Events();
    this.book = new Book(page, engine);
    this.sheets = [];
    this.night = nightWanted();
    document.documentElement.dataset.theme = this.night ? "dark" : "light";
    this.still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.styleTable = new StyleTable(page.styles);
    this.styleTable.turn(this.night);
    this.grid = new Grid(this, byId("sheet"));
    this.charts = new Charts(this);
    this.selecting = new Selecting(this);
    this.steps = new Steps(this);
    this.book.formatOf = (sheet, row, column) => this.sheet(sheet).ownFormat(row, column, this.styleTable.entries);
    this.bar = new FormulaBar(this);
    this.inputs = new InputsPanel(this);
    this.code = new CodePanel(this);
    this.share = new Share(this);
    this.book.on("change", (changed, time, cells) => this.changed(changed, time, cells));
    this.book.on("history", () => this.buttons());
    this.book.on("entered", (cells) => this.entered(cells));
    this.book.on("failed", (error) => this.say(`The numbers could not be computed: ${error.message}`, "bad"));
    this.events.on("drawn", () => this.selecting.placeEditor());
    this.events.on("select", (quiet) => {
      if (quiet) return;
      this.announce();
      // What was said of another cell, unless to leave that cell was what said it.
      if (this.said && clock() - this.said > STAYS) this.say("");
    });
    this.tabs();
    this.menu();
    this.panel();
  }

  sheet(number) {
    this.sheets[number] ??= new Sheet(this.page, number, this.book.sizes[number]);
    return this.sheets[number];
  }

  // Rows or columns that belong together are opened or closed by a heading.
  fold(kind, at) {
    const found = this.grid.sheet.fold(kind, at);
    if (!found) return;
    this.grid.fit();
    this.grid.refresh();
    this.charts.show();
    this.inputs.show();
    const name = kind === "row" ? (k) => k + 1 : letters;
    this.say(`${kind === "row" ? "Rows" : "Columns"} ${name(found.first)} to ${name(found.last)} ${found.closed ? "closed" : "opened"}.`);
  }

  show(number) {
    this.selecting.finish(true);
    // What was said of another sheet, unless leaving it was what said it.
    if (!this.said || clock() - this.said > STAYS) this.say("");
    this.selection = null;
    this.grid.show(this.sheet(number));
    this.grid.band = [];
    this.steps.show();
    // The bar of steps comes and goes: what is selected must be in view of what is left.
    this.grid.resize();
    this.charts.show();
    this.inputs.show();
    this.code.show();
    this.suit();
    this.selecting.select(...this.firstCell(), { scroll: false, quiet: true });
    this.tabList.forEach((tab, k) => {
      tab.setAttribute("aria-selected", k === number);
      tab.tabIndex = k === number ? 0 : -1;
    });
    this.tabList[number].scrollIntoView({ block: "nearest", inline: "nearest" });
    byId("picker").value = number;
  }

  // The panel shows the code where a sheet has no inputs of one cell, until a person chooses a tab.
  suit() {
    if (this.chosen || !this.choose) return;
    const inputs = (this.grid.sheet.source.inputs ?? []).some((input) => input.single);
    const lines = this.page.codes[0]?.lines[this.grid.sheet.title] ?? [];
    this.choose(!inputs && lines.length > 2 ? 1 : 0);
  }

  // The first number that a person may change, or the first cell.
  firstCell() {
    const first = (this.grid.sheet.source.inputs ?? []).find((input) => input.single);
    return first ? first.ranges[0].slice(0, 2) : [0, 0];
  }

  turn(way) {
    const count = this.book.sheets.length;
    let number = this.grid.sheet.number;
    do number = (number + way + count) % count;
    while (this.book.sheets[number].hidden && number !== this.grid.sheet.number);
    this.show(number);
    this.grid.view.focus({ preventScroll: true });
  }

  // Cells hold what was entered; a thread computes what depends on them.
  entered(cells) {
    this.grid.renew(cells.flatMap(([sheet, row, column]) => [sheet, row, column, row, column]));
    this.buttons();
  }

  changed(changed, time, cells) {
    this.grid.flash(changed.ranges);
    this.grid.renew(changed.ranges);
    this.charts.change();
    this.events.tell("changed");
    this.buttons();
    const others = Math.max(0, changed.cells - cells.length);
    if (others) return this.say(`${grouped(others)} cell${others > 1 ? "s" : ""} recalculated in ${time < 0.1 ? "less than 0.1" : time < 10 ? time.toFixed(1) : Math.round(time)} ms`);
    const isRead = cells.some(([sheet, row, column]) => this.book.engine.dependents(sheet, row, column).length);
    this.say(isRead ? "What depends on this cell stays as it is." : "Nothing depends on this cell.");
  }

  buttons() {
    byId("undo").disabled = !this.book.past.length;
    byId("redo").disabled = !this.book.future.length;
    byId("reset").disabled = !this.book.edits.size;
  }

  say(text, kind = "") {
    const status = byId("status");
    status.textContent = text;
    status.className = kind;
    this.said = kind ? clock() : 0;
  }

  // What a reader of the screen hears of the selected cell.
  announce() {
    const { row, column } = this.selection;
    const input = this.book.inputAt(this.grid.sheet.number, row, column);
    const parts = [this.grid.say(row, column)];
    if (this.book.isFormula(this.grid.sheet.number, row, column)) parts.push("formula");
    if (this.grid.sheet.savedAt(row, column) !== undefined) parts.push("kept as saved");
    if (input) parts.push(`input, ${input.title}`);
    if (this.grid.sheet.noteAt(row, column)) parts.push("has a note");
    byId("heard").textContent = parts.join(", ");
  }

  tabs() {
    this.tabList = this.book.sheets.map((sheet, k) => {
      const tab = make("button", { type: "button", role: "tab", text: sheet.title, title: sheet.summary, hidden: sheet.hidden, "aria-controls": "sheet" });
      tab.addEventListener("click", () => this.show(k));
      tab.addEventListener("keydown", (event) => {
        const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (!way) return;
        event.preventDefault();
        this.turn(way);
        this.tabList[this.grid.sheet.number].focus();
      });
      return tab;
    });
    byId("tabs").replaceChildren(...this.tabList);
    // A wheel that turns one way alone moves the tabs too, where they do not all fit.
    byId("tabs").addEventListener("wheel", (event) => (byId("tabs").scrollLeft += event.deltaY), { passive: true });
    const picker = byId("picker");
    picker.replaceChildren(...this.book.sheets.map((sheet, k) => make("option", { value: k, text: sheet.title, hidden: sheet.hidden })));
    picker.addEventListener("change", () => this.show(Number(picker.value)));
  }

  menu() {
    const on = (id, action) => byId(id).addEventListener("click", action);
    on("undo", () => this.book.undo());
    on("redo", () => this.book.redo());
    on("reset", () => this.book.reset());
    on("save", () => this.saved());
    on("link", () => this.copyLink());
    on("theme", () => this.setNight(!this.night));
    on("help", () => byId("keys").showModal());
    const hasGroups = this.book.sheets.some((sheet) => sheet.groups);
    for (const element of document.querySelectorAll("#keys .folds")) element.hidden = !hasGroups;
    on("wide", () => this.setWide(!byId("side").hidden));
    byId("save").hidden = !this.page.saves;
    if (this.page.suffix) byId("save").textContent = `Save ${this.page.suffix}`;
    window.addEventListener("keydown", (event) => {
      // From wherever it is pressed, it takes the marks of a trace away.
      if (event.key === "Escape" && !event.target.matches?.("input, textarea, select")) this.events.tell("escape");
      const command = event.ctrlKey || event.metaKey;
      if (!command || event.altKey || event.target.matches?.("input:not([type=range]), textarea, select")) return;
      const key = event.key.toLowerCase();
      const action = { z: () => (event.shiftKey ? this.book.redo() : this.book.undo()), y: () => this.book.redo(), s: () => this.saved() }[key];
      if (!action) return;
      event.preventDefault();
      action();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.setNight(nightWanted()));
    printable(this);
    this.buttons();
  }

  async saved() {
    if (!this.page.saves) return;
    this.say("Making the file …");
    await this.book.settled();
    await save(this);
    this.say(`${this.page.name}${this.page.suffix ?? ".xlsx"}, with your edits in it`);
  }

  async copyLink() {
    await this.share.write();
    try {
      await navigator.clipboard.writeText(location.href);
      this.say("The link with your edits is on the clipboard.");
    } catch {
      this.say("The address of this page holds your edits: copy it.");
    }
  }

  setNight(night) {
    this.night = night;
    document.documentElement.dataset.theme = night ? "dark" : "light";
    this.styleTable.turn(night);
    this.grid.turn();
    this.charts.draw();
    this.bar.show();
  }

  // The sheet takes all the width, or leaves a part of it to the panel.
  setWide(wide) {
    byId("side").hidden = byId("divider").hidden = wide;
    byId("wide").setAttribute("aria-pressed", !wide);
    this.grid.resize();
  }

  // The tabs of the panel: inputs, and a language each.
  panel() {
    const names = ["Inputs", ...this.page.codes.map((code) => code.language)];
    const tabs = names.map((name, k) => {
      const tab = make("button", { type: "button", role: "tab", text: name, "aria-controls": k ? "code" : "inputs" });
      tab.addEventListener("click", () => {
        this.chosen = true;
        choose(k);
      });
      tab.addEventListener("keydown", (event) => {
        const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (!way) return;
        this.chosen = true;
        choose((k + way + tabs.length) % tabs.length, true);
      });
      return tab;
    });
    const choose = (chosen, focus = false) => {
      tabs.forEach((tab, k) => {
        tab.setAttribute("aria-selected", k === chosen);
        tab.tabIndex = k === chosen ? 0 : -1;
      });
      byId("inputs").hidden = chosen > 0;
      byId("code").hidden = chosen === 0;
      if (chosen > 0) {
        this.code.language = chosen - 1;
        if (this.grid.sheet) this.code.show();
      }
      if (focus) tabs[chosen].focus();
    };
    byId("panels").replaceChildren(...tabs);
    this.choose = choose;
    choose(0);
    divider();
  }

  file() {
    this.fileData ??= opened(gradbookBytes("file"));
    return this.fileData;
  }
}

// The line between sheet and panel moves with the pointer and with the arrows.
function divider() {
  const line = byId("divider");
  const side = byId("side");
  const set = (width) => {
    side.style.width = `${Math.min(window.innerWidth - 260, Math.max(200, width))}px`;
    line.setAttribute("aria-valuenow", Math.round((100 * side.offsetWidth) / window.innerWidth));
  };
  line.addEventListener("pointerdown", (event) => {
    line.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  line.addEventListener("pointermove", (event) => {
    if (line.hasPointerCapture(event.pointerId)) set(window.innerWidth - event.clientX);
  });
  line.addEventListener("keydown", (event) => {
    const way = { ArrowLeft: 24, ArrowRight: -24 }[event.key];
    if (way) set(side.offsetWidth + way);
  });
}

function nightWanted() {
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

// What window.gradbook offers, for pages that embed this one and for tests; `ready` is there already.
function offer() {
  const app = () => {
    if (!offer.app) throw new Error("gradbook: not ready yet; await gradbook.ready first");
    return offer.app;
  };
  const find = (title, cell) => {
    const sheet = app().book.sheetNamed(String(title));
    const at = position(String(cell));
    if (sheet < 0) throw new RangeError(`gradbook: no sheet is titled ${title}`);
    if (!at) throw new RangeError(`gradbook: expected an address such as B7, found ${cell}`);
    return [sheet, ...at];
  };
  return {
    sheets: () => app().book.sheets.map((sheet) => sheet.title),
    get: (title, cell) => app().book.get(...find(title, cell)),
    set(title, cell, value) {
      const [sheet, row, column] = find(title, cell);
      const { value: taken, refusal } = app().book.accepted(sheet, row, column, value === null ? "" : String(value));
      if (refusal) throw new RangeError(`gradbook: ${title}!${address(row, column)}: ${refusal}`);
      return app().book.set([[sheet, row, column, taken]]);
    },
    reset: () => app().book.reset(),
    file: async () => {
      await app().book.settled();
      return workbookFile(app(), await app().file());
    },
  };
}

async function start() {
  const page = await opened(gradbookBytes("page"));
  const cells = gradbookBytes("cells");
  const engine = page.apart ? await apart(gradbookEngine, cells) : gradbookEngine(await opened(cells));
  const app = new App(page, engine);
  app.show(page.first ?? 0);
  await app.share.follow(location.hash);
  offer.app = app;
  if (byId("status").textContent.startsWith("Opening")) app.say("");
  document.body.classList.add("ready");
  finish(engine);
}

// What nobody has looked at yet is computed a frame's part at a time, so that the first edit finds it done.
function finish(engine) {
  if (!engine.advance(SLICE)) setTimeout(() => finish(engine));
  else if (!engine.practise(SLICE)) whenIdle(() => finish(engine));
}

Object.freeze(Object.assign(window.gradbook, offer()));
start().then(() => gradbookOpening.done(), gradbookOpening.failed);
