"""What an attribute of a part says, whatever a stranger has written in it."""

TRUE = ("1", "true", "on")
"""The texts that say that something is so."""


def whole(text: str | None) -> int:
    """A whole number; 0 where there is none, or one of more than nine digits."""
    return int(text) if text and text.isdecimal() and len(text) < 10 else 0
