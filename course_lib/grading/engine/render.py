"""Fill in a page's template; whatever is filled in is escaped."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from course_lib.grading.engine.plain import whole
from course_lib.text import _

_TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, **values: object) -> str:
    """Return a page as HTML that can be written as UTF-8."""
    return whole(_environment().get_template(template).render(**values))


@cache
def _environment() -> Environment:
    environment = Environment(
        autoescape=True,
        loader=FileSystemLoader(_TEMPLATES),
        lstrip_blocks=True,
        trim_blocks=True,
        undefined=StrictUndefined,
        auto_reload=False,
    )
    environment.globals["_"] = _
    environment.globals["css"] = Markup((_TEMPLATES / "page.css").read_text(encoding="utf-8"))
    environment.filters["points"] = points
    return environment


def points(number: float) -> str:
    """Return points as people write them: 4, 2.5, 0.33."""
    return f"{round(number, 2):g}" if abs(number) < 100_000 else f"{number:,.0f}"
