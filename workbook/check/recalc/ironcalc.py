"""ironcalc: a spreadsheet engine that comes with `pip install`, and runs in every build and every verification."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import cached_property, partial
from importlib import metadata
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from openpyxl.utils import range_boundaries

from workbook.check.recalc.loadable import loadable, spell_out
from workbook.check.recalc.packed import PackedSheet
from workbook.check.recalc.session import (
    Answer,
    Input,
    Inputs,
    Question,
    Rectangles,
    Result,
    Results,
    Session,
    part_of_array,
    require_input,
    require_sheets,
)
from workbook.errors import FileError, WorkbookError
from workbook.formula.rectangle import Rectangle
from workbook.xlsx import guard
from workbook.xlsx.read import CellError, read_workbook
from workbook.xlsx.workers import Workers, cores, give_way

if TYPE_CHECKING:
    import ironcalc

LARGE = 4 * 2**20
"""A file of so many bytes takes ironcalc longer to compute than a process takes to start."""
_MOST_PROCESSES = 8
"""Each holds a model of its own, half a gigabyte of a large file."""

"""First row, first column, last row, last column."""


class IronCalc:
    """The engine ironcalc, in this process.

    It is imported when a file is opened. Silent wrong numbers are known in it (a plain `SUMPRODUCT(EXP(range))` among
    them): the dialect of the workbooks keeps clear of those, and a second engine would show them.
    """

    @property
    def name(self) -> str:
        """`ironcalc` with the version that is installed."""
        try:
            return f"ironcalc {metadata.version('ironcalc')}"
        except metadata.PackageNotFoundError as error:
            raise WorkbookError("ironcalc is not installed; 'pip install ironcalc' installs it") from error

    def open(self, path: Path | str) -> "IronCalcSession":
        """A session on the file, which is loaded when it is first asked for anything.

        Raises:
            FileError: the file cannot be read or trusted.
        """
        path = Path(path)
        guard.check(path)
        return IronCalcSession(path, partial(_loaded, path), _processes(path))

    def stay_open(self) -> None:
        """Nothing: it is in this process."""


def _loaded(path: Path) -> "ironcalc.Model":
    """The model of a file, whose saved results ironcalc drops at the first evaluation.

    Raises:
        FileError: ironcalc cannot load it.
    """
    try:
        import ironcalc
    except ImportError as error:
        raise WorkbookError(f"ironcalc is not installed; 'pip install ironcalc' installs it ({error})") from error
    with one_sentence(f"{path}: ironcalc cannot load it", FileError), loadable(path) as (copy, escapes):
        model = ironcalc.load_from_xlsx(str(copy), "en", "UTC", "en")
        if escapes:
            spell_out(model, path)
        return model


def _packed(path: Path) -> bytes:
    """The model of a file, as ironcalc packs it."""
    return _loaded(path).to_bytes()


def _processes(path: Path) -> Workers | None:
    """The processes that load a file and answer; none where they take longer to start than they save."""
    count = min(cores(), _MOST_PROCESSES)
    return None if count == 1 or path.stat().st_size < LARGE else Workers(_start, count)


class IronCalcSession(Session):
    """One file in ironcalc's memory; setting a cell and recalculating 300,000 takes about 0.1 s."""

    def __init__(self, path: Path, load: "Callable[[], ironcalc.Model]", workers: Workers | None = None) -> None:
        """Load nothing yet.

        Args:
            path: the file, for messages.
            load: gives its model.
            workers: the processes that load the file and answer, where it is a large one; they end with the session.
        """
        self._path = path
        self._load = load
        self._workers = workers
        self._packed: Future[bytes] | None = None
        self._areas: dict[str, list[Rectangle]] | None = None
        self._set: dict[tuple[str, int, int], Input] = {}
        self._stale = True
        self._changes = 0
        self._known: Answer | None = None

    def begin(self) -> None:
        """Begin to load the file, where a process of its own does: see `Session`."""
        if self._workers is not None and self._packed is None and "_model" not in self.__dict__:
            self._packed = self._workers.begin(_packed, self._path, what=str(self._path))

    @cached_property
    def _model(self) -> "ironcalc.Model":
        if self._packed is None:
            return self._load()
        import ironcalc

        return ironcalc.load_from_bytes(self._packed.result(), "en")

    @cached_property
    def _index(self) -> dict[str, int]:
        return {sheet["name"]: index for index, sheet in enumerate(self._model.get_worksheets_properties())}

    def set(self, sheet: str, row: int, column: int, value: Input) -> None:
        """Put a value into a cell: see `workbook.check.recalc.session.Session`."""
        index = self._place(sheet, row, column, value)
        # Only the first cell of an array formula admits that it is one; the others are found out in `_evaluate`.
        if self._model.get_cell_formula(index, row, column) is not None:
            self._refuse_part_of_array(sheet, row, column)
        with one_sentence(f"{self._path}, sheet {sheet}: ironcalc cannot set row {row}, column {column}"):
            self._put(index, row, column, value)
        self._set[sheet, row, column] = value
        self._change()

    def _change(self) -> None:
        self._stale, self._known = True, None
        self._changes += 1

    def _put(self, index: int, row: int, column: int, value: Input) -> None:
        if value is None:
            self._model.range_clear_contents(index, row, column, row, column)
        elif isinstance(value, bool):
            self._model.update_cell_with_bool(index, row, column, value)
        elif isinstance(value, str):
            self._model.update_cell_with_text(index, row, column, value)
        else:
            self._model.update_cell_with_number(index, row, column, float(value))

    def set_formula(self, sheet: str, row: int, column: int, text: str) -> None:
        """Put a formula into a cell; on the first cell of an array formula, the array formula changes as a whole.

        Args:
            sheet: its title.
            row: from 1.
            column: from 1.
            text: the formula, with or without its `=`.

        Raises:
            WorkbookError: no such cell, or a cell inside an array formula that starts elsewhere.
        """
        index = self._place(sheet, row, column, text)
        formula = "=" + text.removeprefix("=")
        area = self._area(sheet, row, column)
        with one_sentence(f"{self._path}, sheet {sheet}: ironcalc cannot set row {row}, column {column}"):
            if area is None:
                self._model.update_cell_with_formula(index, row, column, formula)
            elif area[:2] == (row, column):
                # Without clearing, ironcalc refuses to write over an array formula, its own first cell included.
                self._model.range_clear_contents(index, *area)
                width, height = area[3] - area[1] + 1, area[2] - area[0] + 1
                self._model.set_user_array_formula(index, row, column, width, height, formula)
            else:
                self._refuse_part_of_array(sheet, row, column)
        self._set.pop((sheet, row, column), None)
        self._change()

    def values(self, sheets: Sequence[str] | None = None) -> Results:
        """The recalculated values: see `workbook.check.recalc.session.Session`."""
        wanted = list(self._index) if sheets is None else list(sheets)
        require_sheets(self._path, self._index, wanted)
        if self._stale:
            self._evaluate()
        by_index: dict[int, dict[tuple[int, int], Result]] = {self._index[title]: {} for title in wanted}
        model = self._model
        get = model.get_cell_value
        for index, row, column in model.get_all_cells():
            cells = by_index.get(index)
            if cells is None:
                continue
            value = get(index, row, column)
            if value is None:
                continue
            if isinstance(value, str) and value.startswith("#") and _is_error(model, value, index, row, column):
                cells[row, column] = CellError(value)
            else:
                cells[row, column] = value
        return {title: by_index[self._index[title]] for title in wanted}

    def _results(self, question: Question) -> Answer:
        """The results that a question asks for, of the inputs as they are."""
        if question.cells is None:
            return self.values(question.sheets)
        wanted = list(self._index) if question.sheets is None else list(question.sheets)
        require_sheets(self._path, self._index, wanted)
        if self._stale:
            self._evaluate()
        cells = question.cells()
        return {title: self._read(self._index[title], cells.get(title, ())) for title in wanted}

    def _read(self, index: int, rectangles: Sequence[Rectangle]) -> PackedSheet:
        """The results in rectangles of a sheet."""
        height = max((bottom + 1 for _, _, bottom, _ in rectangles), default=0)
        width = max((right + 1 for _, _, _, right in rectangles), default=0)
        numbers, others = np.full((height, width), np.nan), dict[tuple[int, int], Result]()
        get = self._model.get_cell_value
        for top, left, bottom, right in rectangles:
            places = list(product(range(top, bottom + 1), range(left, right + 1)))
            found = [get(index, row, column) for row, column in places]
            if set(map(type, found)) == {float}:
                numbers[top : bottom + 1, left : right + 1] = np.array(found).reshape(bottom - top + 1, -1)
                continue
            for (row, column), value in zip(places, found, strict=True):
                if type(value) is float:
                    numbers[row, column] = value
                elif value is not None:
                    is_error = isinstance(value, str) and _is_error(self._model, value, index, row, column)
                    others[row, column] = CellError(str(value)) if is_error else value
        return PackedSheet(numbers, others)

    def answers(self, questions: Sequence[Question]) -> Generator[Answer, None, None]:
        """The results that each question asks for: see `Session`.

        A copy of the model, which costs next to nothing, answers each, so that it may do without what the question does
        not touch. ironcalc computes every formula each time, and lets no thread run meanwhile: the copies of a large
        file are in processes of their own, which begin at once.
        """
        if self._set and self._stale:
            self._evaluate()
        if self._workers is None:
            return self._one_after_the_other(questions)
        self.begin()
        asked = [partial(self.asked, question) for question in questions]
        return self._kept(questions, self._workers.results(asked, what=str(self._path)), self._changes)

    def _one_after_the_other(self, questions: Sequence[Question]) -> Generator[Answer, None, None]:
        """The results that each question asks for; what sets the same inputs as the one before has its copy."""
        last: tuple[object, IronCalcSession] | None = None
        for question in questions:
            untouched, stages = question.untouched(), question.stages()
            if question.inputs or stages:
                key = None if stages else (question.inputs.keys(), untouched, self._changes)
                if key is None or last is None or last[0] != key:
                    last = key, self.copy().held(untouched)
                found = last[1]._with_inputs(question)
            else:
                found = self._results(question)
            if not question.inputs:
                self._known = found
            yield found

    def _with_inputs(self, question: Question) -> Answer:
        """The results that a question asks for, once its inputs are set."""
        for (sheet, row, column), value in question.inputs.items():
            self.set(sheet, row, column, value)
        self._compute_before(question.stages())
        return self._results(question)

    def asked(self, question: Question) -> tuple[Callable[..., Answer], tuple[object, ...]]:
        """What a process is to do for a question, once one is free: by then more may have been computed."""
        untouched, stages = question.untouched(), question.stages()
        cells = question.cells and question.cells()
        return answer, (self.copy(), question.inputs, question.sheets, untouched, stages, cells)

    def _kept(
        self, questions: Sequence[Question], answers: Generator[Answer, None, None], changes: int
    ) -> Generator[Answer, None, None]:
        """The answers of processes; what was computed from the inputs as they still are is known from then on."""
        with closing(answers):
            for question, found in zip(questions, answers, strict=True):
                if not question.inputs and changes == self._changes:
                    self._known = found
                yield found

    def copy(self) -> "Copy":
        """This session as it is now."""
        packed = None if "_model" in self.__dict__ else self._packed
        return Copy(self._path, self._model.to_bytes() if packed is None else packed.result(), self._known)

    def _compute_before(self, stages: Sequence[Rectangles]) -> None:
        """Compute all stages but the last, each in a copy without those after it, and hold its values here.

        To read a formula's cell takes ironcalc several times as long as to read a value.
        """
        import ironcalc

        for number, stage in enumerate(stages[:-1]):
            with IronCalcSession(self._path, partial(ironcalc.load_from_bytes, self._model.to_bytes(), "en")) as ahead:
                for later in stages[number + 1 :]:
                    ahead.clear(later)
                ahead._evaluate()
                self._hold(stage, {title: ahead._read(self._index[title], found) for title, found in stage.items()})

    def clear(self, rectangles: Rectangles) -> None:
        """Empty cells."""
        for title, index in self._index.items():
            for area in rectangles.get(title, ()):
                self._model.range_clear_contents(index, *area)

    def _hold(self, rectangles: Rectangles, known: Answer) -> None:
        """Put what is known of formulas' values in their place, so that they are not computed here."""
        put_number = self._model.update_cell_with_number
        for title, cells in known.items():
            index = self._index[title]
            for rectangle in rectangles.get(title, ()):
                for row, column, value in _within(cells, rectangle):
                    if type(value) is float:
                        put_number(index, row, column, value)
                    elif value != "" and not isinstance(value, CellError):
                        # A cell has no error without a formula, and no text of no signs.
                        self._put(index, row, column, value)

    def _evaluate(self) -> None:
        with one_sentence(f"{self._path}: ironcalc cannot recalculate it"):
            self._model.evaluate()
        for (sheet, row, column), value in self._set.items():
            if self._model.get_cell_value(self._index[sheet], row, column) != value:
                self._refuse_part_of_array(sheet, row, column)
                raise WorkbookError(
                    f"{self._path}, sheet {sheet}: ironcalc did not keep {value!r} at row {row}, column {column}"
                )
        self._stale = False

    def _place(self, sheet: str, row: int, column: int, value: Input) -> int:
        require_sheets(self._path, self._index, [sheet])
        require_input(self._path, sheet, row, column, value)
        return self._index[sheet]

    def _area(self, sheet: str, row: int, column: int) -> Rectangle | None:
        """The array formula that fills the cell; ironcalc does not tell, so the file is asked, once."""
        if self._areas is None:
            book = read_workbook(self._path)
            self._areas = {
                title: [_bounds(cell.array) for cell in found.cells.values() if cell.array is not None]
                for title, found in book.sheets.items()
            }
        for area in self._areas.get(sheet, []):
            if area[0] <= row <= area[2] and area[1] <= column <= area[3]:
                return area
        return None

    def _refuse_part_of_array(self, sheet: str, row: int, column: int) -> None:
        area = self._area(sheet, row, column)
        if area is not None and area[:2] != area[2:]:
            raise part_of_array(self._path, sheet, row, column)

    def close(self) -> None:
        """Let the model go, and end the processes that answer."""
        if self._workers is not None:
            self._workers.close()
        self.__dict__.pop("_model", None)


@dataclass(frozen=True)
class Copy:
    """A file as a session holds it, which can go to another process.

    Args:
        path: the file, for messages.
        model: the session's model, as ironcalc packs it.
        known: the results of what was computed from its inputs as they are; None before anything was.
    """

    path: Path
    model: bytes
    known: Answer | None

    def held(self, untouched: Rectangles) -> IronCalcSession:
        """A session of its own, in which these formulas keep the values that they have."""
        import ironcalc

        session = IronCalcSession(self.path, partial(ironcalc.load_from_bytes, self.model, "en"))
        if self.known is not None:
            session._hold(untouched, self.known)
        return session

    def answer(self, question: Question) -> Answer:
        """The results of sheets with some inputs set; formulas that no input touches keep the values that they have."""
        with self.held(question.untouched()) as session:
            return session._with_inputs(question)


def _within(cells: Mapping[tuple[int, int], Result], rectangle: Rectangle) -> Iterator[tuple[int, int, Result]]:
    """Rows, columns and results of the cells of a rectangle that are not empty."""
    if isinstance(cells, PackedSheet):
        return cells.within(rectangle)
    top, left, bottom, right = rectangle
    places = product(range(top, bottom + 1), range(left, right + 1))
    return ((*place, cells[place]) for place in places if place in cells)


def _start() -> None:
    """What a process does before it is asked anything."""
    give_way()
    import ironcalc  # noqa: F401 - its import is what takes time


def answer(
    copied: Copy,
    inputs: Inputs,
    sheets: Sequence[str] | None,
    untouched: Rectangles,
    stages: Sequence[Rectangles],
    cells: Rectangles | None,
) -> Answer:
    """What a process answers to a question, which comes in parts because functions do not travel."""
    wanted = None if cells is None else lambda: cells
    return copied.answer(Question(inputs, {}, sheets, lambda: untouched, lambda: stages, wanted))


def _is_error(model: "ironcalc.Model", value: Input, index: int, row: int, column: int) -> bool:
    from ironcalc import CellType

    is_like_one = isinstance(value, str) and value.startswith("#")
    return is_like_one and model.get_cell_type(index, row, column) == CellType.ErrorValue


def _bounds(ref: str) -> Rectangle:
    first_column, first_row, last_column, last_row = range_boundaries(ref)
    return first_row, first_column, last_row, last_column


@contextmanager
def one_sentence(what: str, kind: type[WorkbookError] = WorkbookError) -> Iterator[None]:
    """Turn ironcalc's own error, or a panic of its Rust code, into one sentence."""
    try:
        yield
    except WorkbookError:
        raise
    except Exception as error:
        raise kind(f"{what} ({error})") from error
    except BaseException as error:
        # pyo3's PanicException is no Exception, and cannot be imported to be named.
        if type(error).__name__ != "PanicException":
            raise
        raise kind(f"{what} (it panicked: {error})") from error
