// Which cells read which: references that move with their cells, and the cells that wait for others to have changed.

/** Where a row or column of a reference is, for a cell in row i and column j of its region. */
function moved(ref, at, i, j) {
  return ref[at] + ref[at + 1] * i + ref[at + 2] * j;
}

/** The rectangle that a reference reads in a cell: top, left, bottom, right. */
export function rectangle(ref, i, j) {
  return [moved(ref, 1, i, j), moved(ref, 4, i, j), moved(ref, 7, i, j), moved(ref, 10, i, j)];
}

/** Narrows the span from[0]..from[1] of numbers x to those with low <= base + step * x <= high. */
function narrow(span, base, step, low, high) {
  if (step > 0) {
    span[0] = Math.max(span[0], Math.ceil((low - base) / step));
    span[1] = Math.min(span[1], Math.floor((high - base) / step));
  } else if (step < 0) {
    span[0] = Math.max(span[0], Math.ceil((high - base) / step));
    span[1] = Math.min(span[1], Math.floor((low - base) / step));
  } else if (base < low || base > high) span[1] = span[0] - 1;
}

/** Narrows rows and columns of a region to those where a moving row or column lies within low and high. */
function narrowed(ref, at, low, high, rows, columns) {
  const [base, down, across] = [ref[at], ref[at + 1], ref[at + 2]];
  if (!across) narrow(rows, base, down, low, high);
  else if (!down) narrow(columns, base, across, low, high);
}

/** Where `reads` keeps rows and columns: an edit asks it some thousand times, and each array would be another's garbage. */
export const down = [0, 0];
export const across = [0, 0];

/** Whether cells of a region read a rectangle by a reference; `down` and `across` have the first and the last row and column. */
export function reads(region, ref, top, left, bottom, right) {
  down[0] = across[0] = 0;
  down[1] = region.height - 1;
  across[1] = region.width - 1;
  narrowed(ref, 1, -Infinity, bottom, down, across);
  narrowed(ref, 7, top, Infinity, down, across);
  narrowed(ref, 4, -Infinity, right, down, across);
  narrowed(ref, 10, left, Infinity, down, across);
  return down[0] <= down[1] && across[0] <= across[1];
}

/** The cells of regions that are to be computed: of each region one rectangle. */
export class Wanted {
  constructor(regions) {
    this.regions = regions;
    /** How many regions have any. */
    this.size = 0;
    this.known = new Uint8Array(regions.length);
    /** First and last row, first and last column of each. */
    this.boxes = new Int32Array(4 * regions.length);
  }

  has(k) {
    return this.known[k] === 1;
  }

  add(k, top, bottom, left, right) {
    const { boxes } = this;
    const at = 4 * k;
    if (!this.known[k]) {
      this.known[k] = 1;
      this.size++;
      boxes[at] = top;
      boxes[at + 1] = bottom;
      boxes[at + 2] = left;
      boxes[at + 3] = right;
      return;
    }
    if (top < boxes[at]) boxes[at] = top;
    if (bottom > boxes[at + 1]) boxes[at + 1] = bottom;
    if (left < boxes[at + 2]) boxes[at + 2] = left;
    if (right > boxes[at + 3]) boxes[at + 3] = right;
  }

  addWhole(k) {
    this.add(k, 0, this.regions[k].height - 1, 0, this.regions[k].width - 1);
  }

  /** Adds the cells that read a rectangle by some references, each with the region that has it. */
  addReaders(feeds, top, left, bottom, right) {
    for (const [k, ref] of feeds) {
      if (reads(this.regions[k], ref, top, left, bottom, right)) this.add(k, down[0], down[1], across[0], across[1]);
    }
  }

  /** What `addReaders` adds to nothing, in turn: the region and the rectangle. */
  readers(feeds, top, left, bottom, right) {
    const found = new Wanted(this.regions);
    found.addReaders(feeds, top, left, bottom, right);
    const each = this.regions.flatMap((_, k) => (found.has(k) ? [k, ...found.boxes.subarray(4 * k, 4 * k + 4)] : []));
    return Int32Array.from(each);
  }

  addAll(found) {
    for (let n = 0; n < found.length; n += 5) this.add(found[n], found[n + 1], found[n + 2], found[n + 3], found[n + 4]);
  }

  delete(k) {
    this.size -= this.known[k];
    this.known[k] = 0;
  }

  clear() {
    if (this.size) this.known.fill(0);
    this.size = 0;
  }
}
