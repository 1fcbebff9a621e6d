// Texts and regular expressions.

import { Area, cellText, fail, fromRows, lift, num, one, txt } from "./values.js";

/** A regular expression of a text; one that can't be read is #VALUE!. */
function patternOf(form, regardless) {
  try {
    return new RegExp(form, Math.trunc(regardless) ? "gi" : "g");
  } catch {
    return fail("#VALUE!");
  }
}

export function REGEXTEST(value, form, regardless = 0) {
  return patternOf(form, regardless).test(value);
}

export function REGEXEXTRACT(value, form, which = 0, regardless = 0) {
  if ([value, form].some((given) => given instanceof Area && given.size > 1)) {
    return lift("tt", (text, pattern) => extracted(text, pattern, 0, regardless), value, form);
  }
  return extracted(txt(one(value)), txt(one(form)), Math.trunc(num(which)), regardless);
}

/** The first match, all of them (1), or the groups of the first (2), side by side. */
function extracted(text, form, which, regardless) {
  const found = [...text.matchAll(patternOf(form, regardless))];
  if (!found.length) fail("#N/A");
  if (which === 1) return fromRows([found.map((match) => match[0])]);
  return which === 2 ? fromRows([found[0].slice(1).map((group) => group ?? "")]) : found[0][0];
}

export function REGEXREPLACE(value, form, put, place = 0, regardless = 0) {
  const [pattern, wanted] = [patternOf(form, regardless), Math.trunc(place)];
  if (!wanted) return cellText(value.replace(pattern, put));
  const found = [...value.matchAll(pattern)];
  const match = found[wanted > 0 ? wanted - 1 : found.length + wanted];
  if (match === undefined) return value;
  const changed = put.replace(/\$(\d)/g, (_, group) => match[Number(group)] ?? "");
  return cellText(value.slice(0, match.index) + changed + value.slice(match.index + match[0].length));
}

export function ENCODEURL(value) {
  return cellText(encodeURIComponent(value).replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`));
}
