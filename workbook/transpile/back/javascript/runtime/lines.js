// Least squares: a line, or a plane, through points.

import { area, error, fail, flat, fromRows, made, num, sure, toRows } from "./values.js";

/** The sum of the products of two lists. */
function product(a, b) {
  let total = 0;
  for (let k = 0; k < a.length; k++) total += a[k] * b[k];
  return total;
}

/** The coefficients whose columns, written in orthogonal ones by `factors`, have these shares. */
function solvedBackward(factors, shares) {
  const found = shares.map(() => 0);
  for (let k = shares.length - 1; k >= 0; k--) {
    if (!factors[k][k]) continue;
    let done = 0;
    for (let j = k + 1; j < shares.length; j++) done += found[j] * factors[j][k];
    found[k] = (shares[k] - done) / factors[k][k];
  }
  return found;
}

/**
 * Coefficients, their variances for a residual variance of 1, and the sum of the squares left over: by Gram and
 * Schmidt's orthogonal columns, twice. A column that depends on those before it gets the coefficient 0, as in Excel.
 */
function leastSquares(ys, columns) {
  const bases = [];
  const factors = [];
  for (const values of columns) {
    let rest = [...values];
    const row = columns.map(() => 0);
    for (let turn = 0; turn < 2; turn++) {
      bases.forEach((basis, k) => {
        const share = product(rest, basis);
        row[k] += share;
        rest = rest.map((x, i) => x - share * basis[i]);
      });
    }
    const length = Math.sqrt(product(rest, rest));
    const isNew = length > 1e-12 * Math.sqrt(product(values, values));
    row[bases.length] = isNew ? length : 0;
    bases.push(isNew ? rest.map((x) => x / length) : rest.map(() => 0));
    factors.push(row);
  }
  const found = solvedBackward(factors, bases.map((basis) => product(basis, ys)));
  const units = columns.map((_, k) => solvedBackward(factors, columns.map((__, j) => (k === j ? 1 : 0))));
  const gaps = ys.map((y, i) => y - columns.reduce((sum, values, k) => sum + found[k] * values[i], 0));
  return [found, columns.map((_, k) => units.reduce((sum, unit) => sum + unit[k] ** 2, 0)), product(gaps, gaps)];
}

/** A value as a number; a blank or a text, which other statistics leave out, is #VALUE! here. */
function known(value) {
  const single = sure(value);
  return single === null || single === undefined || typeof single === "string" ? fail("#VALUE!") : num(single);
}

/** The values of y, and the columns of x: those that stand beside y's, or across it. */
function asColumns(ys, xs) {
  const values = flat([ys]).map(known);
  let rows = xs === undefined ? values.map((_, k) => [k + 1]) : toRows(xs);
  if (area(ys).height === 1 && values.length > 1 && rows[0].length === values.length) {
    rows = rows[0].map((_, k) => rows.map((row) => row[k]));
  } else if (rows.length * rows[0].length === values.length) rows = rows.flat().map((value) => [value]);
  if (rows.length !== values.length) fail("#REF!");
  return [values, rows[0].map((_, k) => rows.map((row) => known(row[k])))];
}

/** The coefficients, the constant last; and rows of statistics as LINEST gives them. */
function fittedLines(ys, columns, hasConstant) {
  const all = hasConstant ? [ys.map(() => 1), ...columns] : columns;
  const [slopes, variances, leftOver] = leastSquares(ys, all);
  const mean = hasConstant ? ys.reduce((a, b) => a + b, 0) / ys.length : 0;
  const total = ys.reduce((sum, y) => sum + (y - mean) ** 2, 0);
  const freedom = ys.length - variances.filter((variance) => variance > 0).length;
  const spread = freedom > 0 ? leftOver / freedom : 0;
  const spreads = variances.map((variance) => Math.sqrt(spread * variance));
  const found = hasConstant ? slopes : [0, ...slopes];
  const errors = hasConstant ? spreads : [error("#N/A"), ...spreads];
  const explained = total - leftOver;
  const rest = new Array(columns.length - 1).fill(error("#N/A"));
  const ratio = explained / (ys.length - freedom - (hasConstant ? 1 : 0)) / spread;
  return [
    found.reverse(),
    errors.reverse(),
    [total ? explained / total : 1, Math.sqrt(spread), ...rest],
    [spread ? ratio : error("#NUM!"), freedom, ...rest],
    [explained, leftOver, ...rest],
  ];
}

export function LINEST(ys, xs, hasConstant = true, hasStatistics = false) {
  const lines = fittedLines(...asColumns(ys, xs), hasConstant);
  return fromRows(hasStatistics ? lines : lines.slice(0, 1));
}

export function LOGEST(ys, xs, hasConstant = true, hasStatistics = false) {
  const [values, columns] = asColumns(ys, xs);
  if (values.some((y) => y <= 0)) fail("#NUM!");
  const lines = fittedLines(values.map(Math.log), columns, hasConstant);
  lines[0] = lines[0].map(Math.exp);
  return fromRows(hasStatistics ? lines : lines.slice(0, 1));
}

export function TREND(ys, xs, newXs, hasConstant = true) {
  const [values, columns] = asColumns(ys, xs);
  const coefficients = fittedLines(values, columns, hasConstant)[0];
  const constant = coefficients.pop();
  const slopes = coefficients.reverse();
  let rows = newXs !== undefined ? toRows(newXs) : xs !== undefined ? toRows(xs) : null;
  if (rows === null) {
    const { height, width } = area(ys);
    rows = Array.from({ length: height }, (_, i) => Array.from({ length: width }, (__, j) => i * width + j + 1));
  }
  if (columns.length === 1) {
    return made(rows.length, rows[0].length, (i, j) => constant + slopes[0] * known(rows[i][j]));
  }
  const isAcross = area(ys).height === 1;
  const points = isAcross ? rows[0].map((_, k) => rows.map((row) => row[k])) : rows;
  const found = points.map((point) => point.reduce((sum, x, k) => sum + slopes[k] * known(x), constant));
  return isAcross ? made(1, found.length, (_, j) => found[j]) : made(found.length, 1, (i) => found[i]);
}

export function GROWTH(ys, xs, newXs, hasConstant = true) {
  const range = area(ys);
  const logs = made(range.height, range.width, (i, j) => {
    const y = known(range.at(i, j));
    return y > 0 ? Math.log(y) : fail("#NUM!");
  });
  const found = TREND(logs, xs, newXs, hasConstant);
  return made(found.height, found.width, (i, j) => Math.exp(sure(found.at(i, j))));
}

export function PROB(xs, chances, low, high = undefined) {
  if (flat([chances]).length !== flat([xs]).length) fail("#N/A");
  const shares = flat([chances]).map((value) => num(sure(value)));
  const values = flat([xs]).map((value) => num(sure(value)));
  const isWhole = Math.abs(shares.reduce((a, b) => a + b, 0) - 1) < 1e-9;
  if (!isWhole || shares.some((share) => share < 0 || share > 1)) fail("#NUM!");
  const top = high === undefined ? low : high;
  return values.reduce((sum, x, k) => sum + (x >= low && x <= top ? shares[k] : 0), 0);
}
