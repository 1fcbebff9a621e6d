"""Why a formula is not written in some way, or not at all."""

from workbook.errors import WorkbookError


class TranspileError(WorkbookError):
    """A formula that is not written as it was tried. Each kind says what is done about it."""


class UnclearError(TranspileError):
    """Not certain: this way of writing a formula does not cover it, and another way does."""


class UnsupportedError(TranspileError):
    """Not supported: no way of writing covers a formula; its cells are named to the user, with the reason."""


class UnevenError(TranspileError):
    """Not even: the cells of a region mean different things after all, and are taken one by one."""
