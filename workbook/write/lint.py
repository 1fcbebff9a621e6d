"""Rules."""
from workbook.plan import Plan


def lint(plan: Plan) -> None:
    """Nothing yet."""
