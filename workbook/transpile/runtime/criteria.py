"""Counts and sums of what meets a criterion."""

import functools
import itertools
import math
import re

from workbook.transpile.runtime.information import ISNUMBER
from workbook.transpile.runtime.operators import at_least, at_most, equal, greater, less
from workbook.transpile.runtime.ranges import are_references, flat, same_shape
from workbook.transpile.runtime.values import Error, broadcast, checked, first, parse_number, sure


def criterion(wanted):
    """The test that a criterion of COUNTIF stands for: `5`, `">=5"`, `"a*"`, `"<>"`."""
    if isinstance(wanted, list):
        wanted = first(wanted)
    if wanted is None:
        wanted = 0.0
    if isinstance(wanted, Error):
        return lambda value: value == wanted
    if isinstance(wanted, bool):
        return lambda value: value is wanted
    if not isinstance(wanted, str):
        return same_number(wanted)
    operator, operand = re.match(r"(<=|>=|<>|=|<|>)?(.*)", wanted, re.DOTALL).groups()
    operand_number = checked(parse_number, operand)
    if operand.upper() in ("TRUE", "FALSE"):
        operand_number = operand.upper() == "TRUE"
    if isinstance(operand_number, Error):
        return text_criterion(operator or "", operand)
    tests = {"<": less, ">": greater, "<=": at_most, ">=": at_least}
    if operator in tests:
        # Numbers are compared with numbers alone, conditions with conditions.
        is_kind = (lambda value: isinstance(value, bool)) if isinstance(operand_number, bool) else ISNUMBER
        return lambda value: is_kind(value) and tests[operator](value, operand_number)

    equals = same_number(operand_number)
    return (lambda value: not equals(value)) if operator == "<>" else equals


def same_number(wanted):
    """The test whether a value is a number, text that reads as one too."""

    def equals(value):
        if type(value) is float is type(wanted):
            # Most are equal at once, or differ by far more than 15 digits hide.
            return value == wanted or (abs(value - wanted) <= 1e-12 * abs(wanted) and equal(value, wanted) is True)
        if isinstance(value, str):
            value = checked(parse_number, value)
        return value is not None and not isinstance(value, Error) and equal(value, wanted) is True

    return equals


def text_criterion(operator, operand):
    """The test of a criterion that is text: with wildcards, whatever the case."""
    if operand == "":
        if operator in ("", "="):
            return lambda value: value is None or (value == "" and not operator)
        return (lambda value: value is not None) if operator == "<>" else (lambda _: False)
    if re.fullmatch(r"#(NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A)", operand.upper()):
        return lambda value: (value == Error(operand.upper())) == (operator != "<>")
    if operator in ("", "=") and not re.search("[*?~]", operand):
        wanted = operand.lower()
        return lambda value: isinstance(value, str) and value.lower() == wanted
    if operator in ("", "=", "<>"):
        matches = wildcard(operand)
        return lambda value: (isinstance(value, str) and matches(value)) == (operator != "<>")
    tests = {"<": less, ">": greater, "<=": at_most, ">=": at_least}
    return lambda value: isinstance(value, str) and tests[operator](value, operand)


def wildcard(pattern):
    """The test whether a text matches a pattern with `*`, `?` and `~`, whatever the case."""
    parts = re.findall(r"~[*?~]|[*?]|[^*?~]+|~", pattern)
    forms = {"*": ".*", "?": "."}
    form = "".join(forms.get(part) or re.escape(part[-1] if part[0] == "~" else part) for part in parts)
    compiled = re.compile(form, re.IGNORECASE | re.DOTALL)
    return lambda value: compiled.fullmatch(value) is not None


def matching(criteria):
    """For each place of the ranges whether it meets all (range, criterion) pairs."""
    if len(criteria) == 2:
        return list(map(criterion(criteria[1]), flat(sure(criteria[0]))))
    columns = same_shape(*criteria[::2])
    tests = [criterion(wanted) for wanted in criteria[1::2]]
    return [all(test(value) for test, value in zip(tests, values)) for values in zip(*columns)]


def spread_criteria(function):
    """A function of ranges and criteria, for each of a criterion that is an array, and each of an array of ranges."""
    begins = 1 if function.__name__ in ("COUNTIFS", "COUNTIF", "SUMIF", "AVERAGEIF") else 2

    @functools.wraps(function)
    def spread(*arguments):
        criteria = range(begins, len(arguments), 2)
        lost = [a for place, a in enumerate(arguments) if place not in criteria and isinstance(a, Error)]
        if lost:
            return lost[0]
        places = [
            place
            for place, argument in enumerate(arguments)
            if isinstance(argument, list)
            and (len(argument) > 1 or len(argument[0]) > 1 if place in criteria else are_references(argument))
        ]
        if not places:
            return checked(function, *arguments)

        def each(*wanted):
            chosen = dict(zip(places, wanted))
            return checked(function, *(chosen.get(k, argument) for k, argument in enumerate(arguments)))

        return broadcast(each, *(arguments[place] for place in places))

    return spread


@spread_criteria
def COUNTIF(values, wanted):
    test = criterion(wanted)
    return sum(1 for value in flat(values) if test(value))


@spread_criteria
def COUNTIFS(*criteria):
    return sum(matching(criteria))


def summed(values, chosen):
    """The numbers of a range at the places chosen."""
    for value in itertools.compress(flat(values), chosen):
        if isinstance(value, Error):
            raise value
        if isinstance(value, (float, int)) and not isinstance(value, bool):
            yield value


@spread_criteria
def SUMIF(values, wanted, totals=None):
    return math.fsum(summed(values if totals is None else totals, matching((values, wanted))))


@spread_criteria
def SUMIFS(totals, *criteria):
    return math.fsum(summed(totals, matching(criteria)))


@spread_criteria
def AVERAGEIF(values, wanted, totals=None):
    found = list(summed(values if totals is None else totals, matching((values, wanted))))
    return math.fsum(found) / len(found)


@spread_criteria
def AVERAGEIFS(totals, *criteria):
    found = list(summed(totals, matching(criteria)))
    return math.fsum(found) / len(found)


@spread_criteria
def MINIFS(totals, *criteria):
    return min(summed(totals, matching(criteria)), default=0.0)


@spread_criteria
def MAXIFS(totals, *criteria):
    return max(summed(totals, matching(criteria)), default=0.0)
