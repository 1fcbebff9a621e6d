"""Why a formula is not written in some way, or not at all."""

from workbook.errors import WorkbookError


class UnclearError(Exception):
    """A formula that this way of writing it does not cover; another way does."""


class UnsupportedError(WorkbookError):
    """A formula that no script is made of, and why."""


class UnevenError(Exception):
    """A region whose cells mean different things after all: they are taken one by one."""
