// Forecasts by exponential smoothing: a level, a trend and a season, errors added (AAA), as `runtime/smoothing.py` has it.

import { dateOf, monthsOn } from "./dates.js";
import { NORM_S_INV } from "./distributions.js";
import { fail, flat, num, sure } from "./values.js";

const LONGEST_SEASON = 8760;
const MOST_FITS = 200;

/** The sum of numbers, what rounding takes off each sum added at the end. */
function exactSum(values) {
  let total = 0;
  let lost = 0;
  for (const value of values) {
    const next = total + value;
    lost += Math.abs(total) >= Math.abs(value) ? total - next + value : value - next + total;
    total = next;
  }
  return total + lost;
}

function meanOf(values) {
  return exactSum(values) / values.length;
}

function middleOf(values) {
  const found = [...values].sort((a, b) => a - b);
  const middle = Math.floor(found.length / 2);
  return found.length % 2 ? found[middle] : (found[middle - 1] + found[middle]) / 2;
}

/** AVERAGE, COUNT, COUNTA, MAX, MEDIAN, MIN, SUM. */
const TOGETHER_AS = [
  meanOf, (values) => values.length, (values) => values.length, (values) => Math.max(...values), middleOf,
  (values) => Math.min(...values), exactSum,
];

function stepsOf(values) {
  return values.slice(1).map((value, k) => value - values[k]);
}

/** A series at equal steps: its values, and what tells the place of a time in it, from 0; and the step. */
function seriesOf(values, timeline, completes, aggregation) {
  const [found, times] = [values, timeline].map((range) => flat([range]).map((value) => num(sure(value))));
  if (found.length !== times.length) fail("#N/A");
  const kind = Math.trunc(aggregation);
  if (!(kind >= 1 && kind <= 7)) fail("#NUM!");
  const groups = new Map();
  const order = times.map((_, k) => k).sort((a, b) => times[a] - times[b]);
  for (const k of order) groups.set(times[k], [...(groups.get(times[k]) ?? []), found[k]]);
  const known = [...groups.keys()];
  if (known.length < 2) fail("#NUM!");
  const { place, step } = placesOfTimes(known);
  const at = new Map(known.map((time) => [Math.round(place(time) * 1e9) / 1e9, TOGETHER_AS[kind - 1](groups.get(time))]));
  if ([...at.keys()].some((where) => !Number.isInteger(where))) fail("#NUM!");
  const length = Math.max(...at.keys()) + 1;
  if (length - at.size > 0.3 * length) fail("#NUM!");
  return { values: completed(Array.from({ length }, (_, k) => at.get(k)), completes), place, step };
}

/** What tells the place of a time in rising times, from 0, and the step: the least between two; days may be months. */
function placesOfTimes(times) {
  const step = Math.min(...stepsOf(times));
  if (step >= 28 && times.every((time) => Number.isInteger(time) && time >= 61)) {
    const isLast = times.every((time) => dateOf(time + 1)[2] === 1);
    if (isLast || new Set(times.map((time) => dateOf(time)[2])).size === 1) return byMonths(times, isLast);
  }
  return { place: (time) => (time - times[0]) / step, step };
}

function byMonths(times, isLast) {
  const monthOf = (time) => dateOf(time)[0] * 12 + dateOf(time)[1];
  const first = monthOf(times[0]);
  const apart = Math.min(...stepsOf(times.map(monthOf)));
  const place = (time) => {
    const months = monthOf(time) - first;
    return (months + (time - monthsOn(times[0], months, isLast)) / 31) / apart;
  };
  return { place, step: apart };
}

/** The values with those that are missing as the mean of their neighbours, or 0. */
function completed(values, completes) {
  const found = [...values];
  for (let k = 0; k < found.length; k++) {
    if (found[k] !== undefined) continue;
    const after = values.slice(k).find((other) => other !== undefined);
    found[k] = completes ? found[k - 1] + (after - found[k - 1]) / 2 : 0;
  }
  return found;
}

/** How many steps a season has: those after which the changes from step to step are the most alike; 1 for none. */
function seasonOf(values) {
  const changes = stepsOf(values);
  const mean = meanOf(changes);
  const spread = meanOf(changes.map((change) => (change - mean) ** 2));
  const largest = Math.max(0, ...values.map(Math.abs));
  if (spread <= 1e-24 * largest ** 2) return 1;
  const unlike = [];
  const most = Math.min(Math.floor(values.length / 2), LONGEST_SEASON, changes.length - 1);
  for (let season = 2; season <= most; season++) {
    const squares = changes.slice(season).map((change, k) => (change - changes[k]) ** 2);
    unlike.push([season, meanOf(squares) / (2 * spread)]);
  }
  const least = Math.min(...(unlike.length ? unlike.map(([, size]) => size) : [1]));
  // Twice a season is alike too: the first is taken that is nearly as good as the best.
  return least < 0.5 ? unlike.find(([, size]) => size <= 2 * least + 1e-9)[0] : 1;
}

/** Level and trend before the first value, and what each place of a season adds to them. */
function beginning(values, season) {
  if (season === 1) {
    const trend = (values[values.length - 1] - values[0]) / (values.length - 1);
    return { level: values[0] - trend, trend, added: [0] };
  }
  const means = [];
  for (let k = 0; k + season <= values.length; k += season) means.push(meanOf(values.slice(k, k + season)));
  const trend = (means[means.length - 1] - means[0]) / (season * (means.length - 1));
  const level = means[0] - (trend * (season + 1)) / 2;
  const added = Array.from({ length: season }, (_, j) => meanOf(means.map((__, m) => {
    const k = m * season + j;
    return values[k] - level - trend * (k + 1);
  })));
  const middle = meanOf(added);
  return { level: level + middle, trend, added: added.map((value) => value - middle) };
}

/** The errors of the forecasts of one step, and level, trend and season after the last value. */
function smoothed(values, start, [alpha, beta, gamma]) {
  let { level, trend } = start;
  const added = [...start.added];
  const season = added.length;
  const errors = new Array(values.length);
  for (let k = 0; k < values.length; k++) {
    const error = values[k] - level - trend - added[k % season];
    errors[k] = error;
    level = level + trend + alpha * error;
    trend += alpha * beta * error;
    if (season > 1) added[k % season] += gamma * (1 - alpha) * error;
  }
  return { errors, level, trend, added };
}

const fits = new Map();

/** Alpha, beta and gamma between 0 and 1 with the least sum of squared errors: a grid, then ever finer steps down. */
function fitted(values, start) {
  const key = `${start.added.length} ${values}`;
  if (!fits.has(key)) {
    if (fits.size >= MOST_FITS) fits.clear();
    fits.set(key, search(values, start));
  }
  return fits.get(key);
}

function search(values, start) {
  const hasSeason = start.added.length > 1;
  const loss = (parameters) => exactSum(smoothed(values, start, parameters).errors.map((error) => error * error));
  const leastOf = (places) => places.map((place) => [loss(place), place]).reduce((a, b) => (b[0] < a[0] ? b : a));
  const descended = (from) => {
    let [best, least, step] = [from, loss(from), 0.1];
    while (step > 1e-9) {
      const tried = [];
      for (let axis = 0; axis < (hasSeason ? 3 : 2); axis++) {
        for (const way of [-1, 1]) {
          tried.push(best.map((p, k) => (k === axis ? Math.min(Math.max(p + step * way, 0), 1) : p)));
        }
      }
      const [size, found] = leastOf(tried);
      if (size < least) [best, least] = [found, size];
      else step /= 2;
    }
    return best;
  };
  const marks = [0, 0.05, 0.2, 0.5, 0.8, 0.95];
  const grid = marks.flatMap((a) => marks.flatMap((b) => (hasSeason ? marks : [0]).map((c) => [a, b, c])));
  const ranked = grid.map((place) => [loss(place), place]).sort(([x], [y]) => x - y).map(([, place]) => place);
  // Without alpha, beta says nothing: places that differ in it alone are one.
  const places = new Map(ranked.map(([a, b, c]) => [a, a ? b : 0, c]).map((place) => [place.join(), place]));
  return leastOf([...places.values()].slice(0, 4).map(descended))[1];
}

/** A series with its model: what its forecasts are made of. */
function modelOf(values, timeline, seasonality = 1, completion = 1, aggregation = 1) {
  if (completion !== 0 && completion !== 1) fail("#NUM!");
  const series = seriesOf(values, timeline, completion === 1, aggregation);
  if (!(seasonality >= 0 && seasonality <= LONGEST_SEASON) || !Number.isInteger(seasonality)) fail("#NUM!");
  let season = seasonality === 0 ? 1 : seasonality === 1 ? seasonOf(series.values) : seasonality;
  if (series.values.length < 2 * season) season = 1;
  const start = beginning(series.values, season);
  const parameters = fitted(series.values, start);
  return { ...series, parameters, ...smoothed(series.values, start, parameters) };
}

export function FORECAST_ETS(target, values, timeline, seasonality, completion, aggregation) {
  const model = modelOf(values, timeline, seasonality, completion, aggregation);
  const last = model.values.length - 1;
  const ahead = model.place(target) - last;
  if (!(ahead > 0)) fail("#NUM!");
  // Between two steps the season is that of the step before.
  return model.level + ahead * model.trend + model.added[(last + Math.floor(ahead + 1e-9)) % model.added.length];
}

export function FORECAST_ETS_CONFINT(target, values, timeline, confidence = 0.95, seasonality, completion, aggregation) {
  if (!(confidence > 0 && confidence < 1)) fail("#NUM!");
  const model = modelOf(values, timeline, seasonality, completion, aggregation);
  const ahead = Math.round(model.place(target) - (model.values.length - 1));
  if (ahead < 1) fail("#NUM!");
  const season = model.added.length;
  const [alpha, beta, gamma] = model.parameters;
  const weights = Array.from({ length: ahead - 1 }, (_, k) =>
    alpha * (1 + (k + 1) * beta) + (season > 1 && (k + 1) % season === 0 ? gamma * (1 - alpha) : 0));
  const spread = meanOf(model.errors.map((error) => error * error));
  return NORM_S_INV((1 + confidence) / 2) * Math.sqrt(spread * (1 + exactSum(weights.map((weight) => weight * weight))));
}

export function FORECAST_ETS_SEASONALITY(values, timeline, completion = 1, aggregation = 1) {
  return seasonOf(seriesOf(values, timeline, completion !== 0, aggregation).values);
}

export function FORECAST_ETS_STAT(values, timeline, kind, seasonality, completion, aggregation) {
  const { values: found, errors, parameters, step } = modelOf(values, timeline, seasonality, completion, aggregation);
  const wanted = Math.trunc(kind);
  if (!(wanted >= 1 && wanted <= 8)) fail("#NUM!");
  if (wanted <= 3) return parameters[wanted - 1];
  const sizes = errors.map(Math.abs);
  if (wanted === 4) return meanOf(sizes) / meanOf(stepsOf(found).map(Math.abs));
  if (wanted === 5) {
    const parts = sizes.map((size, k) => (size ? (2 * size) / (Math.abs(found[k]) + Math.abs(found[k] - errors[k])) : 0));
    return meanOf(parts);
  }
  return wanted === 6 ? meanOf(sizes) : wanted === 7 ? Math.sqrt(meanOf(errors.map((error) => error * error))) : step;
}
