// The styles of cells: as rules of the style sheet for signs, as colours for the canvas below them.

import { INK, PAPER, mixed, nightly, readable } from "./palette.js";

const LIFT = 0.65;
// The kinds of lines in a file that are not solid, and those that are not a pixel wide.
const KINDS = {
  hair: "dotted", dotted: "dotted", dashed: "dashed", dashDot: "dashed", dashDotDot: "dashed", mediumDashed: "dashed",
  mediumDashDot: "dashed", mediumDashDotDot: "dashed", slantDashDot: "dashed", double: "double",
};
const WIDTHS = { medium: 2, mediumDashed: 2, mediumDashDot: 2, mediumDashDotDot: 2, slantDashDot: 2, thick: 3, double: 3 };
// Turned signs run up, down, or stand below each other.
const TURNED = {
  up: "writing-mode: vertical-rl; rotate: 180deg; justify-content: flex-start",
  down: "writing-mode: vertical-rl; justify-content: flex-end",
  stacked: "writing-mode: vertical-rl; text-orientation: upright; justify-content: flex-start",
};
const FAMILIES = { mono: "var(--mono)", serif: "var(--serif)" };
// How much smaller signs are that stand higher or lower.
const RAISED = 0.66;
const ALPHABET = "abcdefghijklmnopqrstuvwxyz";
// The widths of Calibri's letters, in ems, where a digit of 11 points has the 7 pixels by which columns are measured.
const CALIBRI = [{ weight: 400, digit: 0.477, alphabet: 11.16 }, { weight: 700, digit: 0.477, alphabet: 11.475 }];

export class StyleTable {
  constructor(entries) {
    this.entries = entries;
    this.sheet = document.styleSheets[0];
    this.own = [];
    [this.scale, this.boldScale] = scales();
    this.turn(false);
  }

  // In daylight or at night.
  turn(night) {
    this.night = night;
    this.tints = new Map();
    this.inks = new Map();
    this.curves = new Map();
    this.runSets = new Map();
    for (const index of this.own.reverse()) this.sheet.deleteRule(index);
    this.own = [];
    this.paper = this.tint(PAPER);
    this.fills = this.entries.map((entry) => (entry.fill ? `#${this.tint(entry.fill)}` : null));
    this.sides = this.entries.map((entry) => entry.sides?.map((side) => side && this.lineOf(...side)) ?? null);
    this.entries.forEach((entry, number) => {
      const index = this.sheet.cssRules.length;
      this.sheet.insertRule(`.k${number} { ${this.css(entry)} }`, index);
      this.own.push(index);
    });
  }

  tint = (hex) => {
    if (!this.night) return hex;
    if (!this.tints.has(hex)) this.tints.set(hex, nightly(hex));
    return this.tints.get(hex);
  };

  // A line at the edge of a cell: its kind, how many pixels wide it is, its colour.
  lineOf(kind, hex) {
    return { kind: KINDS[kind] ?? "solid", width: WIDTHS[kind] ?? 1, colour: `#${this.tint(hex)}` };
  }

  // The colour of a style's signs on a ground, which a colour scale may give.
  ink(entry, ground) {
    const key = `${entry.ink ?? ""} ${ground}`;
    if (!this.inks.has(key)) {
      const ink = entry.ink || INK;
      this.inks.set(key, readable(this.night ? nightly(ink, LIFT) : ink, ground));
    }
    return this.inks.get(key);
  }

  // The colour of a chart's curve, and that of its ghost.
  curve(hex, ghost) {
    const key = `${hex} ${ghost}`;
    if (!this.curves.has(key)) {
      const ink = readable(this.night ? mixed(hex, "FFFFFF", 0.25) : hex, this.paper);
      this.curves.set(key, `#${ghost ? mixed(ink, this.paper, 0.62) : this.night ? ink : hex}`);
    }
    return this.curves.get(key);
  }

  // The runs of a text on a ground: their signs, and what a browser sets them by. Those that are not set for themselves
  // look as their cell does.
  runs(runs, entry, ground) {
    const key = `${ground} ${entry.size ?? ""}`;
    if (!this.runSets.has(runs)) this.runSets.set(runs, new Map());
    const known = this.runSets.get(runs);
    if (!known.has(key)) known.set(key, runs.map((run) => ({ text: run.text, css: run.own ? this.runCss(run, ground) : {} })));
    return known.get(key);
  }

  runCss(run, ground) {
    const size = ((run.size || 11) * 4) / 3 * this.scaleOf(run) * (run.raised ? RAISED : 1);
    return {
      color: `#${this.ink(run, ground)}`,
      fontSize: `${size.toFixed(2)}px`,
      fontWeight: run.bold ? "700" : "400",
      fontStyle: run.italic ? "italic" : "normal",
      textDecoration: decorationOf(run, run.underline === "double") || "none",
      fontFamily: FAMILIES[run.family] ?? "var(--cells)",
      verticalAlign: run.raised || "baseline",
    };
  }

  scaleOf(entry) {
    return entry.mono || entry.family ? 1 : entry.bold ? this.boldScale : this.scale;
  }

  css(entry) {
    const ground = this.tint(entry.fill || PAPER);
    const rules = [`color: #${this.ink(entry, ground)}`];
    const size = (((entry.size || 11) * 4) / 3) * (entry.raised ? RAISED : 1);
    rules.push(`font-size: ${(size * this.scaleOf(entry)).toFixed(2)}px`);
    if (entry.bold) rules.push("font-weight: 700");
    if (entry.italic) rules.push("font-style: italic");
    const decoration = decorationOf(entry, entry.double);
    if (decoration) rules.push(`text-decoration: ${decoration}`);
    if (entry.family) rules.push(`font-family: ${FAMILIES[entry.family]}`);
    if (entry.mono) rules.push("font-family: var(--mono)");
    if (entry.indent) rules.push(`padding-${entry.align === "right" ? "right" : "left"}: ${3 + 9 * entry.indent}px`);
    if (entry.wrap) rules.push("white-space: pre-wrap; overflow-wrap: break-word; line-height: 1.2");
    if (entry.spread) rules.push("text-align: justify");
    if (entry.slant) rules.push("overflow: visible; contain: layout style");
    if (entry.vertical) rules.push(`align-content: ${entry.vertical === "top" ? "start" : "center"}`);
    if (entry.upright) rules.push(`display: flex; align-items: center; ${TURNED[entry.upright]}`);
    return rules.join("; ");
  }
}

function decorationOf({ underline, strike }, double) {
  return `${[underline && "underline", strike && "line-through"].filter(Boolean).join(" ")}${double ? " double" : ""}`;
}

// What makes digits and letters no wider than the columns are measured for, whatever the font: usual ones, and bold ones.
function scales() {
  const context = document.createElement("canvas").getContext("2d");
  const family = getComputedStyle(document.body).getPropertyValue("--cells") || "sans-serif";
  return CALIBRI.map(({ weight, digit, alphabet }) => {
    context.font = `${weight} 100px ${family}`;
    const ratio = (text, ems) => (100 * ems) / context.measureText(text).width;
    return Math.min(1, ratio("0", digit), ratio(ALPHABET, alphabet));
  });
}
