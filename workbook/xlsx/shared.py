"""A formula that several cells share, as files store it: its text for each of them."""

import re
from dataclasses import dataclass

from workbook.formula.address import MAX_COLUMN, MAX_ROW, REFERENCE, column_letters, column_number

# Excel's limit is 8,192; one that is far longer would keep the tokenizer busy for minutes.
_MAX_FORMULA = 32_767
_WHOLE_COLUMN = re.compile(r"(\$?)([A-Za-z]{1,3})()()")
_WHOLE_ROW = re.compile(r"()()(\$?)([1-9][0-9]{0,6})")


@dataclass(frozen=True, slots=True)
class _Corner:
    """One corner of a reference: numbers move with the cell, text (`$B`, `$3`, or nothing) stays."""

    column: int | str
    row: int | str

    def moved(self, rows: int, columns: int) -> str | None:
        column, row = self.column, self.row
        if isinstance(column, int):
            column += columns
            if not 1 <= column <= MAX_COLUMN:
                return None
            column = column_letters(column)
        if isinstance(row, int):
            row += rows
            if not 1 <= row <= MAX_ROW:
                return None
        return f"{column}{row}"


class SharedFormula:
    """A formula that other cells share: its references move with the cell, as when it is filled down.

    openpyxl's Translator does the same but splits the text again for every cell; a test holds the two together.

    >>> SharedFormula("A1*$B$1+Other!C1:D2", 1, 5).at(3, 6)
    'B3*$B$1+Other!D3:E4'
    """

    def __init__(self, text: str, row: int, column: int, home: str = "") -> None:
        """Split the formula of the cell at (row, column), from 1, at its relative references.

        Args:
            text: the formula, without its sign of equality.
            row: the cell's row.
            column: the cell's column.
            home: what is put before references that name no sheet, such as `'My sheet'!`.
        """
        if len(text) > _MAX_FORMULA:
            raise ValueError(f"it has {len(text):,} characters")
        # When first needed: to load openpyxl takes longer than to read most workbooks.
        from openpyxl.formula import Tokenizer
        from openpyxl.formula.tokenizer import Token, TokenizerError

        self._row = row
        self._column = column
        self._home = home
        self._pieces: list[str | list[_Corner]] = []
        try:
            tokens = Tokenizer("=" + text).items
        except (TokenizerError, IndexError, AttributeError) as error:
            raise ValueError(error) from error
        for token in tokens:
            if token.type == Token.OPERAND and token.subtype == Token.RANGE:
                self._add(token.value)
            elif token.type == Token.FUNC and token.subtype == Token.OPEN and ":" in token.value:
                start, function = token.value.rsplit(":", 1)
                self._add(start)
                self._pieces.append(f":{function}")
            else:
                self._pieces.append(token.value)

    def _add(self, operand: str) -> None:
        sheet, mark, area = operand.rpartition("!")
        corners = [_corner(part, alone=":" not in area) for part in area.split(":")]
        moving = [corner for corner in corners if corner is not None]
        if len(moving) < len(corners):
            self._pieces.append(operand)
        else:
            self._pieces += [sheet + mark or self._home, moving]

    def at(self, row: int, column: int) -> str:
        """The formula as the cell at (row, column) has it; a reference pushed off the sheet is `#REF!`."""
        rows, columns = row - self._row, column - self._column
        out: list[str] = []
        for piece in self._pieces:
            if isinstance(piece, str):
                out.append(piece)
                continue
            moved = [corner.moved(rows, columns) for corner in piece]
            out.append("#REF!" if None in moved else ":".join(text for text in moved if text is not None))
        return "".join(out)


def _corner(text: str, *, alone: bool) -> _Corner | None:
    """A corner such as `B$3`, or half of `B:D` or `3:5`; None for a name, a table, or anything else."""
    match = REFERENCE.fullmatch(text)
    if match is None and not alone:
        match = _WHOLE_COLUMN.fullmatch(text) or _WHOLE_ROW.fullmatch(text)
    if match is None:
        return None
    fixed_column, letters, fixed_row, digits = match.groups()
    number = column_number(letters)
    if (letters and not number) or (digits and int(digits) > MAX_ROW):
        return None
    column = f"{fixed_column}{letters}" if fixed_column or not letters else number
    row = f"{fixed_row}{digits}" if fixed_row or not digits else int(digits)
    return _Corner(column, row)
