"""A function that is finished as soon as it is written: its text is what all passes give."""

import pytest
from corpus.library import files
from sweep import some

from workbook.transpile import Front
from workbook.transpile.back import emit, emitted
from workbook.transpile.back.script import write_script
from workbook.transpile.middle.program import Program
from workbook.transpile.targets import TARGETS


def written(front: Front, program: Program, target: str) -> str:
    return write_script(front.book, program, TARGETS[target], title="b", beside="b.npz", rolled=True)[0].source


def test_it_is_what_all_passes_give(monkeypatch: pytest.MonkeyPatch) -> None:
    settled: list[str] = []
    finish = emit.settled

    def watched(function: emitted.SheetFunction, *args: object, **named: object) -> emitted.SheetFunction:
        found = finish(function, *args, **named)
        settled.extend([found.name] if found.text else [])
        return found

    monkeypatch.setattr(emitted, "LONG", 4)
    for path in some(files(), 20):
        front = Front.of(path)
        program = front.program(None, frozenset(), {})
        for target in ("numpy", "torch"):
            monkeypatch.setattr(emit, "settled", watched)
            at_once = written(front, program, target)
            monkeypatch.setattr(emit, "settled", lambda function, *_, **__: function)
            assert written(front, program, target) == at_once, path.name
    assert len(settled) > 20
