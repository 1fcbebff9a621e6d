"""Code of the user's: whatever it raises becomes one sentence that says where."""

import contextlib
import importlib
import traceback
from collections.abc import Iterator
from pathlib import Path

import torch

from engine.errors import EngineError, NetworkError

# Frames of these say nothing of the user's own code.
_OTHERS = (Path(__file__).parents[1], Path(torch.__file__).parent, Path(importlib.__file__).parent)
_CONTEXTS = Path(contextlib.__file__)

# How the CPU's allocator, and how CUDA, cuBLAS and cuDNN say that the memory is full.
ON_CPU = "DefaultCPUAllocator: can't allocate memory"
_FULL = (ON_CPU, "CUDA error: out of memory", "STATUS_ALLOC_FAILED")


@contextlib.contextmanager
def foreign(what: str) -> Iterator[None]:
    """Return a context that runs code of the user's.

    An error that says that the memory is full is passed on unchanged: the caller knows which setting to lower.

    Args:
        what: what fails where it raises, as a sentence begins: `the network fails in training`.

    Raises:
        NetworkError: it raised, or wanted to end the program.

    >>> with foreign("the division fails"):
    ...     1 / 0
    Traceback (most recent call last):
    engine.errors.NetworkError: the division fails (ZeroDivisionError: division by zero)
    """
    try:
        yield
    except EngineError:
        raise
    except (Exception, SystemExit) as error:
        if is_full(error):
            raise
        said = " ".join(str(error).split("\n")[0].split())
        raise NetworkError(f"{what} ({type(error).__name__}{said and ': '}{said}{_where(error)})") from error


def is_full(error: BaseException) -> bool:
    """Return whether an error says that the memory is full; only torch's allocator for GPUs has an error for it."""
    return isinstance(error, torch.OutOfMemoryError) or any(words in str(error) for words in _FULL)


def _where(error: BaseException) -> str:
    """The last line of the user's that ran."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_absolute() and path != _CONTEXTS and not any(path.is_relative_to(others) for others in _OTHERS):
            return f"; {path.name}, line {frame.lineno}"
    return ""
