// Securities: what they cost, what they yield, and the days on which they pay.

import { fail, finite } from "./values.js";
import { DAYS360, YEARFRAC, dateOf, monthsOn } from "./dates.js";
import { root } from "./money.js";

/** The days of a security, its way of counting them, and how often a year it pays, as whole numbers. */
function termsOf(...given) {
  const [settlement, maturity, basis, frequency] = given.map(Math.floor);
  if (settlement >= maturity || !(basis >= 0 && basis <= 4) || ![1, 2, 4].includes(frequency)) fail("#NUM!");
  return [settlement, maturity, basis, frequency];
}

/** The days from one to another: months of 30 days (basis 0 and, as in Europe, 4), or as the calendar has them. */
export function daysBetween(start, end, basis) {
  return basis === 0 || basis === 4 ? DAYS360(start, end, basis === 4) : end - start;
}

/** A coupon's period around the settlement, and how many coupons follow; the days are counted back from the maturity. */
export function couponPeriod(...given) {
  const [settlement, maturity, basis, frequency] = termsOf(...given);
  const isLast = dateOf(maturity + 1)[2] === 1;
  let [count, before, after] = [0, maturity, maturity];
  while (before > settlement) {
    count += 1;
    after = before;
    before = monthsOn(maturity, (-count * 12) / frequency, isLast);
  }
  const length = periodDays(before, after, frequency, basis);
  const past = daysBetween(before, settlement, basis);
  const ahead = basis === 0 || basis === 4 ? length - past : after - settlement;
  return { settlement, maturity, basis, frequency, before, after, count, length, past, ahead };
}

/** The days of a coupon's period. */
export function periodDays(before, after, frequency, basis) {
  return basis === 1 ? after - before : (basis === 3 ? 365 : 360) / frequency;
}

export function COUPPCD(settlement, maturity, frequency, basis = 0) {
  return couponPeriod(settlement, maturity, basis, frequency).before;
}

export function COUPNCD(settlement, maturity, frequency, basis = 0) {
  return couponPeriod(settlement, maturity, basis, frequency).after;
}

export function COUPNUM(settlement, maturity, frequency, basis = 0) {
  return couponPeriod(settlement, maturity, basis, frequency).count;
}

export function COUPDAYBS(settlement, maturity, frequency, basis = 0) {
  return couponPeriod(settlement, maturity, basis, frequency).past;
}

export function COUPDAYS(settlement, maturity, frequency, basis = 0) {
  return couponPeriod(settlement, maturity, basis, frequency).length;
}

export function COUPDAYSNC(settlement, maturity, frequency, basis = 0) {
  return couponPeriod(settlement, maturity, basis, frequency).ahead;
}

/** The price of a security per 100 at a yield of `gain` a year. */
function priceAt(period, rate, gain, redemption) {
  const { count, frequency } = period;
  const ahead = period.ahead / period.length;
  const [coupon, growth] = [(100 * rate) / frequency, 1 + gain / frequency];
  const accrued = (coupon * period.past) / period.length;
  if (count === 1) return (redemption + coupon) / (1 + (ahead * gain) / frequency) - accrued;
  let paid = 0;
  for (let k = 0; k < count; k++) paid += coupon / growth ** (k + ahead);
  return redemption / growth ** (count - 1 + ahead) + paid - accrued;
}

export function PRICE(settlement, maturity, rate, gain, redemption, frequency, basis = 0) {
  if (rate < 0 || gain < 0 || redemption <= 0) fail("#NUM!");
  return finite(priceAt(couponPeriod(settlement, maturity, basis, frequency), rate, gain, redemption));
}

export function YIELD(settlement, maturity, rate, price, redemption, frequency, basis = 0) {
  if (rate < 0 || price <= 0 || redemption <= 0) fail("#NUM!");
  const period = couponPeriod(settlement, maturity, basis, frequency);
  return root((gain) => priceAt(period, rate, gain, redemption) - price, rate || 0.05);
}

export function DURATION(settlement, maturity, coupon, gain, frequency, basis = 0) {
  if (coupon < 0 || gain < 0) fail("#NUM!");
  const period = couponPeriod(settlement, maturity, basis, frequency);
  let [total, weighted] = [0, 0];
  for (let k = 0; k < period.count; k++) {
    const place = k + period.ahead / period.length;
    const paid = (100 * coupon) / period.frequency + (k === period.count - 1 ? 100 : 0);
    const worthNow = paid / (1 + gain / period.frequency) ** place;
    total += worthNow;
    weighted += worthNow * place;
  }
  return finite(weighted / period.frequency / total);
}

export function MDURATION(settlement, maturity, coupon, gain, frequency, basis = 0) {
  return DURATION(settlement, maturity, coupon, gain, frequency, basis) / (1 + gain / Math.trunc(frequency));
}

export function ACCRINT(issue, firstInterest, settlement, rate, par, frequency, basis = 0, fromIssue = true) {
  const [from, to, way, often] = termsOf(issue, settlement, basis, frequency);
  if (rate <= 0 || par <= 0) fail("#NUM!");
  const [first, step] = [Math.floor(firstInterest), 12 / often];
  const start = fromIssue || to <= first ? from : first;
  // From the first coupon the periods go on in both directions.
  let [place, periods] = [0, 0];
  while (monthsOn(first, place * step, false) > start) place -= 1;
  for (let opens = monthsOn(first, place * step, false); opens < to; place += 1) {
    const closes = monthsOn(first, (place + 1) * step, false);
    periods += daysBetween(Math.max(opens, start), Math.min(closes, to), way) / periodDays(opens, closes, often, way);
    opens = closes;
  }
  return finite(((par * rate) / often) * periods);
}

/** The years from one day to a later one. */
function yearsOf(start, end, basis) {
  const [from, to, way] = termsOf(start, end, basis, 1);
  return YEARFRAC(from, to, way);
}

/** Two numbers that must be above 0. */
function above0(one, other) {
  if (!(one > 0 && other > 0)) fail("#NUM!");
}

export function ACCRINTM(issue, settlement, rate, par = 1000, basis = 0) {
  above0(rate, par);
  return par * rate * yearsOf(issue, settlement, basis);
}

export function DISC(settlement, maturity, price, redemption, basis = 0) {
  above0(price, redemption);
  return finite((redemption - price) / redemption / yearsOf(settlement, maturity, basis));
}

export function INTRATE(settlement, maturity, investment, redemption, basis = 0) {
  above0(investment, redemption);
  return finite((redemption - investment) / investment / yearsOf(settlement, maturity, basis));
}

export function RECEIVED(settlement, maturity, investment, discount, basis = 0) {
  above0(investment, discount);
  return finite(investment / (1 - discount * yearsOf(settlement, maturity, basis)));
}

export function PRICEDISC(settlement, maturity, discount, redemption, basis = 0) {
  above0(discount, redemption);
  return redemption * (1 - discount * yearsOf(settlement, maturity, basis));
}

export function YIELDDISC(settlement, maturity, price, redemption, basis = 0) {
  above0(price, redemption);
  return finite((redemption / price - 1) / yearsOf(settlement, maturity, basis));
}

/** The years from the issue to the maturity, from there to the settlement, and from that to the maturity. */
function lifeOf(settlement, maturity, issue, basis) {
  const [from, to, way] = termsOf(settlement, maturity, basis, 1);
  return [YEARFRAC(issue, to, way), YEARFRAC(issue, from, way), YEARFRAC(from, to, way)];
}

export function PRICEMAT(settlement, maturity, issue, rate, gain, basis = 0) {
  if (rate < 0 || gain < 0) fail("#NUM!");
  const [life, held, ahead] = lifeOf(settlement, maturity, issue, basis);
  return finite(100 * ((1 + life * rate) / (1 + ahead * gain) - held * rate));
}

export function YIELDMAT(settlement, maturity, issue, rate, price, basis = 0) {
  if (rate < 0 || price <= 0) fail("#NUM!");
  const [life, held, ahead] = lifeOf(settlement, maturity, issue, basis);
  return finite(((1 + life * rate) / (price / 100 + held * rate) - 1) / ahead);
}

/** The days of a Treasury bill, of which it has at most a year. */
function billDays(settlement, maturity) {
  const [from, to] = termsOf(settlement, maturity, 0, 1);
  return to > monthsOn(from, 12, false) ? fail("#NUM!") : to - from;
}

export function TBILLPRICE(settlement, maturity, discount) {
  const price = 100 * (1 - (discount * billDays(settlement, maturity)) / 360);
  return discount <= 0 || price < 0 ? fail("#NUM!") : price;
}

export function TBILLYIELD(settlement, maturity, price) {
  if (price <= 0) fail("#NUM!");
  return (((100 - price) / price) * 360) / billDays(settlement, maturity);
}

export function TBILLEQ(settlement, maturity, discount) {
  const days = billDays(settlement, maturity);
  if (discount <= 0 || discount * days >= 360) fail("#NUM!");
  if (days <= 182) return (365 * discount) / (360 - discount * days);
  // Beyond half a year there would be a coupon in between, whose interest bears interest.
  const [price, years] = [1 - (discount * days) / 360, days / (days === 366 ? 366 : 365)];
  return finite((Math.sqrt(years ** 2 - (2 * years - 1) * (1 - 1 / price)) - years) / (years - 0.5));
}
