// Elements, addresses and small searches that the other modules share.

export function byId(id) {
  return document.getElementById(id);
}

// An element; text is always set as text, so that no string of a workbook becomes markup.
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") element.textContent = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") element.textContent = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

// The letters of a column that counts from 0.
export function letters(column) {
  let text = "";
  for (let rest = column + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    text = String.fromCharCode(65 + ((rest - 1) % 26)) + text;
  }
  return text;
}

export function address(row, column) {
  return letters(column) + (row + 1);
}

export function rangeAddress(top, left, bottom, right) {
  const first = address(top, left);
  return top === bottom && left === right ? first : `${first}:${address(bottom, right)}`;
}

// Row and column, from 0, of an address such as B7 or $B$7; null where it is none.
export function position(text) {
  const match = /^\$?([A-Za-z]{1,3})\$?([1-9]\d{0,6})$/.exec(text.trim());
  if (!match) return null;
  let column = 0;
  for (const letter of match[1].toUpperCase()) column = column * 26 + letter.charCodeAt(0) - 64;
  return [Number(match[2]) - 1, column - 1];
}

// The corners, from 0, of an address or of a range such as B7:D9; null where it is none.
export function corners(text) {
  const ends = text.split(":").map(position);
  if (ends.length > 2 || ends.some((end) => !end)) return null;
  const [first, last] = [ends[0], ends[ends.length - 1]];
  return [
    Math.min(first[0], last[0]), Math.min(first[1], last[1]),
    Math.max(first[0], last[0]), Math.max(first[1], last[1]),
  ];
}

export function sheetPrefix(title) {
  return /^[A-Za-z_][A-Za-z0-9_.]*$/.test(title) ? `${title}!` : `'${title.replaceAll("'", "''")}'!`;
}

// The last index whose offset is not beyond `at`; offsets grow.
export function lastAtMost(offsets, at) {
  let low = 0;
  let high = offsets.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (offsets[middle] <= at) low = middle;
    else high = middle - 1;
  }
  return low;
}

export function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}

export function inside(row, column, top, left, bottom, right) {
  return row >= top && row <= bottom && column >= left && column <= right;
}

// For each cell, row by row, the place of the first entry of a list whose ranges hold it; -1 where none does.
export function placesOf(rows, columns, list) {
  const found = new Int16Array(rows * columns).fill(-1);
  for (let k = list.length - 1; k >= 0; k--) {
    for (const [top, left, bottom, right] of list[k].ranges) {
      for (let row = top; row <= Math.min(bottom, rows - 1); row++) {
        found.fill(k, row * columns + left, row * columns + Math.min(right, columns - 1) + 1);
      }
    }
  }
  return found;
}

export function clock() {
  return performance.now();
}

// Calls those who asked to hear of an event.
export class Events {
  constructor() {
    this.heard = new Map();
  }

  on(name, action) {
    if (!this.heard.has(name)) this.heard.set(name, []);
    this.heard.get(name).push(action);
  }

  tell(name, ...about) {
    for (const action of this.heard.get(name) ?? []) action(...about);
  }
}

// Calls an action once no more has been asked for a while.
export function onceQuiet(action, milliseconds) {
  let timer = null;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(action, milliseconds);
  };
}

// Calls an action when the browser has nothing else to do; WebKit does not say when that is.
export function whenIdle(action) {
  if (window.requestIdleCallback) window.requestIdleCallback(action);
  else setTimeout(action, 50);
}

// A whole number with commas between its thousands.
export function grouped(count) {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

// Calls an action once before the next frame, however often it is asked for.
export function oncePerFrame(action) {
  let asked = false;
  return () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      action();
    });
  };
}
