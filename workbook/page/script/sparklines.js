// Small charts in cells: a line, columns, or ups and downs.

const USUAL = "376092";
const PEN = 1.25;
const DOT = 1.8;

// What a sparkline shows: its numbers in order, blanks and texts as NaN.
export function numbersOf({ source: [sheet, top, left, bottom, right], mirrored }, book) {
  const found = [];
  for (let row = top; row <= bottom; row++) for (let column = left; column <= right; column++) found.push(book.number(sheet, row, column));
  return mirrored ? found.reverse() : found;
}

// Which points are marked, each with the colour of its mark; of several kinds the one that says most of the point.
export function marksOf({ marks = [], colours = {}, kind }, numbers) {
  const known = numbers.filter((number) => !Number.isNaN(number));
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const first = numbers.findIndex((number) => !Number.isNaN(number));
  const last = numbers.findLastIndex((number) => !Number.isNaN(number));
  const found = new Map();
  numbers.forEach((number, k) => {
    if (Number.isNaN(number)) return;
    const holds = { markers: kind === "line", negative: number < 0, first: k === first, last: k === last, low: number === low, high: number === high };
    for (const name of Object.keys(holds)) if (marks.includes(name) && holds[name]) found.set(k, colours[name] ?? USUAL);
  });
  return found;
}

// Draws one into a rectangle: left, top, width, height.
export function drawSparkline(context, sparkline, book, [left, top, width, height], tint) {
  const numbers = numbersOf(sparkline, book);
  const known = numbers.filter((number) => !Number.isNaN(number));
  if (!known.length || width <= 4 || height <= 4) return;
  const shade = (hex) => `#${tint(hex)}`;
  const marks = marksOf(sparkline, numbers);
  const colour = shade(sparkline.colours?.series ?? USUAL);
  const low = sparkline.low ?? Math.min(...known);
  const high = sparkline.high ?? Math.max(...known);
  const step = (width - 2 * DOT) / numbers.length;
  const room = height - 2 * DOT;
  const across = (k) => left + DOT + step * (k + 0.5);
  const down = (number) => top + DOT + room * (high > low ? 1 - (number - low) / (high - low) : 0.5);
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  if (sparkline.axis && low <= 0 && high >= 0 && sparkline.kind !== "stacked") {
    context.fillStyle = shade(sparkline.colours?.axis ?? "000000");
    context.fillRect(left, down(0) - 0.5, width, 1);
  }
  if (sparkline.kind === "line") drawCourse(context, numbers, across, down, colour);
  numbers.forEach((number, k) => {
    if (Number.isNaN(number)) return;
    context.fillStyle = marks.has(k) ? shade(marks.get(k)) : colour;
    if (sparkline.kind === "column") {
      // The least column can be seen, as in Excel.
      const base = low >= 0 ? top + height : high <= 0 ? top : down(0);
      const end = low >= 0 ? Math.min(down(number), base - 1) : high <= 0 ? Math.max(down(number), base + 1) : down(number);
      context.fillRect(across(k) - step * 0.38, Math.min(base, end), step * 0.76, Math.abs(end - base));
    } else if (sparkline.kind === "stacked" && number !== 0) {
      const middle = top + height / 2;
      context.fillRect(across(k) - step * 0.38, number > 0 ? middle - height * 0.4 : middle, step * 0.76, height * 0.4);
    } else if (marks.has(k)) {
      context.beginPath();
      context.arc(across(k), down(number), DOT, 0, 2 * Math.PI);
      context.fill();
    }
  });
  context.restore();
}

// A line from number to number, which ends where one is missing.
function drawCourse(context, numbers, across, down, colour) {
  context.strokeStyle = colour;
  context.lineWidth = PEN;
  context.lineJoin = "round";
  context.beginPath();
  let open = false;
  numbers.forEach((number, k) => {
    if (Number.isNaN(number)) {
      open = false;
      return;
    }
    if (open) context.lineTo(across(k), down(number));
    else context.moveTo(across(k), down(number));
    open = true;
  });
  context.stroke();
}
