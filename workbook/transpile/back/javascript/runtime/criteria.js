// Counts and sums of what meets a criterion.

import { Area, CellError, KIND_NUMBER, Ranges, area, broadcast, fail, got, kindAt, look, parsed, sure } from "./values.js";
import { kept } from "./cells.js";
import { compare, same } from "./operators.js";

/** The test whether a text matches a pattern with `*`, `?` and `~`, whatever the case. */
export function wildcard(pattern) {
  const parts = pattern.match(/~[*?~]|[*?]|[^*?~]+|~/g) || [];
  const form = parts.map((piece) => {
    if (piece === "*") return "[^]*";
    if (piece === "?") return "[^]";
    return (piece[0] === "~" && piece.length > 1 ? piece[1] : piece).replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  });
  const compiled = new RegExp(`^${form.join("")}$`, "i");
  return (value) => compiled.test(value);
}

/** The test whether a value is a number, a text that reads as one too. */
function sameNumber(wanted) {
  return (value) => {
    if (value === null || value instanceof CellError) return false;
    const found = typeof value === "string" ? got(() => parsed(value)) : value;
    return typeof found === "number" && typeof wanted === "number" ? same(found, wanted) : found === wanted;
  };
}

const ORDERS = { "<": (x) => x < 0, ">": (x) => x > 0, "<=": (x) => x <= 0, ">=": (x) => x >= 0 };

function textCriterion(operator, operand) {
  if (operand === "") {
    if (operator === "" || operator === "=") return (value) => value === null || (value === "" && !operator);
    return operator === "<>" ? (value) => value !== null : () => false;
  }
  if (operator in ORDERS) return (value) => typeof value === "string" && ORDERS[operator](compare(value, operand));
  const code = operand.toUpperCase();
  if (/^#(NULL!|DIV\/0!|VALUE!|REF!|NAME\?|NUM!|N\/A)$/.test(code)) {
    return (value) => (value instanceof CellError && value.code === code) === (operator !== "<>");
  }
  const matches = wildcard(operand);
  return (value) => (typeof value === "string" && matches(value)) === (operator !== "<>");
}

/** The test that a criterion of COUNTIF stands for: `5`, `">=5"`, `"a*"`, `"<>"`. */
export function criterion(wanted) {
  if (wanted === null || wanted === undefined) return sameNumber(0);
  if (wanted instanceof CellError) return (value) => value === wanted;
  if (typeof wanted === "boolean") return (value) => value === wanted;
  if (typeof wanted === "number") return sameNumber(wanted);
  const [, sign, operand] = /^(<=|>=|<>|=|<|>)?([^]*)$/.exec(wanted);
  const operator = sign || "";
  let value = got(() => parsed(operand));
  if (/^(true|false)$/i.test(operand)) value = operand.toUpperCase() === "TRUE";
  if (value instanceof CellError) return textCriterion(operator, operand);
  // Numbers are compared with numbers alone, conditions with conditions.
  if (operator in ORDERS) return (found) => typeof found === typeof value && ORDERS[operator](compare(found, value));
  const equals = sameNumber(value);
  return operator === "<>" ? (found) => !equals(found) : equals;
}

/** A range beside its criterion: whether the cell in row i and column j meets it. */
class Condition {
  constructor(range, wanted) {
    this.range = area(sure(range));
    this.wanted = wanted;
    this.isNumber = typeof wanted === "number";
    this.test = criterion(wanted);
  }

  /** A number beside a number is compared where it stands, which is what most criteria ask for. */
  isMetAt(i, j) {
    const { grid, start, down, across } = this.range;
    const at = start + i * down + j * across;
    if (!this.isNumber || kindAt(grid, at) !== KIND_NUMBER) return this.test(look(grid, at));
    return same(grid.V[at], this.wanted);
  }
}

/** Calls a function with each place, counted row by row, that meets all pairs of a range and a criterion. */
function matching(criteria, visit) {
  const conditions = [];
  for (let k = 0; k < criteria.length; k += 2) conditions.push(new Condition(criteria[k], criteria[k + 1]));
  const { height, width } = conditions[0].range;
  if (conditions.some(({ range }) => range.height !== height || range.width !== width)) fail("#VALUE!");
  const [first, ...others] = conditions;
  const places = first.isNumber ? kept(first.range, `= ${first.wanted}`, () => metBy(first)) : metBy(first);
  for (const k of places) {
    const i = Math.floor(k / width);
    const j = k - i * width;
    if (others.every((condition) => condition.isMetAt(i, j))) visit(i, j, k);
  }
}

/** The places, counted row by row, that meet a condition: many cells may ask for those of one number. */
function metBy(condition) {
  const { height, width } = condition.range;
  const found = [];
  for (let i = 0; i < height; i++) for (let j = 0; j < width; j++) if (condition.isMetAt(i, j)) found.push(i * width + j);
  return found;
}

/** The numbers of a range at the places that meet the criteria. */
function chosen(totals, criteria) {
  const range = area(sure(totals));
  const found = [];
  matching(criteria, (i, j, k) => {
    const value = sure(i < range.height && j < range.width ? range.at(i, j) : range.nth(k));
    if (typeof value === "number") found.push(value);
  });
  return found;
}

/** A range, which must have as many rows and columns as that of the first criterion. */
function asLarge(totals, criteria) {
  const [range, tested] = [area(sure(totals)), area(sure(criteria[0]))];
  return range.height === tested.height && range.width === tested.width ? totals : fail("#VALUE!");
}

const sum = (values) => values.reduce((a, b) => a + b, 0);
const mean = (values) => (values.length ? sum(values) / values.length : fail("#DIV/0!"));

const extreme = (values, pick) => (values.length ? values.reduce((a, b) => pick(a, b)) : 0);

/** The function of totals and criteria, for each of those that are arrays of ranges too. */
function spreadTotals(compute, totals, criteria) {
  if (!(totals instanceof Ranges)) return spread((each) => compute(totals, each), criteria);
  return spread((given) => compute(given[given.length - 1], given.slice(0, -1)), [...criteria, totals]);
}

/** The function for each of the criteria that are arrays, and of arrays of ranges, in all their rows and columns. */
function spread(compute, criteria) {
  const single = (values) =>
    compute(values.map((value, k) => (k % 2 && value instanceof Area ? value.at(0, 0) : value)));
  const isMany = (value, k) => value instanceof Ranges || (k % 2 === 1 && value instanceof Area && value.size > 1);
  const places = [...criteria.keys()].filter((k) => isMany(criteria[k], k));
  if (!places.length) return single(criteria);
  return broadcast(
    (...wanted) => single(criteria.map((value, k) => (places.includes(k) ? wanted[places.indexOf(k)] : value))),
    places.map((k) => criteria[k]),
  );
}

export function COUNTIFS(...criteria) {
  return spread((each) => {
    let total = 0;
    matching(each, () => total++);
    return total;
  }, criteria);
}

export function COUNTIF(values, wanted) {
  return COUNTIFS(values, wanted);
}

export function SUMIFS(totals, ...criteria) {
  return spreadTotals((range, each) => sum(chosen(asLarge(range, each), each)), totals, criteria);
}

export function SUMIF(values, wanted, totals = values) {
  return spreadTotals((range, each) => sum(chosen(range, each)), totals, [values, wanted]);
}

export function AVERAGEIFS(totals, ...criteria) {
  return spreadTotals((range, each) => mean(chosen(asLarge(range, each), each)), totals, criteria);
}

export function AVERAGEIF(values, wanted, totals = values) {
  return spreadTotals((range, each) => mean(chosen(range, each)), totals, [values, wanted]);
}

export function MINIFS(totals, ...criteria) {
  return spreadTotals((range, each) => extreme(chosen(asLarge(range, each), each), Math.min), totals, criteria);
}

export function MAXIFS(totals, ...criteria) {
  return spreadTotals((range, each) => extreme(chosen(asLarge(range, each), each), Math.max), totals, criteria);
}
