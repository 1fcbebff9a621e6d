// A section of a number format in pieces, and what those show that stand for themselves.

const PIECE = /"[^"]*"?|\\.|_.|\*.|\[[^\]]*\]|general|am\/pm|a\/p|e[+-]|y+|m+|d+|h+|s+|./gis;
// A blank as wide as a digit.
export const DIGIT_BLANK = "\u2007";
// Before the sign that fills what a cell has left: no text of a file has it, because no XML may.
export const FILL = "\u0001";

export function piecesOf(section) {
  return section.match(PIECE) ?? [];
}

export function isDigit(piece) {
  return piece === "0" || piece === "#" || piece === "?";
}

export function literal(piece) {
  if (piece[0] === '"') return piece.slice(1).replace(/"$/, "");
  if (piece.length < 2) return piece;
  if (piece[0] === "\\") return piece.slice(1);
  if (piece[0] === "_") return " ";
  if (piece[0] === "*") return FILL + piece.slice(1);
  if (piece[0] === "[") return piece.startsWith("[$") ? piece.slice(2, -1).replace(/-[0-9A-Fa-f]+$/, "") : "";
  return piece;
}
