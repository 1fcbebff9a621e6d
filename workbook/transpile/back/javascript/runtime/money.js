// Loans and savings.

import { fail, finite, flat, got, num, numbers, sure } from "./values.js";
import { DAYS360, dateOf, isLeap } from "./dates.js";

export function PMT(rate, periods, present, future = 0, atStart = 0) {
  if (periods === 0) fail("#NUM!");
  if (rate === 0) return -(present + future) / periods;
  const growth = (1 + rate) ** periods;
  return finite((-(present * growth + future) * rate) / ((growth - 1) * (1 + rate * (atStart ? 1 : 0))));
}

export function FV(rate, periods, payment, present = 0, atStart = 0) {
  if (rate === 0) return -present - payment * periods;
  const growth = (1 + rate) ** periods;
  return finite(-present * growth - (payment * (1 + rate * (atStart ? 1 : 0)) * (growth - 1)) / rate);
}

export function PV(rate, periods, payment, future = 0, atStart = 0) {
  if (rate === 0) return -future - payment * periods;
  const growth = (1 + rate) ** periods;
  return finite((-future - (payment * (1 + rate * (atStart ? 1 : 0)) * (growth - 1)) / rate) / growth);
}

/** The sum of payments, each as it is worth some years before. */
function worth(rate, flows) {
  return flows.reduce((total, [flow, years]) => total + flow / (1 + rate) ** years, 0);
}

export function NPV(rate, ...values) {
  if (rate === -1) fail("#DIV/0!");
  return finite(worth(rate, numbers(values).map((flow, k) => [flow, k + 1])));
}

export function NPER(rate, payment, present, future = 0, atStart = 0) {
  if (rate === 0) return payment === 0 ? fail("#DIV/0!") : -(present + future) / payment;
  if (rate <= -1) fail("#NUM!");
  const due = payment * (1 + rate * (atStart ? 1 : 0));
  return finite(Math.log((due - future * rate) / (due + present * rate)) / Math.log1p(rate));
}

/** Where a function of a rate is 0, found from a guess, or else from other rates. */
export function root(compute, guess) {
  for (const start of [guess, 0.1, 0.01, 0.5, -0.1, -0.5]) {
    const found = got(() => bySecants(compute, start));
    if (typeof found === "number") return found;
  }
  return fail("#NUM!");
}

/** Where a function of a rate is 0, by secants from a guess. */
function bySecants(compute, guess) {
  let [low, high] = [guess, guess * 1.01 + 1e-4];
  let [atLow, atHigh] = [compute(low), compute(high)];
  // Close to -1, which no rate goes below, steps get small where the function is not.
  const small = 1e-6 * Math.max(Math.abs(atLow), Math.abs(atHigh), 1);
  const found = () => (Math.abs(atHigh) <= small ? high : fail("#NUM!"));
  for (let k = 0; k < 200; k++) {
    if (atHigh === 0 || Math.abs(high - low) <= 1e-15 * Math.abs(high)) return found();
    let step = atHigh === atLow ? 0 : (atHigh * (high - low)) / (atHigh - atLow);
    if (!Number.isFinite(step)) fail("#NUM!");
    while (high - step <= -1) step /= 2;
    [low, atLow, high] = [high, atHigh, high - step];
    atHigh = compute(high);
    if (low === high) return found();
  }
  return fail("#NUM!");
}

export function RATE(periods, payment, present, future = 0, atStart = 0, guess = 0.1) {
  const leftOver = (rate) => {
    const growth = (1 + rate) ** periods;
    const paid = Math.abs(rate) < 1e-12 ? periods : (growth - 1) / rate;
    return present * growth + payment * (1 + rate * (atStart ? 1 : 0)) * paid + future;
  };
  return root(leftOver, guess);
}

export function IPMT(rate, period, periods, present, future = 0, atStart = 0) {
  if (period < 1 || period > periods) fail("#NUM!");
  if (atStart && period === 1) return 0;
  const owed = FV(rate, period - 1, PMT(rate, periods, present, future, atStart), present, atStart);
  return (owed * rate) / (1 + rate * (atStart ? 1 : 0));
}

export function PPMT(rate, period, periods, present, future = 0, atStart = 0) {
  return PMT(rate, periods, present, future, atStart) - IPMT(rate, period, periods, present, future, atStart);
}

/** What IPMT or PPMT makes over some periods together. */
function accumulated(part, rate, periods, present, first, last, atStart) {
  if (!(rate > 0 && periods > 0 && present > 0 && first >= 1 && first <= last && last <= periods)) fail("#NUM!");
  let total = 0;
  for (let k = Math.ceil(first); k <= Math.trunc(last); k++) total += part(rate, k, periods, present, 0, atStart);
  return total;
}

export function CUMIPMT(rate, periods, present, first, last, atStart) {
  return accumulated(IPMT, rate, periods, present, first, last, atStart);
}

export function CUMPRINC(rate, periods, present, first, last, atStart) {
  return accumulated(PPMT, rate, periods, present, first, last, atStart);
}

/** Payments that are of both signs. */
function mixed(flows) {
  return flows.some(([flow]) => flow > 0) && flows.some(([flow]) => flow < 0) ? flows : fail("#NUM!");
}

export function IRR(values, guess = 0.1) {
  const flows = mixed(numbers([values]).map((flow, k) => [flow, k]));
  return root((rate) => worth(rate, flows), guess);
}

/** The payments, and the years (of 365 days) from the first to each. */
function datedFlows(values, dates) {
  const flows = flat([values]).map((value) => num(sure(value)));
  const days = flat([dates]).map((value) => Math.floor(num(sure(value))));
  if (flows.length !== days.length || Math.min(...days) < days[0]) fail("#NUM!");
  return flows.map((flow, k) => [flow, (days[k] - days[0]) / 365]);
}

export function XNPV(rate, values, dates) {
  return worth(rate, datedFlows(values, dates));
}

export function XIRR(values, dates, guess = 0.1) {
  const flows = mixed(datedFlows(values, dates));
  return root((rate) => worth(rate, flows), guess);
}

export function EFFECT(nominal, periods) {
  const times = Math.trunc(periods);
  return nominal <= 0 || times < 1 ? fail("#NUM!") : (1 + nominal / times) ** times - 1;
}

export function NOMINAL(effective, periods) {
  const times = Math.trunc(periods);
  return effective <= 0 || times < 1 ? fail("#NUM!") : ((1 + effective) ** (1 / times) - 1) * times;
}

export function FVSCHEDULE(principal, rates) {
  return numbers([rates]).reduce((worthNow, rate) => worthNow * (1 + rate), principal);
}

export function RRI(periods, present, future) {
  if (periods <= 0) fail("#NUM!");
  return finite((future / present) ** (1 / periods) - 1);
}

export function PDURATION(rate, present, future) {
  if (rate <= 0 || present <= 0 || future <= 0) fail("#NUM!");
  return Math.log(future / present) / Math.log1p(rate);
}

export function SLN(cost, salvage, life) {
  return life === 0 ? fail("#DIV/0!") : (cost - salvage) / life;
}

export function SYD(cost, salvage, life, period) {
  if (period <= 0 || period > life) fail("#NUM!");
  return ((cost - salvage) * (life - period + 1) * 2) / (life * (life + 1));
}

export function DDB(cost, salvage, life, period, factor = 2) {
  if (period < 1 || period > life) fail("#NUM!");
  let left = cost;
  let lost = 0;
  for (let k = 0; k < Math.trunc(period); k++) {
    lost = Math.min((left * factor) / life, Math.max(left - salvage, 0));
    left -= lost;
  }
  return lost;
}

export function MIRR(values, financeRate, reinvestRate) {
  const flows = numbers([values]);
  const spent = worth(financeRate, flows.map((flow, k) => [Math.min(flow, 0), k]));
  const last = flows.length - 1;
  const gained = worth(reinvestRate, flows.map((flow, k) => [Math.max(flow, 0), k - last]));
  if (spent === 0 || gained === 0) fail("#DIV/0!");
  return finite((gained / -spent) ** (1 / last) - 1);
}

export function ISPMT(rate, period, periods, present) {
  if (periods === 0) fail("#DIV/0!");
  return present * rate * (period / periods - 1);
}

export function DB(cost, salvage, life, wanted, firstMonths = 12) {
  const [period, months] = [wanted, firstMonths].map(Math.trunc);
  const isIn = months >= 1 && months <= 12 && period >= 1 && period <= life + (months < 12 ? 1 : 0);
  if (cost < 0 || salvage < 0 || life < 1 || !isIn) fail("#NUM!");
  const rate = cost ? Math.round((1 - (salvage / cost) ** (1 / life)) * 1000) / 1000 : 1;
  let [lost, left] = [(cost * rate * months) / 12, cost];
  for (let k = 1; k < period; k++) {
    left -= lost;
    lost = left * rate;
  }
  return finite(period <= life ? lost : (lost * (12 - months)) / 12);
}

export function VDB(cost, salvage, life, start, end, factor = 2, noSwitch = false) {
  if (cost < 0 || salvage < 0 || life <= 0 || factor < 0 || !(start >= 0 && start <= end && end <= life)) fail("#NUM!");
  let [left, total] = [cost, 0];
  for (let k = 0; k < Math.ceil(end); k++) {
    let lost = Math.max(Math.min((left * factor) / life, left - salvage), 0);
    // To a straight line, once that takes more off.
    if (!noSwitch) lost = Math.max(lost, (left - salvage) / (life - k));
    total += lost * Math.max(Math.min(end, k + 1) - Math.max(start, k), 0);
    left -= lost;
  }
  return finite(total);
}

/** The part of a year from a purchase to the end of its first period. */
function firstShare(...given) {
  const [bought, periodEnd, basis] = given.map(Math.floor);
  if (bought > periodEnd || ![0, 1, 3, 4].includes(basis)) fail("#NUM!");
  if (basis === 0 || basis === 4) return DAYS360(bought, periodEnd, basis === 4) / 360;
  const isLeapDay = (day) => dateOf(day)[1] === 2 && dateOf(day)[2] === 29;
  const days = periodEnd - isLeapDay(periodEnd) - (bought - isLeapDay(bought));
  return days / (basis === 1 && isLeap(dateOf(bought)[0]) ? 366 : 365);
}

/** A whole amount; what is a half to 13 digits is one. */
function roundedHalfUp(amount) {
  return Math.floor(Number(amount.toPrecision(13)) + 0.5);
}

/** An asset must be worth something that is lost in time. */
function checkAsset(cost, salvage, period, rate) {
  if (!(salvage >= 0 && salvage <= cost) || period < 0 || rate <= 0) fail("#NUM!");
}

export function AMORLINC(cost, bought, periodEnd, salvage, period, rate, basis = 0) {
  checkAsset(cost, salvage, period, rate);
  const share = firstShare(bought, periodEnd, basis);
  if (cost === salvage || period > Math.ceil(1 / rate)) return 0;
  const lost = Math.min(cost * rate * (share || 1), cost - salvage);
  if (period === 0) return lost;
  let [left, each] = [cost - salvage - lost, cost * rate];
  for (let k = Math.floor(period); k > 0; k--) {
    each = Math.min(each, left);
    left -= each;
  }
  return each;
}

export function AMORDEGRC(cost, bought, periodEnd, salvage, period, rate, basis = 0) {
  checkAsset(cost, salvage, period, rate);
  const [years, share] = [1 / rate, firstShare(bought, periodEnd, basis)];
  const life = Math.ceil(years);
  if (years < 3 || (years > 4 && years < 5)) fail("#NUM!");
  if (cost === salvage || period > life || (period > 0 && period < 1)) return 0;
  let speed = rate * (life <= 4 ? 1.5 : life <= 6 ? 2 : 2.5);
  let lost = roundedHalfUp(Math.min(cost * speed * (share || 1), cost - salvage));
  let left = cost - lost;
  for (let k = 1; k <= Math.floor(period); k++) {
    // The last but one takes half of what is left, the last all of it.
    const isLastButOne = life + (share ? 1 : 0) - k === 3;
    lost = left < salvage ? 0 : isLastButOne ? left * 0.5 : left * speed;
    if (isLastButOne) speed = 1;
    left -= lost;
  }
  return roundedHalfUp(lost);
}

/** By what a fraction's digits are scaled: 100 for sixteenths. */
function fractionDigits(fraction) {
  if (Math.trunc(fraction) < 1) fail(fraction >= 0 ? "#DIV/0!" : "#NUM!");
  return 10 ** Math.ceil(Math.log10(Math.trunc(fraction)));
}

export function DOLLARDE(price, fraction) {
  return Math.trunc(price) + ((price % 1) * fractionDigits(fraction)) / Math.trunc(fraction);
}

export function DOLLARFR(price, fraction) {
  return Math.trunc(price) + ((price % 1) * Math.trunc(fraction)) / fractionDigits(fraction);
}
