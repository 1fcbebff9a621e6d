// Securities whose first or last period is longer or shorter than the others.
// Source: Microsoft's documentation of ODDFPRICE and ODDLPRICE.

import { fail, finite } from "./values.js";
import { monthsOn } from "./dates.js";
import { root } from "./money.js";
import { couponPeriod, daysBetween } from "./bonds.js";

/** Days that must rise, how often a year a security pays, and its way of counting days, as whole numbers. */
function oddTerms(days, amounts, frequency, basis) {
  const terms = [...days, frequency, basis].map(Math.floor);
  const isRising = days.every((_, k) => k === 0 || terms[k - 1] < terms[k]);
  const [often, way] = terms.slice(-2);
  if (!isRising || ![1, 2, 4].includes(often) || !(way >= 0 && way <= 4) || amounts.some((a) => a < 0)) fail("#NUM!");
  return terms;
}

/** The price per 100 at a yield of `gain` a year, where the first period is odd. */
function oddFirstPrice([issue, settlement, first, maturity, frequency, basis], rate, gain, redemption) {
  const [coupon, growth] = [(100 * rate) / frequency, 1 + gain / frequency];
  const period = couponPeriod(settlement, first, basis, frequency);
  const later = couponPeriod(first, maturity, basis, frequency).count;
  let share = daysBetween(issue, first, basis) / period.length;
  let ahead = daysBetween(settlement, first, basis) / period.length;
  let accrued = daysBetween(issue, settlement, basis) / period.length;
  if (share >= 1) {
    [share, accrued] = [0, 0];
    let end = first;
    for (let place = couponPeriod(issue, first, basis, frequency).count; place > 0; place--) {
      const start = monthsOn(end, -12 / frequency, false);
      const days = basis === 1 ? end - start : period.length;
      share += place === 1 ? daysBetween(issue, end, basis) / days : 1;
      accrued += Math.max(daysBetween(Math.max(issue, start), Math.min(settlement, end), basis), 0) / days;
      end = start;
    }
    ahead = period.count - 1 + period.ahead / period.length;
  }
  let paid = coupon * share * growth ** -ahead + redemption * growth ** -(later + ahead);
  for (let k = 1; k <= later; k++) paid += coupon * growth ** -(k + ahead);
  return paid - coupon * accrued;
}

export function ODDFPRICE(settlement, maturity, issue, first, rate, gain, redemption, frequency, basis = 0) {
  const terms = oddTerms([issue, settlement, first, maturity], [rate, gain, redemption], frequency, basis);
  if (couponPeriod(terms[2], terms[3], terms[5], terms[4]).before !== terms[2]) fail("#NUM!");
  return finite(oddFirstPrice(terms, rate, gain, redemption));
}

export function ODDFYIELD(settlement, maturity, issue, first, rate, price, redemption, frequency, basis = 0) {
  const terms = oddTerms([issue, settlement, first, maturity], [rate, price, redemption], frequency, basis);
  return root((gain) => oddFirstPrice(terms, rate, gain, redemption) - price, rate || 0.05);
}

/** Of an odd last period, in normal ones: all of it, what is past at the settlement, and what is ahead. */
function oddLast([last, settlement, maturity, frequency, basis]) {
  let [length, past, ahead, start] = [0, 0, 0, last];
  for (let left = couponPeriod(last, maturity, basis, frequency).count; left > 0; left--) {
    const end = monthsOn(start, 12 / frequency, false);
    const days = daysBetween(start, end, basis);
    const part = left > 1 ? 1 : daysBetween(start, maturity, basis) / days;
    length += part;
    if (end < settlement) past += part;
    else if (start < settlement) past += daysBetween(start, settlement, basis) / days;
    ahead += Math.max(daysBetween(Math.max(settlement, start), Math.min(maturity, end), basis), 0) / days;
    start = end;
  }
  return [length, past, ahead];
}

export function ODDLPRICE(settlement, maturity, last, rate, gain, redemption, frequency, basis = 0) {
  const terms = oddTerms([last, settlement, maturity], [rate, gain, redemption], frequency, basis);
  const [[length, past, ahead], coupon] = [oddLast(terms), (100 * rate) / terms[3]];
  return finite((redemption + coupon * length) / (1 + (ahead * gain) / terms[3]) - coupon * past);
}

export function ODDLYIELD(settlement, maturity, last, rate, price, redemption, frequency, basis = 0) {
  const terms = oddTerms([last, settlement, maturity], [rate, price, redemption], frequency, basis);
  const [[length, past, ahead], coupon] = [oddLast(terms), (100 * rate) / terms[3]];
  const paid = price + coupon * past;
  return finite((((redemption + coupon * length - paid) / paid) * terms[3]) / ahead);
}
