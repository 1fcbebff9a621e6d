"""What stands for a worker where no process is to be started."""

from collections.abc import Callable
from typing import Any


class InProcess:
    """What stands for a worker where a test looks at what surrounds it: the same calls, in this process."""

    def __init__(self, prepare: Callable[[], Any]) -> None:
        self.prepared = prepare

    def call(self, function: Callable[..., Any], *args: Any, bound: Any, progress: Any = None, **named: Any) -> Any:
        return function(*args, **named, **({"progress": progress} if progress else {}))

    def __enter__(self) -> "InProcess":
        return self

    def __exit__(self, *_: object) -> None: ...
