"""The reference derivation of every lesson: NumPy only, float64, gradients derived by hand.

Each function takes the blocks of a sheet by name and returns its results by name. Two conventions hold throughout:
a blank cell is NaN and takes no part in a sum or a mean; a mean of no cells at all is NaN, without a warning.
"""

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]
"""Numbers; ids, counts and 1-based indices too, as whole numbers."""

Text: TypeAlias = npt.NDArray[np.object_]
"""Words, one Python str an element."""

Result: TypeAlias = dict[str, npt.NDArray[Any] | float | str]
"""Results by the names of their blocks; a scalar is a float, a word a str."""

FamilyResult: TypeAlias = dict[str, npt.NDArray[Any] | float | str | dict[str, Array]]
"""Results of which some are families: what a step makes of each parameter, by the parameter's name."""
