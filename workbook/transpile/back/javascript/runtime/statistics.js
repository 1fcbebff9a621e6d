// Statistics of ranges: middle, spread, ranks, lines through points.

import { Area, fail, made, numbers, pairs } from "./values.js";
import { kept } from "./cells.js";
import { numbersAndWords } from "./sums.js";

const total = (values) => values.reduce((a, b) => a + b, 0);

/** The numbers of a range in their order, from the least. */
function sorted(values) {
  const arrange = (range) => Float64Array.from(numbers([range])).sort();
  return values instanceof Area ? kept(values, "sorted", arrange) : arrange(values);
}

export function MEDIAN(...values) {
  const found = Float64Array.from(numbers(values)).sort();
  if (!found.length) fail("#NUM!");
  const middle = Math.floor(found.length / 2);
  return found.length % 2 ? found[middle] : (found[middle - 1] + found[middle]) / 2;
}

/** Each number with how often it is there; the most is at least 2. */
function modes(values) {
  const counts = new Map();
  for (const value of numbers(values)) counts.set(value, (counts.get(value) || 0) + 1);
  const best = Math.max(0, ...counts.values());
  return best < 2 ? fail("#N/A") : [...counts].filter(([, count]) => count === best).map(([value]) => value);
}

export function MODE(...values) {
  return modes(values)[0];
}

export function MODE_MULT(...values) {
  const found = modes(values);
  return made(found.length, 1, (i) => found[i]);
}

/** The sum of the squared distances from the mean, and the count. */
function deviations(found) {
  const mean = found.length ? total(found) / found.length : 0;
  return [total(found.map((value) => (value - mean) ** 2)), found.length];
}

const sampleVariance = ([squares, count]) => (count > 1 ? squares / (count - 1) : fail("#DIV/0!"));
const variance = ([squares, count]) => (count ? squares / count : fail("#DIV/0!"));

export function DEVSQ(...values) {
  const [squares, count] = deviations(numbers(values));
  return count ? squares : fail("#NUM!");
}

export function VAR(...values) {
  return sampleVariance(deviations(numbers(values)));
}

export function VARP(...values) {
  return variance(deviations(numbers(values)));
}

export function STDEV(...values) {
  return Math.sqrt(VAR(...values));
}

export function STDEVP(...values) {
  return Math.sqrt(VARP(...values));
}

export function VARA(...values) {
  return sampleVariance(deviations(numbersAndWords(values)));
}

export function VARPA(...values) {
  return variance(deviations(numbersAndWords(values)));
}

export function STDEVA(...values) {
  return Math.sqrt(VARA(...values));
}

export function STDEVPA(...values) {
  return Math.sqrt(VARPA(...values));
}

/** The sum of distances from the mean in sample deviations, each to a power; and the count. */
function standardised(power, values) {
  const found = numbers(values);
  const deviation = Math.sqrt(sampleVariance(deviations(found)));
  if (deviation === 0) fail("#DIV/0!");
  const mean = total(found) / found.length;
  return [total(found.map((value) => ((value - mean) / deviation) ** power)), found.length];
}

export function SKEW(...values) {
  const [sum, n] = standardised(3, values);
  return n < 3 ? fail("#DIV/0!") : (n / ((n - 1) * (n - 2))) * sum;
}

export function SKEW_P(...values) {
  const [sum, n] = standardised(3, values);
  return n < 3 ? fail("#DIV/0!") : (sum / n) * (n / (n - 1)) ** 1.5;
}

export function KURT(...values) {
  const [sum, n] = standardised(4, values);
  if (n < 4) fail("#DIV/0!");
  return ((n * (n + 1)) / ((n - 1) * (n - 2) * (n - 3))) * sum - (3 * (n - 1) ** 2) / ((n - 2) * (n - 3));
}

/** The numbers; none are #NUM!. */
function some(values) {
  const found = numbers(values);
  return found.length ? found : fail("#NUM!");
}

export function AVEDEV(...values) {
  const found = some(values);
  const mean = total(found) / found.length;
  return total(found.map((value) => Math.abs(value - mean))) / found.length;
}

export function GEOMEAN(...values) {
  const found = some(values);
  if (found.some((value) => value <= 0)) fail("#NUM!");
  return Math.exp(total(found.map(Math.log)) / found.length);
}

export function HARMEAN(...values) {
  const found = some(values);
  if (found.some((value) => value <= 0)) fail("#NUM!");
  return found.length / total(found.map((value) => 1 / value));
}

export function TRIMMEAN(values, share) {
  const found = sorted(values);
  if (!(share >= 0 && share < 1)) fail("#NUM!");
  const cut = Math.floor((found.length * share) / 2);
  const middle = found.slice(cut, found.length - cut);
  return total([...middle]) / middle.length;
}

export function LARGE(values, k) {
  const found = sorted(values);
  const place = Math.ceil(k);
  return place < 1 || place > found.length ? fail("#NUM!") : found[found.length - place];
}

export function SMALL(values, k) {
  const found = sorted(values);
  const place = Math.ceil(k);
  return place < 1 || place > found.length ? fail("#NUM!") : found[place - 1];
}

/** The first place in a sorted list whose number is at least x. */
function lowerBound(found, x) {
  let low = 0;
  let high = found.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (found[middle] < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How many numbers of a range are less than one, and how many equal it. */
function placed(value, values) {
  const found = sorted(values);
  const below = lowerBound(found, value);
  let equal = 0;
  while (found[below + equal] === value) equal++;
  return equal ? [below, equal, found.length] : fail("#N/A");
}

export function RANK(value, values, ascending = false) {
  const [below, equal, count] = placed(value, values);
  return (ascending ? below : count - below - equal) + 1;
}

export function RANK_AVG(value, values, ascending = false) {
  const [, equal] = placed(value, values);
  return RANK(value, values, ascending) + (equal - 1) / 2;
}

/** The number at a place, from 0, of a sorted list, between two of them in proportion. */
function between(found, place) {
  const low = Math.floor(place);
  return found[low] + (place - low) * (found[Math.min(low + 1, found.length - 1)] - found[low]);
}

export function PERCENTILE(values, k) {
  const found = sorted(values);
  return found.length && k >= 0 && k <= 1 ? between(found, k * (found.length - 1)) : fail("#NUM!");
}

export function PERCENTILE_EXC(values, k) {
  const found = sorted(values);
  const place = k * (found.length + 1) - 1;
  return found.length && place >= 0 && place <= found.length - 1 ? between(found, place) : fail("#NUM!");
}

export function QUARTILE(values, quarter) {
  return PERCENTILE(values, Math.floor(quarter) / 4);
}

export function QUARTILE_EXC(values, quarter) {
  return PERCENTILE_EXC(values, Math.floor(quarter) / 4);
}

/** The place of x among sorted numbers as a share of a count, cut to so many digits. */
function shareBelow(found, x, digits, before, count) {
  if (!found.length || digits < 1) fail("#NUM!");
  if (x < found[0] || x > found[found.length - 1]) fail("#N/A");
  const low = lowerBound(found, x);
  const place = found[low] === x ? low : low - 1 + (x - found[low - 1]) / (found[low] - found[low - 1]);
  const scale = 10 ** Math.trunc(digits);
  return count ? Math.floor(Number((((place + before) / count) * scale).toPrecision(12))) / scale : 1;
}

export function PERCENTRANK(values, x, digits = 3) {
  const found = sorted(values);
  return shareBelow(found, x, digits, 0, found.length - 1);
}

export function PERCENTRANK_EXC(values, x, digits = 3) {
  const found = sorted(values);
  return shareBelow(found, x, digits, 1, found.length + 1);
}

export function FREQUENCY(values, bins) {
  const found = sorted(values);
  const edges = numbers([bins]);
  const order = edges.map((_, k) => k).sort((a, b) => edges[a] - edges[b]);
  const counts = new Array(edges.length + 1).fill(0);
  let before = 0;
  for (const k of order) {
    let upTo = lowerBound(found, edges[k]);
    while (found[upTo] === edges[k]) upTo++;
    counts[k] = upTo - before;
    before = upTo;
  }
  counts[edges.length] = found.length - before;
  return made(counts.length, 1, (i) => counts[i]);
}

export function STANDARDIZE(x, mean, deviation) {
  return deviation <= 0 ? fail("#NUM!") : (x - mean) / deviation;
}

/** Sums of squares and products of the distances of pairs from their means. */
function moments(first, second) {
  const points = pairs(first, second);
  if (!points.length) fail("#DIV/0!");
  const x = total(points.map(([value]) => value)) / points.length;
  const y = total(points.map(([, value]) => value)) / points.length;
  const sum = (compute) => total(points.map(([a, b]) => compute(a - x, b - y)));
  return { n: points.length, x, y, xx: sum((a) => a * a), yy: sum((_, b) => b * b), xy: sum((a, b) => a * b) };
}

export function CORREL(first, second) {
  const { xx, yy, xy } = moments(first, second);
  return xx === 0 || yy === 0 ? fail("#DIV/0!") : xy / Math.sqrt(xx * yy);
}

export function RSQ(first, second) {
  return CORREL(first, second) ** 2;
}

export function COVAR(first, second) {
  const { n, xy } = moments(first, second);
  return xy / n;
}

export function COVARIANCE_S(first, second) {
  const { n, xy } = moments(first, second);
  return n < 2 ? fail("#DIV/0!") : xy / (n - 1);
}

export function SLOPE(ys, xs) {
  const { xx, xy } = moments(xs, ys);
  return xx === 0 ? fail("#DIV/0!") : xy / xx;
}

export function INTERCEPT(ys, xs) {
  const { x, y, xx, xy } = moments(xs, ys);
  return xx === 0 ? fail("#DIV/0!") : y - (xy / xx) * x;
}

export function FORECAST(at, ys, xs) {
  return INTERCEPT(ys, xs) + SLOPE(ys, xs) * at;
}

export function STEYX(ys, xs) {
  const { n, xx, yy, xy } = moments(xs, ys);
  return n < 3 || xx === 0 ? fail("#DIV/0!") : Math.sqrt((yy - (xy * xy) / xx) / (n - 2));
}
