"""Functions that take a function."""

from workbook.transpile.runtime.ranges import flat, table
from workbook.transpile.runtime.values import broadcast, checked, first, number


def MAP(*arguments):
    *arrays, function = arguments
    return broadcast(lambda *values: first(function(*values)), *(table(array) for array in arrays))


def REDUCE(start, values, function):
    total = start
    for value in flat(values):
        total = function(total, value)
    return total


def SCAN(start, values, function):
    total, rows = start, []
    for line in table(values):
        rows.append([total := function(total, value) for value in line])
    return rows


def MAKEARRAY(rows, columns, function):
    return checked(
        lambda: [
            [first(function(float(i + 1), float(j + 1))) for j in range(int(number(columns)))]
            for i in range(int(number(rows)))
        ]
    )


def BYROW(values, function):
    return [[first(function([line]))] for line in table(values)]


def BYCOL(values, function):
    return [[first(function([[value] for value in line])) for line in zip(*table(values))]]
