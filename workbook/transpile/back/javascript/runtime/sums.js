// Sums, counts, means and extremes of ranges.

import { Area, CellError, KIND_ERROR, KIND_NUMBER, area, each, error, fail, finite, flat, kindAt, look, num, numbers, pairs, sure } from "./values.js";

export function SUM(...values) {
  let total = 0;
  for (const value of values) {
    if (!(value instanceof Area)) total += num(value);
    else if (value.across === 1) total += sumOf(value.grid, value.start, value.height, value.width, value.down);
    else each([value], (single) => (total += single));
  }
  return total;
}

/** The sum of the numbers in cells of a grid, whose rows are `down` apart: SUM of a range, without an array for it. */
export function sumOf(grid, start, height, width, down) {
  let total = 0;
  for (let i = 0; i < height; i++) {
    const from = start + i * down;
    for (let at = from; at < from + width; at++) {
      if (grid.T[at] === KIND_NUMBER || kindAt(grid, at) === KIND_NUMBER) total += grid.V[at];
      else if (grid.T[at] === KIND_ERROR) throw grid.X.get(at);
    }
  }
  return total;
}

export function SUMSQ(...values) {
  let total = 0;
  each(values, (value) => {
    total += value * value;
  });
  return total;
}

/** The sum of the squares of the numbers in cells of a grid, whose rows are `down` apart: SUMSQ of a range. */
export function squaresOf(grid, start, height, width, down) {
  let total = 0;
  for (let i = 0; i < height; i++) {
    const from = start + i * down;
    for (let at = from; at < from + width; at++) {
      if (grid.T[at] === KIND_NUMBER || kindAt(grid, at) === KIND_NUMBER) total += grid.V[at] * grid.V[at];
      else if (grid.T[at] === KIND_ERROR) throw grid.X.get(at);
    }
  }
  return total;
}

export function PRODUCT(...values) {
  const found = numbers(values);
  return found.length ? found.reduce((a, b) => a * b) : 0;
}

export function COUNT(...values) {
  let total = 0;
  for (const value of values) {
    if (value instanceof Area) total += numbersIn(value);
    else if (!(value instanceof CellError)) total += readsAsNumber(value) ? 1 : 0;
  }
  return total;
}

/** How many cells of an area hold numbers; a value that nobody knows ends the formula. */
function numbersIn({ grid, start, height, width, down, across }) {
  let total = 0;
  for (let i = 0; i < height; i++) {
    for (let j = 0, at = start + i * down; j < width; j++, at += across) {
      const kind = kindAt(grid, at);
      if (kind === KIND_NUMBER) total++;
      else if (kind === KIND_ERROR) look(grid, at);
    }
  }
  return total;
}

function readsAsNumber(value) {
  try {
    num(value);
  } catch (problem) {
    if (problem instanceof CellError) return false;
    throw problem;
  }
  return true;
}

export function COUNTA(...values) {
  return flat(values).filter((value) => value !== null && value !== undefined).length;
}

export function COUNTBLANK(...values) {
  return flat(values).filter((value) => value === null || value === undefined || value === "").length;
}

export function AVERAGE(...values) {
  let total = 0;
  let count = 0;
  each(values, (value) => {
    total += value;
    count++;
  });
  return count ? total / count : fail("#DIV/0!");
}

export function MAX(...values) {
  let best = -Infinity;
  each(values, (value) => {
    if (value > best) best = value;
  });
  return best === -Infinity ? 0 : best;
}

export function MIN(...values) {
  let best = Infinity;
  each(values, (value) => {
    if (value < best) best = value;
  });
  return best === Infinity ? 0 : best;
}

/** The number in a cell, NaN where there is none: what MAX and MIN of single cells are given. */
export function M(grid, at) {
  if (grid.T[at] === KIND_NUMBER) return grid.V[at];
  const kind = kindAt(grid, at);
  if (kind === KIND_ERROR) throw grid.X.get(at);
  return kind === KIND_NUMBER ? grid.V[at] : NaN;
}

/** The larger of two numbers, either of which may be missing (NaN). */
export function larger(a, b) {
  return a >= b ? a : b === b ? b : a;
}

export function smaller(a, b) {
  return a <= b ? a : b === b ? b : a;
}

/** A number, 0 where it is missing. */
export function orZero(a) {
  return a === a ? a : 0;
}

/** The numbers of ranges where text counts as 0 and TRUE as 1. */
export function numbersAndWords(values) {
  const found = [];
  for (const value of values) {
    if (!(value instanceof Area)) found.push(num(value));
    else {
      for (const single of flat([value])) {
        if (single === null) continue;
        found.push(typeof single === "string" ? 0 : num(single));
      }
    }
  }
  return found;
}

export function AVERAGEA(...values) {
  const found = numbersAndWords(values);
  return found.length ? SUM(...found) / found.length : fail("#DIV/0!");
}

export function MINA(...values) {
  const found = numbersAndWords(values);
  return found.length ? Math.min(...found) : 0;
}

export function MAXA(...values) {
  const found = numbersAndWords(values);
  return found.length ? Math.max(...found) : 0;
}

/** The sum of the products of the numbers in two rectangles of grids: SUMPRODUCT of two ranges, without arrays for them. */
export function productsOf(a, from, aDown, aAcross, b, to, bDown, bAcross, height, width) {
  const { V, T } = a;
  const { V: W, T: U } = b;
  let total = 0;
  for (let i = 0; i < height; i++) {
    let at = from + i * aDown;
    let other = to + i * bDown;
    for (let j = 0; j < width; j++, at += aAcross, other += bAcross) {
      if (T[at] === KIND_NUMBER && U[other] === KIND_NUMBER) total += V[at] * W[other];
      else if (areNumbers(a, at, b, other)) total += V[at] * W[other];
    }
  }
  return total;
}

/** So many ranges of one kind meet so many of the other at a time: more sums than these, a processor has no room for. */
const PAIR = 2;
const TOGETHER = 4;

/**
 * The sums of the products of one range with each of some others, `step` apart: a row of a matrix product. Eight sums
 * grow side by side, those of two rows, each in the order in which one alone would; where a cell holds no number there
 * are none. All regions share one, of rows of up to `most` cells: its arrays stay in the processor's caches.
 */
export class Products {
  constructor(most) {
    /** The sums of a row, and from `places` on those of the next. */
    this.totals = new Float64Array(PAIR * TOGETHER * Math.ceil(most / TOGETHER));
    this.others = this.rows = new Float64Array(0);
    /** Where in `others` the numbers begin that two of `rows` meet. */
    this.where = new Int32Array(0);
    this.height = this.width = this.places = 0;
    this.areNumbers = false;
    /** Where the row begins whose sums are there already. */
    this.ahead = -1;
  }

  /** Takes the other ranges, of one height and width, as they are now: so many, from the first on. */
  take(height, width, grid, start, down, across, step, count) {
    const size = height * width;
    this.height = height;
    this.width = width;
    this.ahead = -1;
    this.places = Math.ceil(count / TOGETHER) * TOGETHER;
    if (this.others.length < size * this.places) this.others = new Float64Array(size * this.places);
    if (this.where.length < size) {
      this.rows = new Float64Array(PAIR * size);
      this.where = new Int32Array(size);
    }
    this.areNumbers = true;
    for (let k = 0; k < count && this.areNumbers; k += TOGETHER) {
      this.areNumbers = this.four(grid, start + k * step, down, across, step, count - k, k * size);
    }
    return true;
  }

  /** Copies the numbers of four ranges, or of the `left` that are, to `place` and on; whether all cells hold numbers. */
  four({ V, T }, start, down, across, step, left, place) {
    const { height, width, others } = this;
    const second = left > 1 ? step : 0;
    const third = left > 2 ? 2 * step : 0;
    const fourth = left > 3 ? 3 * step : 0;
    for (let i = 0; i < height; i++) {
      let at = start + i * down;
      for (let j = 0; j < width; j++, at += across, place += TOGETHER) {
        const kinds = T[at] === KIND_NUMBER && T[at + second] === KIND_NUMBER && T[at + third] === KIND_NUMBER;
        if (!kinds || T[at + fourth] !== KIND_NUMBER) return false;
        others[place] = V[at];
        others[place + 1] = V[at + second];
        others[place + 2] = V[at + third];
        others[place + 3] = V[at + fourth];
      }
    }
    return true;
  }

  /** Where in `totals` the sums for one range begin, the next of which lies `further` on; -1 where there are none. */
  row(grid, start, down, across, further) {
    if (start === this.ahead) {
      this.ahead = -1;
      return this.places;
    }
    if (!this.areNumbers) return -1;
    let found = this.pair(grid, start, down, across, further);
    this.ahead = found < 0 || !further ? -1 : start + further;
    if (found < 0 && further) found = this.pair(grid, start, down, across, 0);
    if (found < 0) return -1;
    this.meet(found);
    return 0;
  }

  /**
   * Copies the numbers of two ranges, but where both are 0, which adds nothing; of how many pairs, -1 where some cell
   * holds no number.
   */
  pair({ V, T }, start, down, across, further) {
    const { height, width, rows, where } = this;
    let count = 0;
    let met = 0;
    for (let i = 0; i < height; i++) {
      let at = start + i * down;
      for (let j = 0; j < width; j++, at += across, met += TOGETHER) {
        if (T[at] !== KIND_NUMBER || T[at + further] !== KIND_NUMBER) return -1;
        const one = V[at];
        const two = V[at + further];
        if (one === 0 && two === 0) continue;
        rows[PAIR * count] = one;
        rows[PAIR * count + 1] = two;
        where[count++] = met;
      }
    }
    return count;
  }

  /** So many pairs of numbers of two rows with all others; of a single row the second sums are nobody's. */
  meet(count) {
    const { rows, where, others, totals, places } = this;
    const size = this.height * this.width;
    for (let k = 0; k < places; k += TOGETHER) {
      let p = 0;
      let q = 0;
      let r = 0;
      let s = 0;
      let t = 0;
      let u = 0;
      let v = 0;
      let w = 0;
      for (let n = 0, first = k * size; n < count; n++) {
        const at = first + where[n];
        const one = rows[PAIR * n];
        const two = rows[PAIR * n + 1];
        const a = others[at];
        const b = others[at + 1];
        const c = others[at + 2];
        const d = others[at + 3];
        p += one * a;
        q += one * b;
        r += one * c;
        s += one * d;
        t += two * a;
        u += two * b;
        v += two * c;
        w += two * d;
      }
      totals[k] = p;
      totals[k + 1] = q;
      totals[k + 2] = r;
      totals[k + 3] = s;
      totals[places + k] = t;
      totals[places + k + 1] = u;
      totals[places + k + 2] = v;
      totals[places + k + 3] = w;
    }
  }
}

/** Whether both cells hold numbers; an error in either ends the formula. */
function areNumbers(a, at, b, other) {
  const kinds = [kindAt(a, at), kindAt(b, other)];
  if (kinds[0] === KIND_ERROR) throw a.X.get(at);
  if (kinds[1] === KIND_ERROR) throw b.X.get(other);
  return kinds[0] === KIND_NUMBER && kinds[1] === KIND_NUMBER;
}

function productSum(a, b) {
  if (a.height !== b.height || a.width !== b.width) fail("#VALUE!");
  return productsOf(a.grid, a.start, a.down, a.across, b.grid, b.start, b.down, b.across, a.height, a.width);
}

export function SUMPRODUCT(...values) {
  const ranges = values.map(area);
  if (ranges.length === 2) return productSum(ranges[0], ranges[1]);
  const [{ height, width }] = ranges;
  if (ranges.some((range) => range.height !== height || range.width !== width)) fail("#VALUE!");
  let total = 0;
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      let product = 1;
      for (const range of ranges) {
        const value = sure(range.at(i, j));
        product *= typeof value === "number" ? value : 0;
      }
      total += product;
    }
  }
  return total;
}

/** The sum of the products of a row and a column, all of whose cells must hold numbers. */
export function dot(a, from, across, b, to, down, count) {
  const { V, T } = a;
  const { V: W, T: U } = b;
  let total = 0;
  let at = from;
  let other = to;
  for (let k = 0; k < count; k++, at += across, other += down) {
    if (T[at] !== KIND_NUMBER) mustBeNumber(a, at);
    if (U[other] !== KIND_NUMBER) mustBeNumber(b, other);
    total += V[at] * W[other];
  }
  return total;
}

function mustBeNumber(grid, at) {
  const kind = kindAt(grid, at);
  if (kind === KIND_ERROR) throw grid.X.get(at);
  if (kind !== KIND_NUMBER) throw error("#VALUE!");
}

export function SUMXMY2(xs, ys) {
  return pairs(xs, ys).reduce((total, [x, y]) => total + (x - y) ** 2, 0);
}

export function SUMX2MY2(xs, ys) {
  return pairs(xs, ys).reduce((total, [x, y]) => total + x * x - y * y, 0);
}

export function SUMX2PY2(xs, ys) {
  return pairs(xs, ys).reduce((total, [x, y]) => total + x * x + y * y, 0);
}

export function PERCENTOF(part, everything) {
  const whole = SUM(everything);
  return whole === 0 ? fail("#DIV/0!") : finite(SUM(part) / whole);
}
