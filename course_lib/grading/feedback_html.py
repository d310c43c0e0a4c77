"""Let nothing that a student wrote act in the pages of feedback: no scripts, forms or frames.

``nbgrader_config.py`` names these two functions in place of nbconvert's filters of the same name.
nbconvert's own ``clean_html`` would also take away paragraphs and the heads of tables, and its
``markdown2html`` lets scripts through.
"""

from __future__ import annotations

import bleach
from bleach.css_sanitizer import CSSSanitizer
from nbconvert.filters import markdown2html as nbconvert_markdown2html

TAGS = {
    *bleach.ALLOWED_TAGS,
    *("br", "div", "hr", "img", "p", "pre", "s", "span", "sub", "sup", "u"),
    *("dd", "details", "dl", "dt", "figcaption", "figure", "summary"),
    *("h1", "h2", "h3", "h4", "h5", "h6"),
    *("caption", "table", "tbody", "td", "tfoot", "th", "thead", "tr"),
}
ATTRIBUTES = {
    **bleach.ALLOWED_ATTRIBUTES,
    "*": ["class", "style", "title"],
    "img": ["alt", "height", "src", "width"],
    **{heading: ["id"] for heading in ("h1", "h2", "h3", "h4", "h5", "h6")},
    "td": ["colspan", "rowspan"],
    "th": ["colspan", "rowspan", "scope"],
}
# No address on the web for pictures: whoever opens the page would be counted there.
PICTURES = ("data:image/png;base64,", "data:image/jpeg;base64,", "attachment:")
STYLES = CSSSanitizer(
    allowed_css_properties=["color", "font-style", "font-weight", "padding", "text-align"]
)


def clean_html(html: str) -> str:
    """Return HTML with everything that could act written out as text."""
    return bleach.clean(
        str(html),
        tags=TAGS,
        attributes=_allowed,
        protocols={"http", "https", "mailto", "data"},
        css_sanitizer=STYLES,
    )


def markdown2html(source: str) -> str:
    """Return Markdown as HTML in which nothing can act."""
    return clean_html(nbconvert_markdown2html(source))


def _allowed(tag: str, name: str, value: str) -> bool:
    if tag == "img" and name == "src":
        return value.startswith(PICTURES)
    if name == "href" and value.strip().lower().startswith("data:"):
        return False
    return name in ATTRIBUTES.get(tag, []) or name in ATTRIBUTES["*"]
