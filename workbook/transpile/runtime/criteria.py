"""Counts and sums of what meets a criterion."""

import bisect
import functools
import itertools
import math
import re

from workbook.transpile.runtime.information import ISNUMBER
from workbook.transpile.runtime.operators import at_least, at_most, equal, greater, less, to_15_digits
from workbook.transpile.runtime.ranges import are_references, extent_of, flat, listed, numbers, same_shape, table
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
    forms = {"*": ".*", "?": "."}
    form = "".join(forms.get(part) or re.escape(plain_part(part)) for part in parts_of(pattern))
    compiled = re.compile(form, re.IGNORECASE | re.DOTALL)
    return lambda value: compiled.fullmatch(value) is not None


def parts_of(pattern):
    """What a pattern consists of: its wildcards, and what stands between them."""
    return re.findall(r"~[*?~]|[*?]|[^*?~]+|~", pattern)


def plain_part(part):
    """The letters that a part of a pattern stands for, if it is no wildcard."""
    return part[-1] if part[0] == "~" else part


def literals(pattern):
    """The letters that stand between the wildcards of a pattern."""
    return "".join("\0" if part in ("*", "?") else plain_part(part) for part in parts_of(pattern)).split("\0")


@functools.cache
def numeral(text):
    """The number that a text reads as, or an error; kept, because the same few texts are asked for again and again."""
    return checked(parse_number, text)


class Searched(list[object]):
    """A range in which many look for something: a list of rows that knows where its values are."""

    def __init__(self, values):
        super().__init__(table(values))
        self.flattened = list(flat(self))
        self.shape = extent_of(self)
        self.met = {}

    @functools.cached_property
    def places(self):
        """The places of each number, to 15 digits, and of each text in small letters."""
        found = {}
        for place, value in enumerate(self.flattened):
            if isinstance(value, str) or (isinstance(value, (float, int)) and not isinstance(value, bool)):
                found.setdefault(value.lower() if isinstance(value, str) else to_15_digits(float(value)), []).append(
                    place
                )
        return found

    @functools.cached_property
    def numerals(self):
        """Number → the places of the texts that read as it."""
        found = {}
        for text in self.texts:
            if not isinstance(read := numeral(text), Error):
                found.setdefault(to_15_digits(read), []).extend(self.places[text])
        return found

    @functools.cached_property
    def ordered(self):
        """The numbers, to 15 digits, from the least to the greatest, and the place of each."""
        return self.in_order([number for number in self.places if type(number) is float])

    @functools.cached_property
    def ordered_texts(self):
        """The texts, in small letters, from the first to the last, and the place of each."""
        return self.in_order(self.texts)

    def in_order(self, values):
        """Some values in order, each as often as it stands there, and the place of each."""
        found = [(value, place) for value in sorted(values) for place in self.places[value]]
        return [value for value, _ in found], [place for _, place in found]

    @functools.cached_property
    def texts(self):
        """Its different texts, in small letters."""
        return [text for text in self.places if isinstance(text, str)]

    @functools.cached_property
    def joined(self):
        """Its different texts one after another, with a sign between them that no text has, and where each begins."""
        return "\0".join(self.texts), list(itertools.accumulate((len(text) + 1 for text in self.texts), initial=0))

    @functools.cached_property
    def rising(self):
        """Its numbers as they are, from the least to the greatest."""
        return sorted(numbers(self))

    @functools.cached_property
    def keys(self):
        """Its first column."""
        return Searched([[line[0]] for line in self])

    def equal(self, wanted):
        """The places of what equals a number or a text, in order; None where only looking at every value tells."""
        if isinstance(wanted, str):
            return self.places.get(wanted.lower(), [])
        is_number = isinstance(wanted, (float, int)) and not isinstance(wanted, bool)
        return self.places.get(to_15_digits(float(wanted)), []) if is_number else None

    def like(self, form):
        """The places of the texts that match a pattern with `*`, `?` and `~`, in order."""
        matches, chunk = wildcard(form), max(literals(form), key=len)
        candidates = self.texts
        if chunk and form.isascii() and self.joined[0].isascii():
            candidates = list(self.holding(chunk.lower()))
        found = (place for text in candidates for place in self.places[text])
        return sorted(place for place in found if matches(self.flattened[place]))

    def holding(self, chunk):
        """Its different texts that have some letters in them."""
        joined, starts = self.joined
        at = joined.find(chunk)
        while at >= 0:
            which = bisect.bisect_right(starts, at) - 1
            yield self.texts[which]
            at = joined.find(chunk, starts[which + 1])

    def others(self, places):
        """All places but some."""
        left_out = set(places)
        return [place for place in range(len(self.flattened)) if place not in left_out]

    def up_to(self, end):
        """The first `end` of its cells."""
        return Beginning(self, end)

    def meeting(self, wanted):
        """The places that meet a criterion; those of the last few are kept, for many ask for the same."""
        if isinstance(wanted, list):
            wanted = first(wanted)
        known = type(wanted), wanted
        if known not in self.met:
            if len(self.met) >= 16:
                self.met.clear()
            places = self.found(wanted)
            if places is None:
                test = criterion(wanted)
                places = [place for place, value in enumerate(self.flattened) if test(value)]
            self.met[known] = places
        return self.met[known]

    def found(self, wanted):
        """The places that meet a criterion; None where only looking at every value tells."""
        if isinstance(wanted, (bool, Error)):
            return None
        operator, operand = "", 0.0 if wanted is None else wanted
        if isinstance(wanted, str):
            operator, operand = re.match("(<=|>=|<>|=|<|>)?(.*)", wanted, re.DOTALL).groups()
        sought = numeral(operand) if isinstance(operand, str) else float(operand)
        if isinstance(sought, Error):
            if not operand or operand[0] == "#" or operand.upper() in ("TRUE", "FALSE"):
                return None
            sought, (rounded, places) = operand.lower(), self.ordered_texts
            equal = self.like(operand) if re.search("[*?~]", operand) else self.equal(operand)
        else:
            sought, (rounded, places) = to_15_digits(sought), self.ordered
            equal = sorted(self.places.get(sought, []) + self.numerals.get(sought, []))
        if operator in (None, "", "=", "<>"):
            return self.others(equal) if operator == "<>" else equal
        if operator in ("<", "<="):
            return places[: (bisect.bisect_left if operator == "<" else bisect.bisect_right)(rounded, sought)]
        return places[(bisect.bisect_right if operator == ">" else bisect.bisect_left)(rounded, sought) :]


class Beginning:
    """The first cells of a column in which many look for something."""

    def __init__(self, whole, end):
        self.whole, self.end, self.flattened, self.shape = whole, end, whole.flattened, (end, 1)

    def meeting(self, wanted):
        """The places that meet a criterion."""
        return [place for place in self.whole.meeting(wanted) if place < self.end]


def matching(criteria):
    """The places of the ranges that meet all (range, criterion) pairs."""
    if not criteria:
        return []
    ranges, wanted = criteria[::2], criteria[1::2]
    columns = [listed(sure(ranges[0]))] if len(ranges) == 1 else same_shape(*ranges)
    known = [r.meeting(one) if hasattr(r, "flattened") else None for r, one in zip(ranges, wanted)]
    least = min((k for k, at in enumerate(known) if at is not None), key=lambda k: len(known[k]), default=None)
    chosen = range(getattr(ranges[0], "end", len(columns[0]))) if least is None else known[least]
    for k, one in enumerate(wanted):
        if known[k] is None:
            test, values = criterion(one), columns[k]
            chosen = [place for place in chosen if test(values[place])]
        elif k != least:
            chosen = list(filter(set(known[k]).__contains__, chosen))
    return chosen


def spread_criteria(function):
    """The function of ranges and criteria, called for each entry of a criterion, or of ranges, that are arrays."""
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
            and not hasattr(argument, "flattened")
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
    return len(matching((values, wanted)))


@spread_criteria
def COUNTIFS(*criteria):
    return len(matching(criteria))


def summed(totals, chosen):
    """The numbers of a range at the places chosen."""
    values = listed(totals)
    found = [values[place] for place in chosen if place < len(values)]
    return found if set(map(type, found)) <= {float} else numbers([found])


def meeting(totals, criteria):
    """The places of a range where all criteria are met in ranges of its size."""
    same_shape(totals, *criteria[:1])
    return matching(criteria)


@spread_criteria
def SUMIF(values, wanted, totals=None):
    return math.fsum(summed(values if totals is None else totals, matching((values, wanted))))


@spread_criteria
def SUMIFS(totals, *criteria):
    return math.fsum(summed(totals, meeting(totals, criteria)))


@spread_criteria
def AVERAGEIF(values, wanted, totals=None):
    found = list(summed(values if totals is None else totals, matching((values, wanted))))
    return math.fsum(found) / len(found)


@spread_criteria
def AVERAGEIFS(totals, *criteria):
    found = list(summed(totals, meeting(totals, criteria)))
    return math.fsum(found) / len(found)


@spread_criteria
def MINIFS(totals, *criteria):
    return min(summed(totals, meeting(totals, criteria)), default=0.0)


@spread_criteria
def MAXIFS(totals, *criteria):
    return max(summed(totals, meeting(totals, criteria)), default=0.0)
