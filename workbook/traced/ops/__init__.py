"""The table of operations: for each its pattern, its NumPy value and the rule by which its gradient goes back.

Split by family; a rule takes the builder and the operation's arguments by their names in torch. An argument that it
does not name is refused, so that nothing is silently ignored.
"""

from collections.abc import Callable, Mapping
from typing import Any

from workbook.traced.ops import (
    arithmetic,
    classification,
    convolutions,
    functions,
    lookups,
    losses,
    norms,
    order,
    pooling,
    products,
    reductions,
    relabelling,
    softmax,
)

FAMILIES: Mapping[str, Mapping[str, Callable[..., Any]]] = {
    "cell by cell": {**functions.RULES, **arithmetic.RULES},
    "products": products.RULES,
    "over whole dimensions": {**reductions.RULES, **softmax.RULES},
    "look-ups": lookups.RULES,
    "order": order.RULES,
    "norms": norms.RULES,
    "images": {**convolutions.RULES, **pooling.RULES},
    "losses": {**losses.RULES, **classification.RULES},
    "relabelling": relabelling.RULES,
}
"""Family → operation → its rule."""

TABLE: Mapping[str, Callable[..., Any]] = {name: rule for rules in FAMILIES.values() for name, rule in rules.items()}
"""Operation → its rule."""

FREE = frozenset((*FAMILIES["relabelling"], "cast", "detach")) - {"cat", "stack", "concat", "pad", "constant_pad_nd"}
"""Operations that compute nothing."""
