"""A user's own module → a verified workbook of its training step: `gradbook from-module`, and the same as a call."""

import hashlib
import importlib
import importlib.util
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from workbook.traced.graph import TracedError

if TYPE_CHECKING:
    from workbook.app.build import Prepare
    from workbook.check.verify import WorkbookCheck
    from workbook.lesson.lesson import Lesson, Progress

MOST_CELLS = 300_000
_NAME = re.compile(r"[\w-][\w .-]*")


@dataclass(frozen=True)
class Choices:
    """What a user may choose.

    Args:
        name: of the workbook's file.
        optimizer: sgd, adam or adamw; None for the user's own, else SGD.
        lr: the learning rate; None for the optimizer's own.
        sheets: `one`, one a `module`, or `auto`.
        most_cells: how many formula cells the workbook may have.
        seed: of what the user's function draws, and of dropout.
        steps: how often the step is taken.
        axes: input → what its dimensions are called.
    """

    name: str
    optimizer: str | None = None
    lr: float | None = None
    sheets: str = "auto"
    most_cells: int = MOST_CELLS
    seed: int = 0
    steps: int = 1
    axes: Mapping[str, tuple[str, ...]] | None = None


def build(
    make: Callable[[], object], choices: Choices, *, out: Path, prepare: "Prepare", check: bool, progress: "Progress"
) -> "WorkbookCheck | None":
    """Write OUT/NAME.xlsx, verified, of the module that a function makes.

    Args:
        make: gives `(model, loss, batch)` or `(model, loss, batch, optimizer)`.
        choices: what the user chose.
        out: the folder.
        prepare: see `workbook.app.build.build`.
        check: whether to verify.
        progress: hears of the work.

    Raises:
        TracedError: no workbook can be made of it; one sentence says why.
    """
    from workbook.app.build import build as build_lesson

    lesson, options = lesson_of(make, choices, progress=progress)
    return build_lesson(lesson, options, seed=choices.seed, out=out, prepare=prepare, check=check, progress=progress)


def lesson_of(make: Callable[[], object], choices: Choices, *, progress: "Progress") -> "tuple[Lesson, dict[str, Any]]":
    """The lesson of the module that a function makes, and what the manifest says of how it was made."""
    import torch

    from workbook.traced.lesson import of_facts, of_graph
    from workbook.traced.module import captured, eager, training
    from workbook.traced.module import compare as compare_eager

    if not _NAME.fullmatch(choices.name) or len(choices.name) > 100:
        raise TracedError(f"--name {choices.name!r}: expected letters, digits, blanks and _ . -")
    progress("asking for the module", 0, 0)
    with users_own("the function that makes the module"):
        torch.manual_seed(choices.seed)
        made = make()
    given = training(made, optimizer=choices.optimizer, lr=choices.lr)
    _check_size(given.model, choices.most_cells)
    progress("following the module", 0, 0)
    found = captured(given, axes=choices.axes or {}, seed=choices.seed)
    for name in choices.axes or {}:
        if not any(leaf.title == name for leaf in found.graph.leaves):
            known = ", ".join(leaf.title for leaf in found.graph.leaves)
            raise TracedError(f"--axes names {name!r}, which the loss does not read; it reads {known}")
    lesson = of_graph(
        found.graph,
        found.values,
        name=choices.name,
        digest=_digest(found.graph.to_json(), found.values),
        layout=choices.sheets,
        steps=choices.steps,
    )
    data = lesson.load({}, choices.seed, progress)
    emitted = of_facts(data.facts).emitted
    count_cells(emitted, choices.most_cells)
    with users_own("the module"):
        own = eager(given)
    if own is not None:
        loss, gradients, tied = by_numpy(found.graph, emitted, data.values)
        compare_eager(own, loss, gradients, notes=found.graph.notes, tied=tied)
    optimizer = found.graph.step.optimizer
    return lesson, {"optimizer": optimizer, "sheets": choices.sheets, "steps": choices.steps}


def by_numpy(graph: Any, emitted: Any, values: Mapping[str, Any]) -> tuple[float, dict[str, Any], list[str]]:
    """The loss of the first step and the gradients by the blocks' NumPy rules, before anything is placed.

    And the lines of the user's that put equal numbers in order.
    """
    from workbook.traced.values import computed, full, tied

    blocks = emitted.builder.blocks
    known = dict(values)
    known |= {full(s): np.asarray(s.given) for s in blocks.values() if s.value is None and full(s) not in known}
    known |= computed(graph, emitted)[0].reference(known)
    gradients = {}
    for spec in blocks.values():
        if spec.band == "gradient" and spec.number == 0 and spec.of in emitted.parameters.values():
            leaf = blocks[spec.of].leaf
            gradients[leaf.title] = known[full(spec)].reshape(leaf.shape)
    return float(known[full(blocks[emitted.loss[0]])]), gradients, tied(emitted, known)


def count_cells(emitted: Any, most: int) -> None:
    """Refuse a workbook of more formula cells than are wanted, before anything is written."""
    counts = {spec.title: spec.count for spec in emitted.builder.blocks.values() if spec.value is not None}
    total = sum(spec.count for spec in emitted.builder.blocks.values() if spec.value is not None)
    if total > most:
        largest = sorted(counts.items(), key=lambda item: -item[1])[:3]
        named = ", ".join(f"{title} {count:,}" for title, count in largest)
        raise TracedError(
            f"this step takes {total:,} formula cells, more than {most:,}; largest: {named}; use fewer examples or a "
            "smaller width, or raise --max-cells"
        )


def _check_size(model: Any, most: int) -> None:
    sizes = {name: parameter.numel() for name, parameter in model.named_parameters()}
    total = sum(sizes.values())
    if total > most:
        name = max(sizes, key=lambda each: sizes[each])
        raise TracedError(
            f"the module has {total:,} parameters, and each takes three cells or more: more than {most:,}; largest: "
            f"{name} {sizes[name]:,}; use a smaller width, or raise --max-cells"
        )


def _digest(graph: str, values: Mapping[str, Any]) -> str:
    found = hashlib.sha256(graph.encode("ascii"))
    for name in sorted(values):
        found.update(name.encode())
        found.update(np.ascontiguousarray(values[name]).tobytes())
    return found.hexdigest()


def load(target: str) -> Callable[[], object]:
    """The function that `FILE.py:FUNCTION` or `package.module:function` names; it runs code of that file.

    Raises:
        TracedError: there is no such file, module or function, or the file raises.
    """
    where, colon, name = target.rpartition(":")
    if not colon or not where or not name:
        raise TracedError(f"found {target!r}, expected FILE.py:FUNCTION or package.module:function")
    with users_own(where):
        module = _from_file(Path(where)) if where.endswith(".py") else _from_package(where)
    found: Any = module
    for part in name.split("."):
        found = getattr(found, part, None)
    if not callable(found):
        functions = [
            key
            for key, value in vars(module).items()
            if callable(value)
            and not key.startswith("_")
            and getattr(value, "__module__", "") == module.__name__
            and not isinstance(value, type)
        ]
        raise TracedError(f"{where} has no function {name!r}; it has {', '.join(functions) or 'none'}")
    function: Callable[[], object] = found
    return function


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise TracedError(f"{path}: there is no such file")
    spec = importlib.util.spec_from_file_location(f"_of_user_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    # So that it finds what lies beside it, as when Python runs it.
    sys.path.insert(0, str(path.resolve().parent))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.pop(0)
    return module


def _from_package(name: str) -> ModuleType:
    sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if Path(name).is_file():
            raise TracedError(f"{name}: it is no Python file, expected FILE.py:FUNCTION") from error
        if error.name and (name == error.name or name.startswith(f"{error.name}.")):
            raise TracedError(f"there is no module {error.name}") from error
        raise
    finally:
        sys.path.pop(0)


@contextmanager
def users_own(what: str) -> Iterator[None]:
    """Code of the user's runs inside: whatever it raises becomes one sentence that says where."""
    try:
        yield
    except TracedError:
        raise
    except (Exception, SystemExit) as error:
        said = " ".join(str(error).split())[:300]
        from workbook.traced.lines import is_ours

        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not is_ours(frame.filename)]
        at = f"; {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
        raise TracedError(f"{what} raised {type(error).__name__}{said and ': '}{said}{at}") from error


def parse_axes(texts: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """`x=example feature` → what the dimensions of x are called.

    Raises:
        TracedError: a text is spelled otherwise.
    """
    found = {}
    for text in texts:
        name, equals, axes = text.partition("=")
        if not equals or not name.strip() or not axes.split():
            raise TracedError(f'--axes {text!r}: expected a name, =, and its dimensions, such as "x=example feature"')
        found[name.strip()] = tuple(axes.split())
    return found
