// What changes an input without typing: a slider for a range, a list for a drop-down; and all of a sheet's together.

import { address, byId, clamp, make, oncePerFrame, onceQuiet } from "./base.js";
import { general, plain } from "./formats.js";

const STEPS = 1000;
// A key pressed so many milliseconds after another still moves the same slider on.
const RUN = 1000;

// How a slider's way is spread over a range: by decades, by a cube for small shares, or evenly.
export function spread(low, high, value, whole) {
  if (whole && high - low <= STEPS) return { steps: high - low, to: (k) => low + k, from: (v) => v - low };
  const rounded = (v) => clamp(whole ? Math.round(v) : Number(v.toPrecision(3)), low, high);
  if (low > 0 && high / low >= 200) {
    const ratio = Math.log(high / low);
    return {
      steps: STEPS, to: (k) => rounded(low * Math.exp((ratio * k) / STEPS)), from: (v) => (Math.log(v / low) / ratio) * STEPS,
    };
  }
  if (low === 0 && value > 0 && value < high * 0.05) {
    return { steps: STEPS, to: (k) => rounded(high * (k / STEPS) ** 3), from: (v) => Math.cbrt(v / high) * STEPS };
  }
  return {
    steps: STEPS, to: (k) => rounded(low + ((high - low) * k) / STEPS), from: (v) => ((v - low) / (high - low)) * STEPS,
  };
}

// The control of an input's cell: { element, update }; null where it has neither range nor list.
export function controlOf(app, input, sheet, row, column) {
  const { book } = app;
  const name = `${input.title}, ${address(row, column)}`;
  if (input.kind === "list") {
    const field = make("select", { "aria-label": name });
    for (const choice of book.choices(input)) field.append(make("option", { text: choice, value: choice }));
    field.addEventListener("change", () => app.selecting.enter(sheet, row, column, field.value));
    const update = () => (field.value = book.get(sheet, row, column) ?? "");
    update();
    return { element: field, update };
  }
  // An answer that a learner is to find has no slider: it would name the range of what may be right.
  if (input.low === undefined || input.high === undefined || ["text", "length", "moment"].includes(input.kind) || input.optional || input.outside) return null;
  const start = book.first.get(`${sheet},${row},${column}`) ?? book.number(sheet, row, column);
  const way = spread(input.low, input.high, start, input.kind === "whole");
  const field = make("input", { type: "range", min: 0, max: way.steps, step: 1, "aria-label": name });
  const pull = () => book.set([[sheet, row, column, way.to(Number(field.value))]], { join: name });
  const end = async () => {
    book.close();
    await book.settled();
    app.charts.pulling = false;
  };
  const rest = onceQuiet(end, RUN);
  let held = false;
  field.addEventListener("pointerdown", () => (held = true));
  // A quick hand asks for more numbers than a large workbook computes: each frame takes the latest.
  const later = oncePerFrame(pull);
  field.addEventListener("input", () => {
    app.charts.pulling = true;
    later();
  });
  // A pull with the pointer is one step to undo, and so is a run of keys.
  field.addEventListener("change", () => {
    pull();
    if (held) end();
    else rest();
    held = false;
  });
  const update = () => {
    const value = book.number(sheet, row, column);
    field.value = Math.round(way.from(value));
    field.setAttribute("aria-valuetext", general(value));
  };
  update();
  return { element: field, update };
}

// What the sheet says of an answer, beside the field that takes it; said aloud when it changes and never before.
function judge(element, words) {
  if (element.textContent === words) return;
  element.textContent = words;
  element.classList.toggle("right", words.startsWith("✓"));
}

// The panel with a control for each input of a sheet that is one cell.
export class InputsPanel {
  constructor(app) {
    this.app = app;
    this.updates = [];
    app.events.on("changed", () => this.update());
  }

  show() {
    const { app } = this;
    const { number } = app.grid.sheet;
    const inputs = (app.grid.sheet.source.inputs ?? []).filter((input) => input.single);
    this.updates = [];
    const list = byId("inputs");
    if (!inputs.length) {
      const { open, inputs: some } = app.grid.sheet.source;
      const words = open
        ? "Change any cell that is no formula: everything that depends on it follows."
        : some?.length
          ? "Change a yellow cell of the sheet: everything that depends on it follows."
          : "There is nothing to change on this sheet.";
      list.replaceChildren(make("p", { class: "empty", text: words }));
      return;
    }
    list.replaceChildren(...inputs.map((input) => this.row(input, number)));
    this.update();
  }

  row(input, number) {
    const { app } = this;
    const [row, column] = input.ranges[0];
    const made = controlOf(app, input, number, row, column);
    const cell = address(row, column);
    const field =
      input.kind === "list" ? null : make("input", { class: "value", type: "text", "aria-label": `${input.title}, ${cell}`, spellcheck: "false", placeholder: input.optional ? "?" : null, inputmode: input.kind === "text" ? "text" : "decimal" });
    field?.addEventListener("change", () => {
      app.selecting.enter(number, row, column, field.value);
      this.update();
    });
    const back = make("button", { class: "quiet", type: "button", title: "Back to the first value", "aria-label": `${input.title}: back to the first value`, text: "↺" });
    back.addEventListener("click", () => app.book.set([[number, row, column, app.book.first.get(`${number},${row},${column}`)]]));
    const where = make("button", { class: "where", type: "button", text: cell, title: "Show the cell", onclick: () => app.selecting.go(number, row, column) });
    const judged = input.verdict ? make("p", { class: "verdict", role: "status" }) : null;
    this.updates.push(() => {
      made?.update();
      const value = app.book.get(number, row, column);
      if (judged) judge(judged, String(app.book.get(number, ...input.verdict) ?? ""));
      if (field && document.activeElement !== field) field.value = value === null ? "" : typeof value === "number" ? plain(value) : String(value);
      back.hidden = !app.book.edits.has(`${number},${row},${column}`);
    });
    const head = make("div", { class: "line" }, make("span", { class: "label", text: input.title }), where, back, ...(field ? [field] : []));
    const parts = [head];
    if (made) parts.push(made.element);
    if (input.words) parts.push(make("p", { class: "words", text: input.words }));
    if (judged) parts.push(judged);
    return make("div", { class: "input" }, ...parts);
  }

  update() {
    for (const update of this.updates) update();
  }
}
