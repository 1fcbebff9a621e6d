"""Cells that read each other in no order that is known beforehand: each is computed when another asks for it."""


class Waiting(BaseException):
    """Stands in a grid for a cell that is not computed yet; what reads the cell raises it."""

    def __init__(self, compute, line, column, i, j):
        self.compute, self.line, self.column, self.i, self.j = compute, line, column, i, j
        self.is_asked = False


class Line(list[object]):
    """A row of a grid, or a part of one: cells that nothing reads may wait in it."""

    def __getitem__(self, place):
        found = list.__getitem__(self, place)
        if isinstance(found, Waiting):
            raise found
        return Line(found) if isinstance(place, slice) else found

    def __iter__(self):
        return (self[place] for place in range(len(self)))


def iterate_cells(most, *cells):
    """Compute cells that go round in a circle: again and again, sheet by sheet, row by row, as Excel does.

    A cell that is not computed yet is 0. They are done `most` times, or until no number changes any more. Excel stops
    earlier, once no change is larger than its delta, but goes on whenever it calculates again.
    """
    try:
        compute_cells(*cells)
    except RecursionError:
        for _, grid, *_ in cells:
            grid[:] = [[0.0 if isinstance(v, Waiting) else v for v in list.__iter__(line)] for line in grid]
        order = sorted(
            (
                (k, top + i, left + j, i, j)
                for k, (_, _, top, left, rows, columns) in enumerate(cells)
                for i in rows
                for j in columns
            ),
            key=lambda place: (sheet_order(cells, place[0]), place[1:3]),
        )
        for _ in range(most):
            changes = [put(cells[k][1][line], column, cells[k][0](i, j)) for k, line, column, i, j in order]
            if not any(changes):
                break


def sheet_order(cells, k):
    """The place of the first cells that stand on the same grid."""
    return next(n for n, other in enumerate(cells) if other[1] is cells[k][1])


def put(line, column, value):
    """Put a value into a cell, and say whether that changes it by more than rounding."""
    before, line[column] = line[column], value
    if isinstance(value, float) and isinstance(before, float):
        return abs(value - before) > 1e-15 * abs(value)
    return value != before


def compute_cells(*cells):
    """Compute cells of grids, each when another reads it: what a formula never reads it does not wait for."""
    waiting = []
    for compute, grid, top, left, rows, columns in cells:
        grid[:] = [line if isinstance(line, Line) else Line(line) for line in grid]
        for i in rows:
            for j in columns:
                waiting.append(Waiting(compute, grid[top + i], left + j, i, j))
                grid[top + i][left + j] = waiting[-1]
    for cell in waiting:
        path = [cell] if list.__getitem__(cell.line, cell.column) is cell else []
        while path:
            path[-1].is_asked = True
            try:
                value = path[-1].compute(path[-1].i, path[-1].j)
            except Waiting as read:
                if read.is_asked:
                    raise RecursionError("the cells go round in a circle") from None
                path.append(read)
            else:
                done = path.pop()
                done.line[done.column] = value
    for _, grid, *_ in cells:
        grid[:] = map(list, grid)
