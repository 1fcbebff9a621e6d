// Rows and columns that open and close together, by the heading of the row or column that sums them up.

// The groups, each with whether it is closed: all of its lines have no size.
export function readGroups(groups, sizes) {
  return groups.map(([first, last, at]) => ({ first, last, at, closed: everyBetween(first, last, (k) => sizes[k] === 0) }));
}

function everyBetween(first, last, holds) {
  for (let k = first; k <= last; k++) if (!holds(k)) return false;
  return true;
}

// Opens or closes the groups that a heading stands for: all of them are opened where one is closed. `sizes` takes the
// sizes of their lines: none of those in a group that is closed, `shown` of the others. Says what was done, or nothing.
export function fold(groups, at, sizes, shown) {
  const own = groups.filter((group) => group.at === at);
  if (!own.length) return null;
  const closed = !own.some((group) => group.closed);
  for (const group of own) group.closed = closed;
  for (const { first, last } of own) {
    for (let k = first; k <= last; k++) {
      if (groups.some((group) => group.closed && k >= group.first && k <= group.last)) sizes[k] = 0;
      else if (sizes[k] === 0) {
        if (shown[k] === undefined) delete sizes[k];
        else sizes[k] = shown[k];
      }
    }
  }
  return { closed, first: Math.min(...own.map(({ first }) => first)), last: Math.max(...own.map(({ last }) => last)) };
}

// Whether a heading stands for groups one of which is closed; null where it stands for none.
export function isFolded(groups, at) {
  const own = groups.filter((group) => group.at === at);
  return own.length ? own.some(({ closed }) => closed) : null;
}

// The sign that shows it.
export function foldSign(folded) {
  if (folded === null) return "";
  return folded ? " folded" : " unfolded";
}
