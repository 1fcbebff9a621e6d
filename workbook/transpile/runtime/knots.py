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
