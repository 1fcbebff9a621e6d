// Numbers as a cell shows them: Excel's number formats.

const PIECE = /"[^"]*"?|\\.|_.|\*.|\[[^\]]*\]|general|am\/pm|a\/p|e[+-]|y+|m+|d+|h+|s+|./gis;
const MONTHS = [
  "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
  "December",
];
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const COMPARE = {
  "<": (a, b) => a < b, ">": (a, b) => a > b, "<=": (a, b) => a <= b,
  ">=": (a, b) => a >= b, "=": (a, b) => a === b, "<>": (a, b) => a !== b,
};
const INKS = {
  black: "000000", blue: "0000FF", cyan: "00FFFF", green: "00FF00", magenta: "FF00FF", red: "FF0000", white: "FFFFFF", yellow: "FFFF00",
};
const compiled = new Map();

// The text of a number in a format; 0.1 + 0.2 is 0.3, because a spreadsheet shows 15 digits at most.
export function formatNumber(value, format) {
  if (!compiled.has(format)) compiled.set(format, sectionsOf(format));
  const sections = compiled.get(format);
  const [section, signed] = chosen(value, sections);
  if (!section) return "";
  return (signed ? "-" : "") + section.show(Math.abs(value), value);
}

// The colour that a format gives to a number's signs, as six hexadecimal digits; null where it gives none.
export function formatInk(value, format) {
  if (!/\[[a-z]+\]/i.test(format)) return null;
  if (!compiled.has(format)) compiled.set(format, sectionsOf(format));
  const found = /\[([a-z]+)\]/i.exec(chosen(value, compiled.get(format))[0]?.text ?? "");
  return INKS[found?.[1].toLowerCase()] ?? null;
}

// A text in a format: what its fourth section, or one with an @, makes of it.
export function formatText(text, format) {
  if (format === "General" || format === "@" || !format.includes(";")) return text;
  const sections = split(format);
  if (sections.length < 4) return format === ";;;" ? "" : text;
  return (sections[3].match(PIECE) ?? []).map((piece) => (piece === "@" ? text : literal(piece))).join("");
}

function split(format) {
  return format.split(/;(?=(?:[^"]*"[^"]*")*[^"]*$)/);
}

function sectionsOf(format) {
  return split(format).map((text) => {
    const test = /\[([<>=]+)(-?[\d.]+)\]/.exec(text);
    return { test: test ? [test[1], Number(test[2])] : null, show: shower(text), text };
  });
}

function chosen(value, sections) {
  if (sections.some((section) => section.test)) {
    for (const section of sections) {
      if (!section.test || COMPARE[section.test[0]](value, section.test[1])) return [section, value < 0];
    }
    return [sections[sections.length - 1], value < 0];
  }
  const place = value < 0 && sections.length > 1 ? 1 : value === 0 && sections.length > 2 ? 2 : 0;
  const section = sections[place];
  // A number that rounds to zero keeps its sign in a spreadsheet only where a digit is left.
  const signed = value < 0 && place !== 1 && /[1-9]/.test(section.show(-value, value));
  return [section, signed];
}

function literal(piece) {
  if (piece[0] === '"') return piece.slice(1).replace(/"$/, "");
  if (piece[0] === "\\") return piece.slice(1);
  if (piece[0] === "_") return " ";
  if (piece[0] === "*") return "";
  if (piece[0] === "[") return piece.startsWith("[$") ? piece.slice(2, -1).replace(/-[0-9A-Fa-f]+$/, "") : "";
  return piece;
}

function shower(text) {
  const pieces = text.match(PIECE) ?? [];
  if (pieces.some((piece) => /^general$/i.test(piece))) {
    return (value) =>
      pieces.map((piece) => (/^general$/i.test(piece) ? general(value) : literal(piece))).join("");
  }
  const digits = (piece) => piece === "0" || piece === "#" || piece === "?";
  const dates = pieces.some((piece) => /^(\[(h+|m+|s+)\]|[ymdhs]+)$/i.test(piece));
  if (dates && !pieces.some((piece, k) => digits(piece) && pieces[k - 1] !== "." && !digits(pieces[k - 1] ?? ""))) {
    return (_, value) => moment(value, pieces);
  }
  if (!pieces.some(digits)) return () => pieces.map(literal).join("");
  return numeric(pieces, digits);
}

function numeric(pieces, digits) {
  const first = pieces.findIndex(digits);
  const last = pieces.findLastIndex(digits);
  const exponent = pieces.findIndex((piece) => /^e[+-]$/i.test(piece));
  const slash = pieces.indexOf("/");
  if (slash > first && slash < last) return fraction(pieces, first, last, slash);
  const end = exponent < 0 ? last : exponent - 1;
  const point = pieces.indexOf(".");
  const decimals = point < 0 ? [] : pieces.slice(point + 1, end + 1).filter(digits);
  const wholes = pieces.slice(first, point < 0 ? end + 1 : Math.max(first, point)).filter(digits);
  const grouped = pieces.slice(first, point < 0 ? end : point).includes(",");
  let scale = 1;
  for (let k = last + 1; pieces[k] === ","; k++) scale /= 1000;
  for (const piece of pieces) if (piece === "%") scale *= 100;
  const before = pieces.slice(0, first).filter((piece) => piece !== "." || point > first).map(literal).join("");
  const after = pieces.slice(last + 1).filter((piece) => piece !== ",").map(literal).join("");
  const least = wholes.filter((piece) => piece !== "#").length;
  return (value) => {
    let number = value * scale;
    let power = "";
    if (exponent >= 0) {
      const places = pieces.slice(exponent + 1, last + 1).filter(digits).length;
      let e = number === 0 ? 0 : Number(number.toExponential(14).split("e")[1]);
      const step = Math.max(1, wholes.length);
      e = Math.floor(e / step) * step;
      if (number !== 0 && Number(fixed(number / 10 ** e, decimals.length)) >= 10 ** step) e += step;
      number = number === 0 ? 0 : e < -300 ? (number * 1e300) / 10 ** (e + 300) : number / 10 ** e;
      const sign = e < 0 ? "-" : pieces[exponent][1] === "+" ? "+" : "";
      power = "E" + sign + String(Math.abs(e)).padStart(places, "0");
    }
    let [whole, rest = ""] = fixed(number, decimals.length).split(".");
    for (let k = decimals.length - 1; k >= 0 && rest[k] === "0" && decimals[k] !== "0"; k--) {
      rest = rest.slice(0, k) + (decimals[k] === "?" ? " " : "");
    }
    if (whole === "0" && least === 0) whole = "";
    whole = whole.padStart(least, "0");
    if (grouped) whole = whole.replace(/\B(?=(\d{3})+$)/g, ",");
    return before + whole + (point >= 0 && point <= end ? "." + rest : "") + power + after;
  };
}

function fraction(pieces, first, last, slash) {
  const below = pieces.slice(slash + 1, last + 1).join("").trim();
  const whole = pieces.slice(first, slash).includes(" ");
  const most = /^[1-9]/.test(below) ? 0 : 10 ** below.replace(/[^0#?]/g, "").length - 1;
  return (value) => {
    const rest = whole ? value % 1 : value;
    let best = [0, most ? 1 : Number(below)];
    if (most) {
      for (let d = 1; d <= most; d++) {
        const n = Math.round(rest * d);
        if (Math.abs(rest - n / d) < Math.abs(rest - best[0] / best[1]) - 1e-12) best = [n, d];
      }
    } else best[0] = Math.round(rest * best[1]);
    const units = whole ? Math.floor(value) + (best[0] === best[1] ? 1 : 0) : 0;
    const shown = best[0] && best[0] !== best[1] ? `${best[0]}/${best[1]}` : whole ? "" : `${best[0]}/${best[1]}`;
    return pieces.slice(0, first).map(literal).join("") + (units ? `${units} ${shown}`.trim() : shown || "0");
  };
}

function moment(value, pieces) {
  const day = Math.floor(value + 1e-9);
  const date = new Date(Date.UTC(1899, 11, 30) + Math.round(value * 86400) * 1000);
  const seconds = Math.round((value - day) * 86400);
  const noon = pieces.some((piece) => /^a/i.test(piece) && piece.includes("/"));
  const hour = date.getUTCHours();
  let minutes = false;
  return pieces
    .map((piece, k) => {
      const low = piece.toLowerCase();
      const two = (n) => (low.length > 1 ? String(n).padStart(2, "0") : String(n));
      if (/^y+$/.test(low)) return low.length > 2 ? date.getUTCFullYear() : two(date.getUTCFullYear() % 100);
      if (/^d+$/.test(low)) {
        if (low.length > 2) return low.length === 3 ? DAYS[date.getUTCDay()].slice(0, 3) : DAYS[date.getUTCDay()];
        return two(date.getUTCDate());
      }
      if (/^h+$/.test(low)) {
        minutes = true;
        return two(noon ? hour % 12 || 12 : hour);
      }
      if (/^s+$/.test(low)) return two(date.getUTCSeconds());
      if (/^m+$/.test(low)) {
        const next = pieces.slice(k + 1).find((other) => /^[a-z]+$/i.test(other));
        if (minutes || /^s+$/i.test(next ?? "")) {
          minutes = false;
          return two(date.getUTCMinutes());
        }
        const name = MONTHS[date.getUTCMonth()];
        if (low.length > 2) return low.length === 3 ? name.slice(0, 3) : low.length === 5 ? name[0] : name;
        return two(date.getUTCMonth() + 1);
      }
      if (low === "am/pm") return hour < 12 ? "AM" : "PM";
      if (low === "a/p") return hour < 12 ? "A" : "P";
      if (low === "[h]" || low === "[hh]") {
        minutes = true;
        return day * 24 + Math.floor(seconds / 3600);
      }
      if (low === "[m]" || low === "[mm]") return day * 1440 + Math.floor(seconds / 60);
      if (low === "[s]" || low === "[ss]") return day * 86400 + seconds;
      return literal(piece);
    })
    .join("");
}

// A number that is not negative with so many decimals, rounded half up on its 15 significant digits.
export function fixed(value, decimals) {
  if (!Number.isFinite(value)) return String(value);
  const [mantissa, exponent] = value.toExponential(14).split("e");
  const digits = mantissa.replace(".", "");
  const keep = Number(exponent) + 1 + decimals;
  let scaled = 0n;
  if (keep >= digits.length) scaled = BigInt(digits.padEnd(keep, "0"));
  else if (keep >= 0) scaled = BigInt(digits.slice(0, keep) || "0") + (digits[keep] >= "5" ? 1n : 0n);
  const text = scaled.toString().padStart(decimals + 1, "0");
  return decimals ? `${text.slice(0, -decimals)}.${text.slice(-decimals)}` : text;
}

// A number as the format General shows it where there is room for `most` signs.
export function general(value, most = 11) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  const sign = value < 0 ? "-" : "";
  if (size >= 1e-4 && size < 10 ** Math.min(most, 11)) {
    const wholes = Math.max(1, Math.floor(Math.log10(size)) + 1);
    const decimals = Math.max(0, Math.min(most - 1 - wholes, 10 - (size >= 1 ? wholes : 1)));
    const text = fixed(size, decimals);
    return sign + (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
  }
  const decimals = Math.max(0, Math.min(5, most - 6));
  let e = Number(size.toExponential(14).split("e")[1]);
  let text = fixed(size / 10 ** e, decimals);
  if (Number(text) >= 10) {
    e += 1;
    text = fixed(size / 10 ** e, decimals);
  }
  if (text.includes(".")) text = text.replace(/\.?0+$/, "");
  return `${sign}${text}E${e < 0 ? "-" : "+"}${String(Math.abs(e)).padStart(2, "0")}`;
}

// A number in the shortest way that reads back as the same number.
export function plain(value) {
  return String(value).replace("e", "E").replace("E+", "E+");
}
