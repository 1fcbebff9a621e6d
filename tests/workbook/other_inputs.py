"""What is wrong in a workbook once its inputs have other values."""

from collections.abc import Mapping

from workbook.check.checks import Checks, Failure
from workbook.check.draws import asked, judged
from workbook.check.recalc.session import Session
from workbook.lesson.lesson import Array


def disagreements(
    checks: Checks, session: Session, drawn: Mapping[str, Array], *, engine: str, what: str
) -> list[Failure]:
    """The failures with these inputs (`sheet.block` → values); afterwards the session has the plan's again."""
    (found,) = session.answers([asked(checks.plan, drawn)])
    return judged(checks, found, drawn, engine=engine, device="cpu", what=what)
