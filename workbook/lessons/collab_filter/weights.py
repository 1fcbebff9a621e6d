"""The three sets of weights that every model of the lesson switches between: initial, trained, yours."""

from dataclasses import dataclass
from typing import Any

from workbook.lesson import Derive, Formula, Given, Recorded

SWITCH = "dot_product.factors_from"
LARGEST = 100.0


@dataclass(frozen=True)
class Weights:
    """One array of parameters in four blocks: the three sets, and the one in use."""

    name: str
    axes: str
    across: str | None
    title: str
    made_by: str
    initial: str = ""

    def blocks(self) -> tuple[Given | Formula | Recorded, ...]:
        """The blocks `initial_…`, `trained_…`, `your_…`, and the one in use, chosen by the switch."""
        shape: dict[str, Any] = {"axes": self.axes, "across": self.across}
        name, title = self.name, self.title
        initial: Given | Formula
        if self.initial:
            initial = Formula(name=f"initial_{name}", title=f"initial {title}", pattern=self.initial, **shape)
        else:
            initial = Given(
                name=f"initial_{name}", title=f"initial {title}", unit=0.01, low=-LARGEST, high=LARGEST, **shape
            )
        return (
            initial,
            Recorded(name=f"trained_{name}", title=f"trained {title}", made_by=self.made_by, **shape),
            Given(
                name=f"your_{name}",
                title=f"your {title}",
                unit=0.01,
                low=-LARGEST,
                high=LARGEST,
                **shape,
            ),
            Formula(
                name=name,
                title=f"{title} in use",
                role="parameter",
                look="diverging",
                pattern=f'IF({SWITCH}="initial", initial_{name}, IF({SWITCH}="trained", trained_{name}, your_{name}))',
                **shape,
            ),
        )

    def derive(self) -> Derive:
        """The functions that choose."""
        sets = {
            "factors_from": SWITCH,
            "initial": f"initial_{self.name}",
            "trained": f"trained_{self.name}",
            "yours": f"your_{self.name}",
        }
        return Derive("collab.choose", inputs=sets, outputs={"chosen": self.name}, shown=False)
