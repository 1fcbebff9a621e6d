"""One operation of torch and its arguments, and where in the user's code it stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Site:
    """Where an operation stands.

    Args:
        module: the path of the user's module; empty in the loss.
        where: the user's line.
        variable: what that line calls the result.
        no_gradient: whether it is computed under `no_grad`.
    """

    module: str = ""
    where: str = ""
    variable: str = ""
    no_gradient: bool = False

    @property
    def at(self) -> str:
        """Its description in a message."""
        return self.where or self.module or "the loss"

    def unnamed(self) -> "Site":
        """The same place, for what the line does not name."""
        return replace(self, variable="")


@dataclass(frozen=True)
class Call:
    """One operation of torch and its arguments."""

    target: Any
    args: Sequence[Any]
    kwargs: Mapping[str, Any]

    @property
    def op(self) -> str:
        """Its name: `softmax`."""
        return str(self.target.overloadpacket).removeprefix("aten.")

    @property
    def overload(self) -> str:
        """Which of its signatures: `int`."""
        return str(self.target._overloadname)

    @property
    def is_in_place(self) -> bool:
        """Whether it writes into its first argument."""
        return self.op.endswith("_") and not self.op.endswith("__")

    def arguments(self) -> dict[str, Any]:
        """The arguments by name, without those at their defaults."""
        found = {}
        for number, argument in enumerate(self.target._schema.arguments):
            if number < len(self.args):
                value = self.args[number]
            elif argument.name in self.kwargs:
                value = self.kwargs[argument.name]
            else:
                continue
            if not argument.has_default_value() or not _same(value, argument.default_value):
                found[argument.name] = value
        return found


def _same(value: Any, default: Any) -> bool:
    return type(value) is type(default) and bool(value == default)
