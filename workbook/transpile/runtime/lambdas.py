"""Functions that take a function."""

from workbook.transpile.runtime.ranges import flat, table
from workbook.transpile.runtime.values import Error, broadcast, checked, extent, first


def MAP(*arguments):
    *arrays, function = arguments
    return broadcast(lambda *values: first(function(*values)), *(table(array) for array in arrays))


def REDUCE(start, values, function):
    total = start
    for k, value in enumerate(flat(values)):
        total = value if start is None and k == 0 else function(total, value)
    return total


def SCAN(start, values, function):
    total, rows = start, []
    for i, line in enumerate(table(values)):
        starts = [start is None and i == j == 0 for j in range(len(line))]
        rows.append([total := value if is_first else function(total, value) for value, is_first in zip(line, starts)])
    return rows


def MAKEARRAY(rows, columns, function):
    size = checked(extent, rows, columns)
    if isinstance(size, Error):
        return size
    return [[first(function(float(i + 1), float(j + 1))) for j in range(size[1])] for i in range(size[0])]


def BYROW(values, function):
    return [[first(function([line]))] for line in table(values)]


def BYCOL(values, function):
    return [[first(function([[value] for value in line])) for line in zip(*table(values))]]
