"""What the sheets of the run share: where its numbers come from, and how they are shown."""

from typing import Any

MADE_BY = "engine.runs.fine_tuning_runs.record"
REGIMES = ("fine-tuned", "one large rate", "from scratch")
WAYS = ("from scratch", "slice(b/100, b)", "slice(b), b/10", "one rate for all")
"""What was tried at every rate, in the order of the recorded runs."""
LOOKS = (2, 0, 3, 1)
"""The look that each of these ways has in charts: from scratch and one rate for all look as the regimes of those names do."""
COLUMN = 13
"""Wide enough for the name of a regime or a way."""
PERCENT: dict[str, Any] = {"number_format": "0.0%"}
