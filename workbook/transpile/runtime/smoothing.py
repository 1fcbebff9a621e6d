"""Forecasts by exponential smoothing: a level, a trend and a season, errors added (AAA).

The parameters are those that make the sum of the squared one-step errors least. Excel's own search for them is not
published: where a series is no exact sum of a trend and a season, its forecasts may differ.
Source: Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 8.5 and 8.7; Microsoft's documentation of
FORECAST.ETS.
"""

import functools
import itertools
import math
import statistics

from workbook.transpile.runtime.dates import date_of, months_on
from workbook.transpile.runtime.distributions import NORM_S_INV
from workbook.transpile.runtime.ranges import flat
from workbook.transpile.runtime.values import Error, number, spread_over, whole

AGGREGATIONS = (statistics.fmean, len, len, max, statistics.median, min, math.fsum)
"""AVERAGE, COUNT, COUNTA, MAX, MEDIAN, MIN, SUM."""
LONGEST_SEASON = 8760


def series(values, timeline, completes, aggregation):
    """A series at equal steps: its values, and what tells the place of a time in it, from 0; and the step.

    Values of one time are put together, and up to three in ten may be missing. Days that are the same of each month,
    or the last, are a month apart.
    """
    found, times = [number(v) for v in flat(values)], [number(v) for v in flat(timeline)]
    if len(found) != len(times):
        raise Error("#N/A")
    kind = int(number(aggregation))
    if not 1 <= kind <= 7:
        raise Error("#NUM!")
    groups = {}
    for time, value in sorted(zip(times, found), key=lambda pair: pair[0]):
        groups.setdefault(time, []).append(value)
    known = list(groups)
    if len(known) < 2:
        raise Error("#NUM!")
    place, step = places_of(known)
    at = {round(place(time), 9): float(AGGREGATIONS[kind - 1](groups[time])) for time in known}
    if any(where != int(where) for where in at):
        raise Error("#NUM!")
    length = int(max(at)) + 1
    if length - len(at) > 0.3 * length:
        raise Error("#NUM!")
    return tuple(completed([at.get(k) for k in range(length)], completes)), place, step


def places_of(times):
    """What tells the place of a time in rising times, from 0, and the step: the least between two of them."""
    step = min(b - a for a, b in itertools.pairwise(times))
    if all(time == int(time) and time >= 61 for time in times):
        days = [date_of(time) for time in times]
        is_last = all(date_of(time + 1)[2] == 1 for time in times)
        if step >= 28 and (is_last or len({day for _, _, day in days}) == 1):
            months = [year * 12 + month for year, month, _ in days]
            apart = min(b - a for a, b in itertools.pairwise(months))

            def month_place(time):
                year, month, _ = date_of(time)
                whole_months = year * 12 + month - months[0]
                start = months_on(times[0], whole_months, is_last)
                return (whole_months + (time - start) / 31) / apart

            return month_place, float(apart)
    return (lambda time: (time - times[0]) / step), step


def completed(values, completes):
    """The values with those that are missing as the mean of their neighbours, or 0."""
    found = list(values)
    for k, value in enumerate(found):
        if value is None:
            after = next(other for other in values[k:] if other is not None)
            found[k] = found[k - 1] + (after - found[k - 1]) / 2 if completes else 0.0
    return found


def season_of(values):
    """How many steps a season has: those after which the changes from step to step are the most alike; 1 for none."""
    changes = [b - a for a, b in itertools.pairwise(values)]
    mean = math.fsum(changes) / len(changes)
    spread = math.fsum((change - mean) ** 2 for change in changes) / len(changes)
    if spread <= 1e-24 * max(map(abs, values), default=0.0) ** 2:
        return 1
    unlike = {}
    for season in range(2, min(len(values) // 2, LONGEST_SEASON, len(changes) - 1) + 1):
        pairs = list(zip(changes, changes[season:]))
        unlike[season] = math.fsum((b - a) ** 2 for a, b in pairs) / len(pairs) / (2 * spread)
    least = min(unlike.values(), default=1.0)
    # Twice a season is alike too: the first is taken that is nearly as good as the best.
    return next((season for season, size in unlike.items() if least < 0.5 and size <= 2 * least + 1e-9), 1)


def beginning(values, season):
    """Level and trend before the first value, and what each place of a season adds to them."""
    if season == 1:
        trend = (values[-1] - values[0]) / (len(values) - 1)
        return values[0] - trend, trend, (0.0,)
    means = [math.fsum(values[k : k + season]) / season for k in range(0, len(values) - season + 1, season)]
    trend = (means[-1] - means[0]) / (season * (len(means) - 1))
    level = means[0] - trend * (season + 1) / 2
    over = [[values[k] - level - trend * (k + 1) for k in range(j, len(means) * season, season)] for j in range(season)]
    added = [math.fsum(part) / len(part) for part in over]
    middle = math.fsum(added) / season
    return level + middle, trend, tuple(value - middle for value in added)


def smoothed(values, start, parameters):
    """The errors of the forecasts of one step, and level, trend and season after the last value."""
    (alpha, beta, gamma), (level, trend, added) = parameters, start
    added, errors, season = list(added), [], len(start[2])
    for k, value in enumerate(values):
        error = value - level - trend - added[k % season]
        errors.append(error)
        level, trend = level + trend + alpha * error, trend + alpha * beta * error
        if season > 1:
            added[k % season] += gamma * (1 - alpha) * error
    return errors, (level, trend, added)


@functools.cache
def fitted_parameters(values, start):
    """Alpha, beta and gamma between 0 and 1 with the least sum of squared errors.

    A grid is tried first, for there may be several valleys; then from its best places, ever finer steps down.
    """
    has_season = len(start[2]) > 1

    def loss(parameters):
        return math.fsum(error * error for error in smoothed(values, start, parameters)[0])

    def descended(best):
        least, step = loss(best), 0.1
        while step > 1e-9:
            tried = [
                tuple(min(max(p + step * way * (k == axis), 0.0), 1.0) for k, p in enumerate(best))
                for axis in range(2 + has_season)
                for way in (-1, 1)
            ]
            found = min(tried, key=loss)
            if loss(found) < least:
                best, least = found, loss(found)
            else:
                step /= 2
        return best

    steps = (0.0, 0.05, 0.2, 0.5, 0.8, 0.95)
    grid = sorted(itertools.product(steps, steps, steps if has_season else (0.0,)), key=loss)
    # Without alpha, beta says nothing: places that differ in it alone are one.
    places = list(dict.fromkeys((a, b if a else 0.0, c) for a, b, c in grid))
    return min(map(descended, places[:4]), key=loss)


def fitted_series(values, timeline, seasonality, completion, aggregation):
    """A series with its model: what its forecasts are made of."""
    completes = 1.0 if completion is None else number(completion)
    found, place, step = series(values, timeline, completes, 1.0 if aggregation is None else aggregation)
    season = 1.0 if seasonality is None else number(seasonality)
    if not 0 <= season <= LONGEST_SEASON or season != int(season) or completes not in (0, 1):
        raise Error("#NUM!")
    season = 1 if season == 0 else season_of(found) if season == 1 else int(season)
    if len(found) < 2 * season:
        season = 1
    start = beginning(found, season)
    parameters = fitted_parameters(found, start)
    return found, place, step, parameters, *smoothed(found, start, parameters)


@spread_over(0)
def FORECAST_ETS(target, values, timeline, seasonality=1.0, completion=1.0, aggregation=1.0):
    found, place, _, _, _, (level, trend, added) = fitted_series(values, timeline, seasonality, completion, aggregation)
    ahead = place(number(target)) - (len(found) - 1)
    if ahead <= 0:
        raise Error("#NUM!")
    # Between two steps the season is that of the step before.
    return level + ahead * trend + added[(len(found) - 1 + math.floor(ahead + 1e-9)) % len(added)]


@spread_over(0)
def FORECAST_ETS_CONFINT(target, values, timeline, confidence=0.95, seasonality=1.0, completion=1.0, aggregation=1.0):
    confidence = 0.95 if confidence is None else number(confidence)
    if not 0 < confidence < 1:
        raise Error("#NUM!")
    found, place, _, (alpha, beta, gamma), errors, (_, _, added) = fitted_series(
        values, timeline, seasonality, completion, aggregation
    )
    ahead = round(place(number(target)) - (len(found) - 1))
    if ahead < 1:
        raise Error("#NUM!")
    season = len(added)
    weights = [
        alpha * (1 + k * beta) + (gamma * (1 - alpha) if season > 1 and k % season == 0 else 0) for k in range(1, ahead)
    ]
    spread = math.fsum(error * error for error in errors) / len(errors)
    width = math.sqrt(spread * (1 + math.fsum(weight * weight for weight in weights)))
    return number(NORM_S_INV((1 + confidence) / 2)) * width


@whole
def FORECAST_ETS_SEASONALITY(values, timeline, completion=1.0, aggregation=1.0):
    completes = 1.0 if completion is None else number(completion)
    return season_of(series(values, timeline, completes, 1.0 if aggregation is None else aggregation)[0])


@whole
def FORECAST_ETS_STAT(values, timeline, kind, seasonality=1.0, completion=1.0, aggregation=1.0):
    found, _, step, parameters, errors, _ = fitted_series(values, timeline, seasonality, completion, aggregation)
    sizes = [abs(error) for error in errors]
    mean_size = math.fsum(sizes) / len(sizes)
    if not 1 <= (kind := int(number(kind))) <= 8:
        raise Error("#NUM!")
    if kind <= 3:
        return parameters[kind - 1]
    if kind == 4:
        naive = math.fsum(abs(b - a) for a, b in itertools.pairwise(found)) / (len(found) - 1)
        return mean_size / naive
    if kind == 5:
        parts = [2 * size / (abs(y) + abs(y - e)) for size, y, e in zip(sizes, found, errors) if size]
        return math.fsum(parts) / len(sizes)
    return {6: mean_size, 7: math.sqrt(math.fsum(e * e for e in errors) / len(errors)), 8: step}[kind]
