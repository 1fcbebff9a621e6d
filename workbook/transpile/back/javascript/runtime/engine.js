// A workbook that recalculates: cells that are set, what depends on them computed in order until nothing changes.

import { P, forget, changes, hit, rehearse, unhit, Waiting } from "./cells.js";
import { inTurn, iterate } from "./circles.js";
import { inward, outward, pack, sheetsOf, unpack } from "./exchange.js";
import { addressOf, textOf } from "./formulas.js";
import { Wanted, across, down, reads, rectangle } from "./marking.js";
import { tabulated } from "./tables.js";
import { ASKED, WAITS, calendar, error, peek, put } from "./values.js";

const MOST_TURNS = 10;
/** Everything is practised so often at least and at most; between them, until so many milliseconds are spent. */
const PRACTICE = [8, 60];
const SPENT = 1500;

/**
 * The engine of a workbook; `write` gives the function of each region, over the grids. A cell is computed, after all that
 * it reads, when it is first asked for. One that `follows` computes nothing after an edit: another, in a thread of its
 * own, does, and tells it by `packed` and `take` what the cells hold.
 */
export function start(data, write, follows) {
  calendar.shift = data.from1904 ? 1462 : 0;
  const grids = sheetsOf(data);
  const run = write(grids);
  const regions = data.regions.map(([sheet, row, column, height, width], k) => ({
    sheet, row, column, height, width, reads: data.reads[k], feeds: null, readers: null,
  }));
  const owners = grids.map((grid) => new Int32Array(grid.V.length).fill(-1));
  regions.forEach((region, k) => {
    for (let i = 0; i < region.height; i++) {
      const at = (region.row + i) * grids[region.sheet].width + region.column;
      owners[region.sheet].fill(k, at, at + region.width);
    }
  });
  const groupOf = new Int32Array(regions.length);
  data.groups.forEach((group, g) => group.forEach((k) => (groupOf[k] = g)));
  const isKnot = data.groups.map((group) => group.length > 1 || data.loops.includes(group[0]));
  /** Of each group the region that it is, -1 of a knot: what lies in one array is found at once after a rest too. */
  const alone = Int32Array.from(data.groups, (group, g) => (isKnot[g] ? -1 : group[0]));
  const corners = Int32Array.from(data.regions.flatMap(([sheet, row, column]) => [sheet, row, column]));
  const bySheet = grids.map(() => []);
  regions.forEach((region, k) => region.reads.forEach((ref) => bySheet[ref[0]].push([k, ref])));
  changes.boxes = new Int32Array(4 * regions.length);
  const first = new Map();
  let deep = 0;
  /** How many of the groups were computed yet. */
  let reached = 0;
  /** How many of the groups were computed again. */
  let practised = 0;
  /** How many milliseconds that took. */
  let spent = 0;
  /** Whether a cell was asked for while it was computed; the groups in which that happened; whether these are computed. */
  let wentRound = false;
  const circles = new Set();
  let iterating = false;

  /** Computes a cell that waits. */
  function settle(sheet, at) {
    const grid = grids[sheet];
    if (iterating) {
      // It still holds what it was the round before.
      grid.T[at] &= WAITS - 1;
      return;
    }
    if (grid.T[at] & ASKED) throw circle();
    if (deep > 200) throw new Waiting(sheet, at);
    deep++;
    try {
      compute(sheet, at);
    } finally {
      deep--;
    }
  }

  function circle() {
    wentRound = true;
    return error("#CIRCLE!");
  }

  function compute(sheet, at) {
    const k = owners[sheet][at];
    const region = regions[k];
    const i = Math.floor(at / grids[sheet].width) - region.row;
    const j = (at % grids[sheet].width) - region.column;
    run[k](i, i + 1, j, j + 1);
    if (heard !== null) heard(k, i, 1);
  }

  for (const table of data.tables ?? []) run[table.region] = () => runTable(table);

  grids.forEach((grid, sheet) => (grid.settle = (at) => settle(sheet, at)));

  /** Does what may end with a cell that waits too deep: that one is computed, and it is begun again. */
  function persist(work) {
    for (;;) {
      const waiting = attempt(work);
      if (waiting === null) return;
      const path = [waiting];
      while (path.length) {
        const { grid, at } = path[path.length - 1];
        const next = attempt(() => (grids[grid].T[at] >= WAITS ? compute(grid, at) : null));
        if (next === null) path.pop();
        else if (path.some((cell) => cell.grid === next.grid && cell.at === next.at)) {
          put(grids[next.grid], next.at, circle());
        } else path.push(next);
      }
    }
  }

  function attempt(work) {
    deep = 0;
    try {
      work();
    } catch (problem) {
      if (problem instanceof Waiting) return problem;
      throw problem;
    }
    return null;
  }

  const orders = new Map();
  /** Hears which cells are computed, while the order of a knot is learnt. */
  let heard = null;

  /** The rows of regions that read each other, from the first row of the sheet to the last: region and row, in turn. */
  function byRows(group) {
    const rows = group.flatMap((k) => Array.from({ length: regions[k].height }, (_, i) => [regions[k].row + i, k, i]));
    // Regions of one row stay in their order.
    rows.sort(([row], [other]) => row - other);
    return rows.flatMap(([, k, i]) => [k, i]);
  }

  /** Computes regions that read each other, or themselves: row by row, and each cell when another asks for it. */
  function runKnot(group) {
    if (!data.iterations) return runInTurn(group);
    const cells = inTurn(regions, group);
    const before = cells.map(([sheet, row, column]) => peek(grids[sheet], row * grids[sheet].width + column));
    const counted = changes.cells;
    wentRound = false;
    runInTurn(group);
    if (!wentRound) return;
    circles.add(group);
    runRound(cells);
    // What changed from round to round is not told, only what is another value now.
    changes.cells = counted;
    group.forEach(unhit);
    cells.forEach(([sheet, row, column, k, i, j], n) => {
      if (peek(grids[sheet], row * grids[sheet].width + column) !== before[n]) hit(k, i, j);
    });
  }

  /** Computes cells that go round in a circle, from 0 on, so that the same edits give the same numbers. */
  function runRound(cells) {
    for (const [sheet, row, column] of cells) put(grids[sheet], row * grids[sheet].width + column, 0);
    iterating = true;
    try {
      iterate(cells, grids, run, data.iterations);
    } finally {
      iterating = false;
    }
  }

  function runInTurn(group) {
    for (const k of group) {
      const { sheet, row, column, height, width } = regions[k];
      const { T, width: wide } = grids[sheet];
      for (let i = 0; i < height; i++) {
        const at = (row + i) * wide + column;
        for (let j = 0; j < width; j++) T[at + j] |= WAITS;
      }
    }
    const rows = orders.get(group);
    if (rows === undefined) learn(group);
    else for (let n = 0; n < rows.length; n += 2) runRow(rows[n], rows[n + 1]);
  }

  function runRow(k, i) {
    try {
      run[k](i, i + 1, 0, regions[k].width);
    } catch (problem) {
      if (!(problem instanceof Waiting)) throw problem;
      persist(() => run[k](i, i + 1, 0, regions[k].width));
    }
  }

  /** Computes a knot, and notes in which order its rows were done: in that order none waits for another. */
  function learn(group) {
    const order = [];
    const waiting = new Map(group.map((k) => [k, new Int32Array(regions[k].height).fill(regions[k].width)]));
    heard = (k, i, cells) => {
      const left = waiting.get(k);
      if (left[i] > 0 && (left[i] -= cells) <= 0) order.push(k, i);
    };
    const rows = byRows(group);
    for (let n = 0; n < rows.length; n += 2) {
      runRow(rows[n], rows[n + 1]);
      heard(rows[n], rows[n + 1], regions[rows[n]].width);
    }
    heard = null;
    orders.set(group, Int32Array.from(order));
  }

  /** The references by which other regions read cells of region k. */
  function feedsOf(k) {
    const region = regions[k];
    if (region.feeds === null) {
      region.feeds = bySheet[region.sheet].filter(([reader, ref]) => {
        if (groupOf[reader] === groupOf[k]) return false;
        const { row, column, height, width } = region;
        return reads(regions[reader], ref, row, column, row + height - 1, column + width - 1);
      });
    }
    return region.feeds;
  }

  const wanted = new Wanted(regions);
  const isWanted = (k) => wanted.has(k);

  /**
   * Marks what reads some rows and columns of region k, which changed. Where they are half of the region, all of it counts
   * as changed: what reads all of it is known from the first time on.
   */
  function markReaders(k, top, left, bottom, right) {
    const { row, column, height, width } = regions[k];
    const feeds = feedsOf(k);
    if (2 * (bottom - top + 1) * (right - left + 1) < height * width) {
      return wanted.addReaders(feeds, row + top, column + left, row + bottom, column + right);
    }
    regions[k].readers ??= wanted.readers(feeds, row, column, row + height - 1, column + width - 1);
    wanted.addAll(regions[k].readers);
  }

  /** Computes what is marked, and what depends on cells that change; functions that the workbook names may read ahead. */
  function pass(ranges) {
    for (let turn = 0; turn < MOST_TURNS && (turn === 0 || wanted.size); turn++) inOneTurn(ranges);
    wanted.clear();
    return { cells: changes.cells, ranges: new Int32Array(ranges) };
  }

  /** Computes what is marked group by group, each after all that its references read. */
  function inOneTurn(ranges) {
    forget();
    for (let g = 0; g < alone.length && wanted.size; g++) {
      const k = alone[g];
      if (k >= 0) {
        if (!wanted.has(k)) continue;
        unhit(k);
        const counted = changes.cells;
        const { boxes } = wanted;
        run[k](boxes[4 * k], boxes[4 * k + 1] + 1, boxes[4 * k + 2], boxes[4 * k + 3] + 1);
        spread(k, counted, ranges);
      } else if (data.groups[g].some(isWanted)) {
        const group = data.groups[g];
        group.forEach(unhit);
        const counted = changes.cells;
        runKnot(group);
        for (const each of group) spread(each, counted, ranges);
      }
    }
  }

  /** Notes which cells of a region have changed, `counted` having been before it was computed, and marks what reads them. */
  function spread(k, counted, ranges) {
    const [at, box] = [3 * k, 4 * k];
    const { boxes } = changes;
    // What nobody sees is not counted.
    if (corners[at] === data.aside) changes.cells = counted;
    wanted.delete(k);
    if (boxes[box + 2] < 0) return;
    const top = boxes[box];
    const left = boxes[box + 1];
    const bottom = boxes[box + 2];
    const right = boxes[box + 3];
    const row = corners[at + 1];
    const column = corners[at + 2];
    ranges.push(corners[at], row + top, column + left, row + bottom, column + right);
    markReaders(k, top, left, bottom, right);
  }

  /** Computes all groups up to one for the first time: each stands after all that it reads. */
  function reach(last) {
    if (reached > last) return;
    forget();
    for (; reached <= last; reached++) runWhole(reached);
  }

  /** Computes a what-if table; what lies between its inputs and its formulas is in the end as it was. */
  function runTable({ region: k, cone, ...table }) {
    const { sheet, row, column, height, width } = regions[k];
    const [boxes, counted] = [changes.boxes.slice(), changes.cells];
    const found = tabulated(table, grids, height, width, () => {
      forget();
      cone.forEach(runWhole);
    });
    changes.boxes.set(boxes);
    changes.cells = counted;
    const { width: wide } = grids[sheet];
    found.forEach((value, at) => {
      const [i, j] = [Math.floor(at / width), at % width];
      P(k, grids[sheet], (row + i) * wide + column + j, i, j, value);
    });
  }

  function runWhole(g) {
    const group = data.groups[g];
    if (isKnot[g]) runKnot(group);
    else run[group[0]](0, regions[group[0]].height, 0, regions[group[0]].width);
  }

  /** Computes what is left of the first computation for some milliseconds; tells whether it is done. */
  function advance(milliseconds) {
    const until = Date.now() + milliseconds;
    while (reached < data.groups.length && Date.now() < until) reach(reached);
    return reached === data.groups.length;
  }

  /**
   * Computes again what is there for some milliseconds, some times and for `most` milliseconds in all, so that the
   * browser has compiled the formulas before the first edit; tells whether it is done. What depends on chance or on the
   * clock is never computed unasked.
   */
  function practise(milliseconds, most = SPENT) {
    if (data.volatile.length || data.ahead || !data.groups.length || reached < data.groups.length) return true;
    const began = Date.now();
    let took = 0;
    while (!isPractised(spent + took, most)) {
      const g = practised++ % data.groups.length;
      if (g === 0) {
        forget();
        rehearse();
      }
      exercise(g);
      took = Date.now() - began;
      if (took >= milliseconds) break;
    }
    spent += took;
    return isPractised(spent, most);
  }

  function isPractised(milliseconds, most) {
    const rounds = practised / data.groups.length;
    return rounds >= PRACTICE[1] || (rounds >= PRACTICE[0] && milliseconds >= most);
  }

  /** Computes a group as after an edit: every other time all its numbers change, and what reads them is marked. */
  function exercise(g) {
    for (const k of data.groups[g]) {
      const { sheet, row, column, height, width } = regions[k];
      const { V, width: wide } = grids[sheet];
      if (Math.floor(practised / data.groups.length) % 2) {
        for (let i = row; i < row + height; i++) V.fill(NaN, i * wide + column, i * wide + column + width);
      }
      markReaders(k, 0, 0, height - 1, width - 1);
    }
    wanted.clear();
    runWhole(g);
  }

  function place(sheet, row, column) {
    const grid = grids[sheet];
    if (!grid || row < 0 || column < 0 || column >= grid.width || row >= data.sheets[sheet].rows) return -1;
    return row * grid.width + column;
  }

  function regionAt(sheet, row, column) {
    const at = place(sheet, row, column);
    return at < 0 || owners[sheet][at] < 0 ? null : regions[owners[sheet][at]];
  }

  /** The rectangles that a cell's formula reads. */
  function precedents(sheet, row, column) {
    const region = regionAt(sheet, row, column);
    if (region === null) return [];
    return region.reads.map((ref) => [ref[0], ...rectangle(ref, row - region.row, column - region.column)]);
  }

  /** The rectangles of cells whose formulas read a cell. */
  function dependents(sheet, row, column) {
    const found = [];
    for (const [k, ref] of bySheet[sheet] || []) {
      if (regions[k].sheet === data.aside || !reads(regions[k], ref, row, column, row, column)) continue;
      const { sheet: other, row: top, column: left } = regions[k];
      found.push([other, top + down[0], left + across[0], top + down[1], left + across[1]]);
    }
    return found;
  }

  function get(sheet, row, column) {
    const at = place(sheet, row, column);
    if (at < 0) return null;
    const k = owners[sheet][at];
    if (k >= 0) reach(groupOf[k]);
    return outward(peek(grids[sheet], at));
  }

  /** Puts values into cells, [sheet, row, column, value] each, and computes what depends on them. */
  function set(edits) {
    reach(data.groups.length - 1);
    const ranges = enter(edits);
    markVolatile();
    markUntraced();
    return pass(ranges);
  }

  /** Puts values into cells, and marks what reads them; gives the rectangles of the cells that changed. */
  function enter(edits) {
    const ranges = [];
    changes.cells = 0;
    for (const [sheet, row, column, value] of edits) {
      const at = place(sheet, row, column);
      if (at < 0) throw new RangeError(`there is no cell in row ${row}, column ${column} of sheet ${sheet}`);
      if (owners[sheet][at] >= 0) throw new RangeError(`${addressOf(row, column)} holds a formula`);
      const key = `${sheet} ${at}`;
      if (!first.has(key)) first.set(key, [sheet, row, column, peek(grids[sheet], at)]);
      const entered = inward(value);
      if (typeof entered === "number" && !Number.isFinite(entered)) throw new RangeError("a cell holds no such number");
      if (!put(grids[sheet], at, entered)) continue;
      changes.cells++;
      ranges.push(sheet, row, column, row, column);
      if (!follows) wanted.addReaders(bySheet[sheet], row, column, row, column);
    }
    return ranges;
  }

  /** The regions in which cells go round in a circle. */
  function inCircles() {
    return [...circles].flat();
  }

  /** The values of rectangles, [sheet, top, left, bottom, right] after each other, as arrays that a thread hands on. */
  function packed(ranges) {
    reach(data.groups.length - 1);
    return pack(grids, ranges);
  }

  /** Takes over what another engine's cells hold, first of all: rows of numbers whole, texts and errors one by one. */
  function take(found) {
    reached = data.groups.length;
    unpack(grids, found);
  }

  /** The rectangles of all cells that are computed. */
  function computed() {
    return Int32Array.from(regions.flatMap(({ sheet, row, column, height, width }) => [
      sheet, row, column, row + height - 1, column + width - 1,
    ]));
  }

  /** Computes every cell: when one of them is asked for, or at once where functions that the workbook names may read ahead. */
  function begin() {
    follows = false;
    reached = data.ahead ? data.groups.length : 0;
    if (!data.ahead) return;
    regions.forEach((_, k) => wanted.addWhole(k));
    pass([]);
  }

  function markVolatile() {
    for (const k of data.volatile) wanted.addWhole(k);
  }

  /** Marks the cells of which nobody knows what they read. */
  function markUntraced() {
    if (!data.untraced?.length) return;
    changes.edited = [...first.values()].some(([sheet, row, column, value]) => peek(grids[sheet], place(sheet, row, column)) !== value);
    for (const k of data.untraced) wanted.addWhole(k);
  }

  /** Puts every cell that was set back as it was. */
  function reset() {
    const edits = [...first.values()].map(([sheet, row, column, value]) => [sheet, row, column, outward(value)]);
    const done = set(edits);
    first.clear();
    return done;
  }

  function formula(sheet, row, column) {
    return textAt(sheet, row, column, null);
  }

  /** A cell's formula with the values of the single cells that it reads put in their places. */
  function explain(sheet, row, column) {
    return textAt(sheet, row, column, get);
  }

  function textAt(sheet, row, column, valueOf) {
    const region = regionAt(sheet, row, column);
    if (region === null) return null;
    const k = regions.indexOf(region);
    return textOf(data.formulas[k], row - region.row, column - region.column, valueOf);
  }

  if (!follows || data.ahead) begin();
  return {
    sheets: data.sheets.map(({ title, rows, columns }) => ({ title, rows, columns })),
    get, set, enter, reset, formula, explain, precedents, dependents, begin, advance, practise, computed, packed, take, inCircles,
    isFormula: (sheet, row, column) => regionAt(sheet, row, column) !== null,
  };
}
