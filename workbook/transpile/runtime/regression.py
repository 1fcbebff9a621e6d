"""Statistics of pairs: a line through them, and how closely they lie to it."""

import math

from workbook.transpile.runtime.ranges import flat, pairs, table
from workbook.transpile.runtime.values import Error, number, spread_over, sure, truth, whole


def moments(ys, xs):
    """Means of x and y, and the sums of squares and products about them."""
    found = list(pairs(xs, ys))
    x_mean, y_mean = (math.fsum(values) / len(found) for values in (zip(*found) if found else ((), ())))
    xx = math.fsum((x - x_mean) ** 2 for x, _ in found)
    yy = math.fsum((y - y_mean) ** 2 for _, y in found)
    return x_mean, y_mean, xx, yy, math.fsum((x - x_mean) * (y - y_mean) for x, y in found), len(found)


@whole
def SLOPE(ys, xs):
    _, _, xx, _, xy, _ = moments(ys, xs)
    return xy / xx


@whole
def INTERCEPT(ys, xs):
    x_mean, y_mean, xx, _, xy, _ = moments(ys, xs)
    return y_mean - xy / xx * x_mean


@whole
def CORREL(xs, ys):
    _, _, xx, yy, xy, _ = moments(ys, xs)
    return xy / math.sqrt(xx * yy)


@whole
def RSQ(ys, xs):
    _, _, xx, yy, xy, _ = moments(ys, xs)
    return xy * xy / (xx * yy)


@whole
def COVAR(xs, ys):
    *_, xy, count = moments(ys, xs)
    return xy / count


@whole
def COVARIANCE_S(xs, ys):
    *_, xy, count = moments(ys, xs)
    return xy / (count - 1)


@spread_over(0)
def FORECAST(x, ys, xs):
    x_mean, y_mean, xx, _, xy, _ = moments(ys, xs)
    return y_mean + xy / xx * (number(x) - x_mean)


@whole
def STEYX(ys, xs):
    _, _, xx, yy, xy, count = moments(ys, xs)
    return math.sqrt(max(yy - xy * xy / xx, 0.0) / (count - 2))


# Least squares with several x: Gram and Schmidt's orthogonal columns, twice, so that rounding leaves nothing over.


def least_squares(ys, columns):
    """Coefficients, their variances for a residual variance of 1, and the sum of the squares left over.

    A column that depends on those before it gets the coefficient 0, as in Excel.
    """
    bases, factors = [], []
    for column_values in columns:
        rest, row = list(column_values), [0.0] * len(columns)
        for _ in range(2):
            for k, basis in enumerate(bases):
                share = math.fsum(x * y for x, y in zip(rest, basis))
                row[k] += share
                rest = [x - share * y for x, y in zip(rest, basis)]
        length = math.sqrt(math.fsum(x * x for x in rest))
        is_new = length > 1e-12 * math.sqrt(math.fsum(x * x for x in column_values))
        row[len(bases)] = length if is_new else 0.0
        bases.append([x / length for x in rest] if is_new else [0.0] * len(rest))
        factors.append(row)
    shares = [math.fsum(x * y for x, y in zip(basis, ys)) for basis in bases]
    solved = [solved_backward(factors, shares)]
    units = [solved_backward(factors, [float(k == j) for j in range(len(columns))]) for k in range(len(columns))]
    fitted_ys = [
        math.fsum(b * column_values[i] for b, column_values in zip(solved[0], columns)) for i in range(len(ys))
    ]
    left_over = math.fsum((y - fit) ** 2 for y, fit in zip(ys, fitted_ys))
    return solved[0], [math.fsum(unit[k] ** 2 for unit in units) for k in range(len(columns))], left_over


def solved_backward(factors, shares):
    """The coefficients whose columns, written in orthogonal ones by `factors`, have these shares."""
    found = [0.0] * len(shares)
    for k in reversed(range(len(shares))):
        if factors[k][k]:
            known = math.fsum(found[j] * factors[j][k] for j in range(k + 1, len(shares)))
            found[k] = (shares[k] - known) / factors[k][k]
    return found


def known(value):
    """The value as a number; a blank or a text, which other statistics leave out, is #VALUE! here."""
    if value is None or isinstance(value, str):
        raise Error("#VALUE!")
    return number(value)


def as_columns(ys, xs):
    """The values of y, and the columns of x: those that stand beside y's, or across it."""
    values = [known(value) for value in flat(ys)]
    rows = table([[float(k + 1)] for k in range(len(values))] if xs is None else xs)
    if len(table(ys)) == 1 < len(values) and len(rows[0]) == len(values):
        rows = [list(line) for line in zip(*rows)]
    elif len(rows) * len(rows[0]) == len(values):
        rows = [[value] for value in flat(rows)]
    if len(rows) != len(values):
        raise Error("#REF!")
    return values, [[known(value) for value in line] for line in zip(*rows)]


def fitted_lines(ys, columns, with_constant):
    """The coefficients of least squares, the constant last; and rows of statistics as LINEST gives them."""
    count, width = len(ys), len(columns)
    ones = [[1.0] * count] if with_constant else []
    found, variances, left_over = least_squares(ys, [*ones, *columns])
    mean = math.fsum(ys) / count if with_constant else 0.0
    total = math.fsum((y - mean) ** 2 for y in ys)
    freedom = count - sum(variance > 0 for variance in variances)
    spread = left_over / freedom if freedom > 0 else 0.0
    errors = [math.sqrt(spread * variance) for variance in variances]
    if not with_constant:
        found, errors = [0.0, *found], [Error("#N/A"), *errors]
    explained = total - left_over
    rest = [Error("#N/A")] * (width - 1)
    f_value = explained / (count - freedom - with_constant) / spread if spread else Error("#NUM!")
    return [
        found[::-1],
        errors[::-1],
        [explained / total if total else 1.0, math.sqrt(spread), *rest],
        [f_value, float(freedom), *rest],
        [explained, left_over, *rest],
    ]


@whole
def LINEST(ys, xs=None, with_constant=True, with_statistics=False):
    values, columns = as_columns(ys, xs)
    lines = fitted_lines(values, columns, with_constant is None or truth(with_constant))
    return lines if truth(with_statistics) else lines[:1]


@whole
def LOGEST(ys, xs=None, with_constant=True, with_statistics=False):
    values, columns = as_columns(ys, xs)
    lines = fitted_lines([math.log(y) for y in values], columns, with_constant is None or truth(with_constant))
    lines[0] = [math.exp(value) for value in lines[0]]
    return lines if truth(with_statistics) else lines[:1]


@whole
def TREND(ys, xs=None, new_xs=None, with_constant=True):
    values, columns = as_columns(ys, xs)
    *slopes, constant = fitted_lines(values, columns, with_constant is None or truth(with_constant))[0]
    rows = table(new_xs) if new_xs is not None else table(ys) if xs is None else table(xs)
    if new_xs is None and xs is None:
        places = iter(range(1, len(values) + 1))
        rows = [[float(next(places)) for _ in line] for line in rows]
    if len(columns) == 1:
        return [[constant + slopes[0] * known(x) for x in line] for line in rows]
    is_across = len(table(ys)) == 1
    points = zip(*rows) if is_across else rows
    found = [constant + math.fsum(b * known(x) for b, x in zip(slopes[::-1], point)) for point in points]
    return [found] if is_across else [[value] for value in found]


@whole
def GROWTH(ys, xs=None, new_xs=None, with_constant=True):
    logs = [[math.log(known(y)) for y in line] for line in table(ys)]
    return [[math.exp(value) for value in line] for line in table(sure(TREND(logs, xs, new_xs, with_constant)))]
