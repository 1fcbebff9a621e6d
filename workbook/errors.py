"""The known errors of the package: each is one clear sentence, and the command line prints it without a traceback."""


class WorkbookError(Exception):
    """Base of every known error of the package ``workbook``."""


class FileError(WorkbookError):
    """A file that cannot be read, written or trusted."""


class LessonError(WorkbookError):
    """A lesson that is declared wrongly."""


class FormulaError(WorkbookError):
    """A pattern or a formula that cannot be parsed."""
