"""Ctrl-C is heard, even where an import makes another error of it."""

import contextlib
import importlib
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbook.app import cli
from workbook.app.interrupts import interruptible
from workbook.errors import WorkbookError

# What CPython does with an interrupt while its parser imports unicodedata to read a "\N{...}".
SWALLOWS = """
import signal
try:
    signal.raise_signal(signal.SIGINT)
except KeyboardInterrupt:
    raise SyntaxError("(unicode error) \\\\N escapes not supported (can't load unicodedata module)")
"""


@pytest.fixture(autouse=True)
def _ctrl_c_interrupts() -> Iterator[None]:
    """Whatever a test does to Ctrl-C, the next one finds it as it was."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def swallows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a module whose import is interrupted, and says that it has a syntax error."""
    (tmp_path / "swallows_interrupts.py").write_text(SWALLOWS)
    monkeypatch.syspath_prepend(tmp_path)
    return "swallows_interrupts"


def fail_after_an_interrupt() -> None:
    with contextlib.suppress(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    raise ZeroDivisionError


def test_an_import_that_swallows_an_interrupt_is_an_interrupt(swallows: str) -> None:
    with pytest.raises(SyntaxError):
        importlib.import_module(swallows)

    with pytest.raises(KeyboardInterrupt) as raised, interruptible():
        importlib.import_module(swallows)

    assert isinstance(raised.value.__cause__, SyntaxError)


def test_an_interrupt_is_one_at_once() -> None:
    with pytest.raises(KeyboardInterrupt) as raised, interruptible():
        signal.raise_signal(signal.SIGINT)

    assert raised.value.__cause__ is None


def test_an_error_without_an_interrupt_stays_what_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        fail_after_an_interrupt()

    with pytest.raises(ZeroDivisionError), interruptible():
        raise ZeroDivisionError


def test_both_of_two_contexts_hear_the_interrupt() -> None:
    def outer() -> None:
        with contextlib.suppress(KeyboardInterrupt), interruptible():
            fail_after_an_interrupt()
        raise ZeroDivisionError

    with pytest.raises(KeyboardInterrupt), interruptible():
        outer()


@pytest.mark.parametrize("error", [None, ZeroDivisionError, KeyboardInterrupt])
def test_the_handler_is_as_before(error: type[BaseException] | None) -> None:
    try:
        with interruptible():
            assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
            if error:
                raise error
    except (ZeroDivisionError, KeyboardInterrupt):
        pass

    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_handler_that_raises_nothing_interrupts_nothing() -> None:
    heard = []
    signal.signal(signal.SIGINT, lambda *_: heard.append(True))

    with pytest.raises(ZeroDivisionError), interruptible():
        fail_after_an_interrupt()

    assert heard == [True]


def test_an_ignored_signal_stays_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    with interruptible():
        signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_another_thread_is_let_through() -> None:
    seen: list[object] = []

    def run() -> None:
        with interruptible():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()

    assert seen == [signal.default_int_handler]


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["build", "affine"], "gradbook: interrupted; no workbook was written\n"),
        (["verify", "a.xlsx"], "gradbook: interrupted; no file was changed\n"),
    ],
)
def test_a_command_whose_import_swallows_an_interrupt_ends_with_130_and_its_line(
    argv: list[str],
    said: str,
    swallows: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    in_process: None,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("workbook.check.recalc.engines", lambda _: importlib.import_module(swallows))

    assert cli.main(argv) == 130

    assert capsys.readouterr().err == said


def test_list_whose_import_swallows_an_interrupt_ends_with_130(
    swallows: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("workbook.lessons.names", lambda: importlib.import_module(swallows))

    assert cli.main(["list"]) == 130

    assert capsys.readouterr().err == "gradbook: interrupted\n"


def test_a_file_whose_check_swallows_an_interrupt_is_not_called_a_bad_file(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], in_process: None
) -> None:
    def verify(*_: Any, **__: Any) -> None:
        try:
            fail_after_an_interrupt()
        except ZeroDivisionError as error:
            raise WorkbookError("a.xlsx: ironcalc cannot load it") from error

    monkeypatch.setattr("workbook.check.recalc.engines", lambda _: [])
    monkeypatch.setattr("workbook.check.verify.verify", verify)

    assert cli.main(["verify", "a.xlsx"]) == 130

    assert capsys.readouterr().err == "gradbook: interrupted; no file was changed\n"
