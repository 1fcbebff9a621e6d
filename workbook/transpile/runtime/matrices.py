"""Matrices."""

import math

from workbook.transpile.runtime.ranges import flat, table
from workbook.transpile.runtime.values import Error, extent, whole


def matrix(values):
    """The values as rows of numbers; anything else among them is #VALUE!."""
    rows = table(values)
    for value in flat(rows):
        if isinstance(value, Error):
            raise value
        if not isinstance(value, (float, int)) or isinstance(value, bool):
            raise Error("#VALUE!")
    return rows


@whole
def MMULT(a, b):
    a, b = matrix(a), matrix(b)
    if len(a[0]) != len(b):
        raise Error("#VALUE!")
    columns = list(zip(*b))
    return [[math.fsum(x * y for x, y in zip(line, other)) for other in columns] for line in a]


@whole
def TRANSPOSE(values):
    return [list(line) for line in zip(*table(values))]


def eliminated(rows, right):
    """Gauss and Jordan: the right side where the left has become the identity, and the determinant."""
    size, sign = len(rows), 1.0
    rows = [[float(x) for x in line] + list(other) for line, other in zip(rows, right)]
    determinant = 1.0
    for k in range(size):
        best = max(range(k, size), key=lambda i: abs(rows[i][k]))
        if best != k:
            rows[k], rows[best], sign = rows[best], rows[k], -sign
        pivot = rows[k][k]
        determinant *= pivot
        if pivot == 0:
            return None, 0.0
        rows[k] = [x / pivot for x in rows[k]]
        for i in range(size):
            if i != k and rows[i][k]:
                factor = rows[i][k]
                rows[i] = [x - factor * y for x, y in zip(rows[i], rows[k])]
    return [line[size:] for line in rows], determinant * sign


def square(values):
    """The values as a square matrix, else #VALUE!."""
    rows = matrix(values)
    if len(rows) != len(rows[0]):
        raise Error("#VALUE!")
    return rows


@whole
def MINVERSE(values):
    rows = square(values)
    inverse, determinant = eliminated(rows, MUNIT(float(len(rows))))
    if inverse is None or abs(determinant) < 1e-300:
        raise Error("#NUM!")
    return inverse


@whole
def MDETERM(values):
    rows = square(values)
    return eliminated(rows, [[] for _ in rows])[1]


@whole
def MUNIT(size):
    n, _ = extent(size, size)
    return [[float(i == j) for j in range(n)] for i in range(n)]
