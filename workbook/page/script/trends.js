// Lines through points: straight ones, curves of some kinds, and moving means, with their equations.

const COURSE_STEPS = 80;

// The trend of a series: points of its course, its equation and its share of what the numbers vary; null where there is none.
export function trendOf(trend, { x, y }) {
  const points = x.map((value, k) => [value, y[k]]).filter(([a, b]) => Number.isFinite(a) && Number.isFinite(b));
  if (points.length < 2) return null;
  if (trend.kind === "movingAvg") return movingMean(points, trend.period ?? 2);
  const known = fitted(trend, points);
  if (known === null) return null;
  const xs = points.map(([a]) => a);
  const [low, high] = [Math.min(...xs) - (trend.backward ?? 0), Math.max(...xs) + (trend.forward ?? 0)];
  const steps = trend.kind === "linear" ? 1 : COURSE_STEPS;
  const course = Array.from({ length: steps + 1 }, (_, k) => low + ((high - low) * k) / steps).map((at) => [at, known.at(at)]);
  return { course: course.filter(([, value]) => Number.isFinite(value)), text: known.text, share: shareOf(known, points) };
}

// The share of the variance that a curve explains; of curves that are straight on a scale of powers, on that scale.
function shareOf({ at, scaled }, points) {
  const scale = scaled ? Math.log : (value) => value;
  const values = points.map(([, value]) => scale(value));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const left = points.reduce((sum, [place, value]) => sum + (scale(value) - scale(at(place))) ** 2, 0);
  const all = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return all > 0 ? 1 - left / all : NaN;
}

function fitted({ kind, order = 2, intercept }, points) {
  const ofX = (scale) => points.map(([a]) => scale(a));
  const ofY = (scale) => points.map(([, b]) => scale(b));
  const same = (value) => value;
  const positive = (values) => values.every((value) => value > 0);
  if (kind === "exp" && positive(ofY(same))) {
    const [a, b] = polynomial(ofX(same), ofY(Math.log), 1, intercept > 0 ? Math.log(intercept) : undefined);
    return { at: (x) => Math.exp(a + b * x), text: `y = ${decimal(Math.exp(a))}e^(${decimal(b)}x)`, scaled: true };
  }
  if (kind === "log" && positive(ofX(same))) {
    const [a, b] = polynomial(ofX(Math.log), ofY(same), 1);
    return { at: (x) => a + b * Math.log(x), text: `y = ${decimal(b)}ln(x)${withSign(a)}` };
  }
  if (kind === "power" && positive(ofX(same)) && positive(ofY(same))) {
    const [a, b] = polynomial(ofX(Math.log), ofY(Math.log), 1);
    return { at: (x) => Math.exp(a + b * Math.log(x)), text: `y = ${decimal(Math.exp(a))}x^${decimal(b)}`, scaled: true };
  }
  if (kind !== "linear" && kind !== "poly") return null;
  const found = polynomial(ofX(same), ofY(same), Math.min(kind === "poly" ? order : 1, points.length - 1), intercept);
  return { at: (x) => found.reduceRight((sum, factor) => sum * x + factor, 0), text: `y = ${equationOf(found)}` };
}

// The factors of the polynomial that fits best, the constant first, which may be given. Places are taken as shares of the
// farthest, so that high powers stay small.
export function polynomial(xs, ys, order, intercept) {
  const scale = Math.max(...xs.map(Math.abs)) || 1;
  const first = intercept === undefined ? 0 : 1;
  const size = order + 1 - first;
  const rows = Array.from({ length: size }, () => new Array(size + 1).fill(0));
  xs.forEach((x, k) => {
    const powers = Array.from({ length: size }, (_, i) => (x / scale) ** (i + first));
    powers.forEach((power, i) => {
      powers.forEach((other, j) => (rows[i][j] += power * other));
      rows[i][size] += power * (ys[k] - (intercept ?? 0));
    });
  });
  const found = solved(rows).map((factor, i) => factor / scale ** (i + first));
  return first ? [intercept, ...found] : found;
}

// The solution of linear equations, each with its result at its end.
function solved(rows) {
  const size = rows.length;
  for (let k = 0; k < size; k++) {
    let best = k;
    for (let i = k + 1; i < size; i++) if (Math.abs(rows[i][k]) > Math.abs(rows[best][k])) best = i;
    [rows[k], rows[best]] = [rows[best], rows[k]];
    for (let i = k + 1; i < size; i++) {
      const factor = rows[i][k] / rows[k][k];
      for (let j = k; j <= size; j++) rows[i][j] -= factor * rows[k][j];
    }
  }
  const found = new Array(size).fill(0);
  for (let k = size - 1; k >= 0; k--) {
    found[k] = (rows[k][size] - rows[k].slice(k + 1, size).reduce((sum, factor, j) => sum + factor * found[k + 1 + j], 0)) / rows[k][k];
  }
  return found;
}

function movingMean(points, period) {
  const course = points.slice(period - 1).map(([x], k) => [x, points.slice(k, k + period).reduce((sum, [, y]) => sum + y, 0) / period]);
  return course.length ? { course, text: "", share: NaN } : null;
}

// A polynomial as a text, its highest power first.
function equationOf(factors) {
  const terms = factors.map((factor, power) => [factor, power === 0 ? "" : power === 1 ? "x" : `x^${power}`]).reverse();
  return terms.map(([factor, name], k) => (k ? `${withSign(factor)}${name}` : `${decimal(factor)}${name}`)).join("");
}

function withSign(value) {
  return `${value < 0 ? " − " : " + "}${decimal(Math.abs(value))}`;
}

function decimal(value) {
  return String(Number(value.toPrecision(5)));
}
