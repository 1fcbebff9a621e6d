// Distributions and tests: densities, shares, the places where a share is reached, and what samples leave to chance.

import { area, fail, finite, num, numbers, pairs } from "./values.js";

/** Ends with #NUM! unless the arguments are allowed. */
function require(isAllowed) {
  if (!isAllowed) fail("#NUM!");
}

const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** The logarithm of the gamma function of a positive number (Lanczos). */
export function logGamma(x) {
  if (x < 0.5) return Math.log(Math.PI / Math.abs(Math.sin(Math.PI * x))) - logGamma(1 - x);
  if (x === 1 || x === 2) return 0;
  const z = x - 1;
  let sum = LANCZOS[0];
  for (let k = 1; k < 9; k++) sum += LANCZOS[k] / (z + k);
  const t = z + 7.5;
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum);
}

export function GAMMALN(x) {
  require(x > 0);
  return logGamma(x);
}

export function GAMMA(x) {
  require(x > 0 || x !== Math.trunc(x));
  if (x === Math.trunc(x) && x < 171) {
    let product = 1;
    for (let k = 2; k < x; k++) product *= k;
    return product;
  }
  if (x === 0.5) return Math.sqrt(Math.PI);
  return finite(x < 0.5 ? Math.PI / (Math.sin(Math.PI * x) * GAMMA(1 - x)) : Math.exp(logGamma(x)));
}

/** The continued fraction b0 + a1/(b1 + a2/(b2 + …)) of terms [a, b], the first [0, b0], by Lentz's method. */
function continuedFraction(term) {
  const tiny = 1e-300;
  let value = term(0)[1] || tiny;
  let over = value;
  let under = 0;
  for (let k = 1; k < 40000; k++) {
    const [a, b] = term(k);
    under = 1 / (b + a * under || tiny);
    over = b + a / over || tiny;
    value *= over * under;
    if (Math.abs(over * under - 1) < 1e-16) break;
  }
  return value;
}

/** The shares of the gamma function of a below and above x: a series, beyond a + 1 a continued fraction. */
function gammaShares(a, x) {
  if (x <= 0) return [0, 1];
  // As a product where that fits into a float: an exponent of 100 would cost two digits.
  const fits = a < 100 && x < 500;
  const scale = fits ? (Math.exp(-x) * x ** a) / GAMMA(a) : Math.exp(a * Math.log(x) - x - logGamma(a));
  if (x < a + 1) {
    let term = 1 / a;
    let total = term;
    for (let k = 1; k < 100000; k++) {
      term *= x / (a + k);
      total += term;
      if (term <= total * 1e-17) return [scale * total, 1 - scale * total];
    }
    fail("#NUM!");
  }
  const above = scale / continuedFraction((k) => [-k * (k - a), x + 2 * k + 1 - a]);
  return [1 - above, above];
}

/** The shares of the beta function of a and b below and above x, where rest is 1 - x: a continued fraction. */
function betaShares(x, rest, a, b) {
  if (x <= 0 || rest <= 0) return x <= 0 ? [0, 1] : [1, 0];
  if (x > (a + 1) / (a + b + 2)) return betaShares(rest, x, b, a).reverse();
  const term = (n) => {
    if (n === 0) return [0, 1];
    const k = (n - 1) >> 1;
    if (n % 2) return [(-(a + k) * (a + b + k) * x) / ((a + 2 * k) * (a + 2 * k + 1)), 1];
    return [((k + 1) * (b - k - 1) * x) / ((a + 2 * k + 1) * (a + 2 * k + 2)), 1];
  };
  const logBeta = logGamma(a) + logGamma(b) - logGamma(a + b);
  const below = Math.exp(a * Math.log(x) + b * Math.log(rest) - logBeta - Math.log(a)) / continuedFraction(term);
  return [below, 1 - below];
}

/** The place between low and high where a test turns false, to the last digit; high moves up if it must. */
function placeByHalving(isBelow, from, to) {
  let [low, high] = [from, to === Infinity ? 1 : to];
  while (isBelow(high)) {
    [low, high] = [high, 2 * high];
    if (high === Infinity) fail("#NUM!");
  }
  let middle = (low + high) / 2;
  while (low < middle && middle < high) {
    if (isBelow(middle)) low = middle;
    else high = middle;
    middle = (low + high) / 2;
  }
  return middle;
}

function erf(x) {
  return Math.sign(x) * gammaShares(0.5, x * x)[0];
}

function erfc(x) {
  return x < 0 ? 2 - erfc(-x) : x === 0 ? 1 : gammaShares(0.5, x * x)[1];
}

export function ERF(x, upper = undefined) {
  return upper === undefined ? erf(x) : erf(upper) - erf(x);
}

export function ERFC(x) {
  return erfc(x);
}

export function NORM_S_DIST(z, cumulative) {
  return cumulative ? erfc(-z / Math.SQRT2) / 2 : Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
}

export function NORMSDIST(z) {
  return NORM_S_DIST(z, true);
}

export function NORM_DIST(x, mean, deviation, cumulative) {
  require(deviation > 0);
  const z = (x - mean) / deviation;
  return cumulative ? NORM_S_DIST(z, true) : NORM_S_DIST(z, false) / deviation;
}

export function NORM_S_INV(p) {
  require(p > 0 && p < 1);
  if (p === 0.5) return 0;
  const tail = Math.min(p, 1 - p);
  const t = Math.sqrt(-2 * Math.log(tail));
  // Hastings's approximation (Abramowitz and Stegun, 26.2.23), then Halley's steps to the last digit.
  let z = t - (2.515517 + 0.802853 * t + 0.010328 * t * t) / (1 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t ** 3);
  for (let k = 0; k < 3; k++) {
    const off = (tail - erfc(z / Math.SQRT2) / 2) / NORM_S_DIST(z, false);
    z -= off / (1 + (z * off) / 2);
  }
  return p < 0.5 ? -z : z;
}

export function NORM_INV(p, mean, deviation) {
  require(deviation > 0);
  return mean + deviation * NORM_S_INV(p);
}

export function PHI(x) {
  return NORM_S_DIST(x, false);
}

export function GAUSS(z) {
  return erf(z / Math.SQRT2) / 2;
}

export function FISHER(x) {
  require(x > -1 && x < 1);
  return Math.atanh(x);
}

export function FISHERINV(y) {
  return Math.tanh(y);
}

export function LOGNORM_DIST(x, mean, deviation, cumulative = true) {
  require(x > 0 && deviation > 0);
  const z = (Math.log(x) - mean) / deviation;
  return cumulative ? NORM_S_DIST(z, true) : NORM_S_DIST(z, false) / (x * deviation);
}

export function LOGNORM_INV(p, mean, deviation) {
  return finite(Math.exp(NORM_INV(p, mean, deviation)));
}

export function EXPON_DIST(x, rate, cumulative) {
  require(x >= 0 && rate > 0);
  return cumulative ? -Math.expm1(-rate * x) : rate * Math.exp(-rate * x);
}

export function WEIBULL_DIST(x, shape, scale, cumulative) {
  require(x >= 0 && shape > 0 && scale > 0);
  const power = (x / scale) ** shape;
  return finite(cumulative ? -Math.expm1(-power) : (shape / scale) * (x / scale) ** (shape - 1) * Math.exp(-power));
}

export function GAMMA_DIST(x, shape, scale, cumulative) {
  require(x >= 0 && shape > 0 && scale > 0);
  if (cumulative) return gammaShares(shape, x / scale)[0];
  if (x === 0) return shape > 1 ? 0 : shape === 1 ? 1 / scale : fail("#NUM!");
  return Math.exp((shape - 1) * Math.log(x / scale) - x / scale - logGamma(shape)) / scale;
}

export function GAMMA_INV(p, shape, scale) {
  require(p >= 0 && p < 1 && shape > 0 && scale > 0);
  return p ? scale * placeByHalving((x) => gammaShares(shape, x)[0] < p, 0, Infinity) : 0;
}

export function BETA_DIST(x, a, b, cumulative, low = 0, high = 1) {
  require(a > 0 && b > 0 && low <= x && x <= high && low !== high);
  const share = (x - low) / (high - low);
  const rest = (high - x) / (high - low);
  if (cumulative) return betaShares(share, rest, a, b)[0];
  const scale = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b));
  return finite((scale * share ** (a - 1) * rest ** (b - 1)) / (high - low));
}

export function BETADIST(x, a, b, low = 0, high = 1) {
  return BETA_DIST(x, a, b, true, low, high);
}

export function BETA_INV(p, a, b, low = 0, high = 1) {
  require(p > 0 && p < 1 && a > 0 && b > 0);
  return low + (high - low) * placeByHalving((x) => x < 1 && betaShares(x, 1 - x, a, b)[0] < p, 0, 1);
}

/** The logarithm of how many ways there are to choose k of n. */
function logWays(n, k) {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
}

/** How many ways there are to choose k of n, exact as far as a float goes. */
function ways(n, k) {
  if (k < 0 || k > n) return 0;
  if (n > 1000) return Math.exp(logWays(n, k));
  let product = 1;
  const few = Math.min(k, n - k);
  for (let x = 1; x <= few; x++) product = (product * (n - few + x)) / x;
  return product;
}

/** The chance of k among n. */
function binomialChance(k, n, p) {
  if (k < 0 || k > n) return 0;
  if (p === 0 || p === 1) return k === n * p ? 1 : 0;
  if (n < 500) return ways(n, k) * p ** k * (1 - p) ** (n - k);
  return Math.exp(logWays(n, k) + k * Math.log(p) + (n - k) * Math.log1p(-p));
}

export function BINOM_DIST(count, size, p, cumulative) {
  const [k, n] = [Math.trunc(count), Math.trunc(size)];
  require(k >= 0 && k <= n && p >= 0 && p <= 1);
  if (!cumulative) return binomialChance(k, n, p);
  return k < n ? betaShares(1 - p, p, n - k, k + 1)[0] : 1;
}

export function BINOM_DIST_RANGE(size, p, from, to = undefined) {
  const [n, low] = [Math.trunc(size), Math.trunc(from)];
  const high = to === undefined ? low : Math.trunc(to);
  require(low >= 0 && low <= n && high >= low && high <= n && p >= 0 && p <= 1);
  let total = 0;
  for (let k = low; k <= high; k++) total += binomialChance(k, n, p);
  return total;
}

export function BINOM_INV(size, p, share) {
  const n = Math.trunc(size);
  require(n >= 0 && p >= 0 && p <= 1 && share >= 0 && share <= 1);
  let [low, high] = [0, n];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (BINOM_DIST(middle, n, p, true) >= share) high = middle;
    else low = middle + 1;
  }
  return low;
}

export function POISSON_DIST(count, mean, cumulative) {
  const k = Math.trunc(count);
  require(k >= 0 && mean >= 0);
  if (cumulative) return gammaShares(k + 1, mean)[1];
  return mean ? Math.exp(k * Math.log(mean) - mean - logGamma(k + 1)) : k === 0 ? 1 : 0;
}

export function HYPGEOM_DIST(count, chosen, inAll, size, cumulative = false) {
  const [k, drawn, marked, total] = [count, chosen, inAll, size].map(Math.trunc);
  require(k >= Math.max(0, drawn + marked - total) && k <= Math.min(drawn, marked));
  require(drawn > 0 && drawn <= total && marked > 0 && marked <= total);
  const chance = (i) => (ways(marked, i) * ways(total - marked, drawn - i)) / ways(total, drawn);
  let sum = 0;
  for (let i = cumulative ? 0 : k; i <= k; i++) sum += chance(i);
  return sum;
}

export function NEGBINOM_DIST(lost, won, p, cumulative = false) {
  const [failures, successes] = [Math.trunc(lost), Math.trunc(won)];
  require(failures >= 0 && successes >= 1 && p > 0 && p < 1);
  if (cumulative) return betaShares(p, 1 - p, successes, failures + 1)[0];
  return ways(failures + successes - 1, failures) * p ** successes * (1 - p) ** failures;
}

/** The share of t's distribution above t; the freedom may be a fraction. */
function tAbove(t, freedom) {
  const outside = betaShares(freedom / (freedom + t * t), (t * t) / (freedom + t * t), freedom / 2, 0.5)[0] / 2;
  return t >= 0 ? outside : 1 - outside;
}

/** Degrees of freedom: a whole number from 1 on. */
function freedomOf(value) {
  return Math.trunc(value) >= 1 ? Math.trunc(value) : fail("#NUM!");
}

export function T_DIST(t, degrees, cumulative) {
  const freedom = freedomOf(degrees);
  if (cumulative) return tAbove(-t, freedom);
  const scale = Math.exp(logGamma((freedom + 1) / 2) - logGamma(freedom / 2)) / Math.sqrt(freedom * Math.PI);
  return scale * (1 + (t * t) / freedom) ** (-(freedom + 1) / 2);
}

export function T_DIST_RT(t, degrees) {
  return tAbove(t, freedomOf(degrees));
}

export function T_DIST_2T(t, degrees) {
  require(t >= 0);
  return 2 * tAbove(t, freedomOf(degrees));
}

export function TDIST(t, degrees, tails) {
  const sides = Math.trunc(tails);
  require(t >= 0 && (sides === 1 || sides === 2));
  return sides * tAbove(t, freedomOf(degrees));
}

export function T_INV_2T(p, degrees) {
  const freedom = freedomOf(degrees);
  require(p > 0 && p <= 1);
  return p < 1 ? placeByHalving((t) => 2 * tAbove(t, freedom) > p, 0, Infinity) : 0;
}

export function T_INV(p, degrees) {
  require(p > 0 && p < 1);
  return (p < 0.5 ? -1 : 1) * T_INV_2T(2 * Math.min(p, 1 - p), degrees);
}

export function CHISQ_DIST(x, degrees, cumulative) {
  const half = freedomOf(degrees) / 2;
  require(x >= 0);
  if (cumulative) return gammaShares(half, x / 2)[0];
  if (x === 0) return half > 1 ? 0 : half === 1 ? 0.5 : fail("#NUM!");
  return Math.exp((half - 1) * Math.log(x / 2) - x / 2 - logGamma(half)) / 2;
}

export function CHISQ_DIST_RT(x, degrees) {
  require(x >= 0);
  return gammaShares(freedomOf(degrees) / 2, x / 2)[1];
}

export function CHISQ_INV(p, degrees) {
  const half = freedomOf(degrees) / 2;
  require(p >= 0 && p < 1);
  return p ? 2 * placeByHalving((x) => gammaShares(half, x)[0] < p, 0, Infinity) : 0;
}

export function CHISQ_INV_RT(p, degrees) {
  const half = freedomOf(degrees) / 2;
  require(p > 0 && p <= 1);
  return p < 1 ? 2 * placeByHalving((x) => gammaShares(half, x)[1] > p, 0, Infinity) : 0;
}

/** The shares of F's distribution below and above f. */
function fShares(f, first, second) {
  const [a, b] = [freedomOf(first), freedomOf(second)];
  require(f >= 0);
  return betaShares((a * f) / (a * f + b), b / (a * f + b), a / 2, b / 2);
}

export function F_DIST(f, first, second, cumulative) {
  const [below] = fShares(f, first, second);
  if (cumulative) return below;
  const [a, b] = [freedomOf(first), freedomOf(second)];
  if (f === 0) return a > 2 ? 0 : a === 2 ? 1 : fail("#NUM!");
  const logBeta = logGamma(a / 2) + logGamma(b / 2) - logGamma((a + b) / 2);
  const logs = (a / 2) * Math.log(a * f) + (b / 2) * Math.log(b) - ((a + b) / 2) * Math.log(a * f + b);
  return Math.exp(logs - logBeta) / f;
}

export function F_DIST_RT(f, first, second) {
  return fShares(f, first, second)[1];
}

export function F_INV(p, first, second) {
  require(p >= 0 && p < 1);
  return p ? placeByHalving((f) => fShares(f, first, second)[0] < p, 0, Infinity) : 0;
}

export function F_INV_RT(p, first, second) {
  require(p > 0 && p <= 1);
  return p < 1 ? placeByHalving((f) => fShares(f, first, second)[1] > p, 0, Infinity) : 0;
}

/** Mean, variance of a sample, and count. */
function sample(found) {
  const mean = found.reduce((a, b) => a + b, 0) / found.length;
  if (found.length < 2) fail("#DIV/0!");
  return [mean, found.reduce((a, b) => a + (b - mean) ** 2, 0) / (found.length - 1), found.length];
}

export function T_TEST(first, second, tails, kind) {
  const [sides, of] = [Math.trunc(tails), Math.trunc(kind)];
  require((sides === 1 || sides === 2) && of >= 1 && of <= 3);
  if (of === 1) {
    const [mean, variance, count] = sample(pairs(first, second).map(([x, y]) => x - y));
    return variance === 0 ? fail("#DIV/0!") : sides * tAbove(Math.abs(mean) / Math.sqrt(variance / count), count - 1);
  }
  const [aMean, aVariance, a] = sample(numbers([first]));
  const [bMean, bVariance, b] = sample(numbers([second]));
  const gap = Math.abs(aMean - bMean);
  if (of === 2) {
    const spread = (aVariance * (a - 1) + bVariance * (b - 1)) / (a + b - 2);
    return sides * tAbove(gap / Math.sqrt(spread / a + spread / b), a + b - 2);
  }
  const [aPart, bPart] = [aVariance / a, bVariance / b];
  const freedom = (aPart + bPart) ** 2 / (aPart ** 2 / (a - 1) + bPart ** 2 / (b - 1));
  return sides * tAbove(gap / Math.sqrt(aPart + bPart), freedom);
}

export function F_TEST(first, second) {
  const [, aVariance, a] = sample(numbers([first]));
  const [, bVariance, b] = sample(numbers([second]));
  if (bVariance === 0) fail("#DIV/0!");
  return 2 * Math.min(...fShares(aVariance / bVariance, a - 1, b - 1));
}

export function CHISQ_TEST(actual, expected) {
  const [found, wanted] = [area(actual), area(expected)];
  const { height: rows, width: columns } = found;
  if (rows !== wanted.height || columns !== wanted.width || rows * columns === 1) fail("#N/A");
  const total = pairs(found, wanted).reduce((sum, [x, y]) => sum + (x - y) ** 2 / y, 0);
  return CHISQ_DIST_RT(total, rows > 1 && columns > 1 ? (rows - 1) * (columns - 1) : Math.max(rows, columns) - 1);
}

export function Z_TEST(values, mean, deviation = undefined) {
  const found = numbers([values]);
  const spread = deviation === undefined ? Math.sqrt(sample(found)[1]) : num(deviation);
  const middle = found.reduce((a, b) => a + b, 0) / found.length;
  return 1 - NORM_S_DIST((middle - mean) / (spread / Math.sqrt(found.length)), true);
}

export function CONFIDENCE_NORM(alpha, deviation, size) {
  require(alpha > 0 && alpha < 1 && deviation > 0 && size >= 1);
  return (NORM_S_INV(1 - alpha / 2) * deviation) / Math.sqrt(Math.trunc(size));
}

export function CONFIDENCE_T(alpha, deviation, size) {
  require(alpha > 0 && alpha < 1 && deviation > 0 && size >= 1);
  const count = Math.trunc(size);
  return count === 1 ? fail("#DIV/0!") : (T_INV_2T(alpha, count - 1) * deviation) / Math.sqrt(count);
}
