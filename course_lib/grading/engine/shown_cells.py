"""A student's cells as a page shows them: what was written, and what it showed when it ran."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from markupsafe import Markup

from course_lib.grading.engine.pictures import Picture, picture
from course_lib.grading.engine.shown import first_lines, highlighted, readable
from course_lib.text import _

_MOST_OUTPUTS = 20
_MOST_LINES = 200


@dataclass(frozen=True)
class ShownOutput:
    """One thing that a cell showed: text, or a picture."""

    text: str = ""
    is_error: bool = False
    printed: bool = False
    picture: Picture | None = None


@dataclass(frozen=True)
class ShownCell:
    """A cell of a student's."""

    is_code: bool
    text: str | Markup
    shown: tuple[ShownOutput, ...] = ()


@dataclass
class Room:
    """How much of a student's work a page still has room for, in characters."""

    code: int = 60_000
    colours: int = 12_000
    text: int = 60_000
    pictures: int = 1_500_000

    def take(self, kind: str, wanted: int, most: int) -> int:
        """Return how much of what is wanted there is room for, and keep it."""
        left: int = getattr(self, kind)
        given = min(wanted, most, left)
        setattr(self, kind, left - given)
        return given


def shown_cell(
    cell: Mapping[str, Any], outputs: Iterable[Any], room: Room, scrub: Callable[[str], str]
) -> ShownCell:
    """Return what a page shows of a cell.

    Parameters
    ----------
    cell : mapping
        As the notebook format has it.
    outputs : iterable
        As the notebook format has them.
    room : Room
    scrub : callable
        Takes out of a text what is no student's business.
    """
    source = cell.get("source")
    source = source if isinstance(source, str) else ""
    text = readable(source, room.take("code", len(source), 30_000))
    if cell.get("cell_type") != "code":
        return ShownCell(False, text)
    if len(text) <= room.colours:
        room.take("colours", len(text), len(text))
        text = highlighted(text)
    shown = [
        replace(output, text=first_lines(scrub(output.text), _MOST_LINES))
        for output in _joined(_shown(list(outputs)[:_MOST_OUTPUTS], room))
    ]
    return ShownCell(True, text, tuple(output for output in shown if output.text or output.picture))


def _shown(outputs: Iterable[Any], room: Room) -> Iterable[ShownOutput]:
    for output in outputs:
        if not isinstance(output, Mapping):
            continue
        kind, data = output.get("output_type"), output.get("data")
        if kind == "stream":
            yield ShownOutput(_text(output.get("text"), room), printed=True)
        elif kind == "error":
            yield ShownOutput(_text(_error(output), room), is_error=True)
        elif isinstance(data, Mapping):
            yield from _displayed(data, room)


def _displayed(data: Mapping[str, Any], room: Room) -> Iterable[ShownOutput]:
    for kind in ("image/png", "image/jpeg"):
        if kind in data:
            found = picture(kind, data[kind])
            if found and len(found.address) <= room.pictures:
                room.pictures -= len(found.address)
                yield ShownOutput(picture=found)
            else:
                yield ShownOutput(_("[A picture that can't be shown here is left out.]"))
            return
    if "text/plain" in data:
        yield ShownOutput(_text(data["text/plain"], room))
    elif data:
        yield ShownOutput(_("[Something that is no text is left out here.]"))


def _error(output: Mapping[str, Any]) -> str:
    lines = output.get("traceback")
    if isinstance(lines, list) and lines:
        return "\n".join(line for line in lines if isinstance(line, str))
    return f"{output.get('ename', '')}: {output.get('evalue', '')}"


def _text(text: object, room: Room) -> str:
    if isinstance(text, list):
        text = "".join(part for part in text if isinstance(part, str))
    if not isinstance(text, str):
        return ""
    return readable(text, room.take("text", len(text), 8_000))


def _joined(outputs: Iterable[ShownOutput]) -> list[ShownOutput]:
    """Put what was printed piece by piece together again."""
    joined: list[ShownOutput] = []
    for output in outputs:
        if output.printed and joined and joined[-1].printed:
            joined[-1] = replace(output, text=joined[-1].text + output.text)
        else:
            joined.append(output)
    return joined
