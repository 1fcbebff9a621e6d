"""Files that travel with the package, found in one way from a checkout and from an installed wheel."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment


def templates() -> Path:
    """The folder of templates: inside the package when installed from a wheel, beside it in a checkout."""
    here = Path(__file__).parent
    inside = here / "templates"
    return inside if inside.is_dir() else here.parent / "templates"


def render(template: str, **values: Any) -> str:
    """The text of a template with its values filled in; HTML templates escape them."""
    return _environment().get_template(template).render(**values)


@cache
def _environment() -> "Environment":
    """One for all renderings, so that each template is compiled once."""
    # When first needed: most processes that could render do not.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(templates()),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=lambda name: bool(name) and ".html" in str(name),
    )
