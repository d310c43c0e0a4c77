"""What a learner reads: points part by part, and the first thing to mend."""

from __future__ import annotations

import html
from dataclasses import dataclass

from course_lib.text import _

# Notebook and feedback page each have a table style of their own; this suits both.
_CELL = "style='padding: 0.15em 1em 0.15em 0; text-align: left; vertical-align: top'"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, and what helps to mend it.

    Attributes
    ----------
    problem : str
        What is wrong, in one sentence.
    wanted, got : str
        Small; empty where there is nothing to set side by side.
    hint : str
        Of the misconception that gives exactly these numbers, or what their structure says.
    misconception : str
        Its name, if one was recognised.
    """

    problem: str
    wanted: str = ""
    got: str = ""
    hint: str = ""
    misconception: str = ""


@dataclass(frozen=True)
class Part:
    """Points for one part of a task, with the reason if they were not earned."""

    name: str
    points: float
    earned: float
    reason: str = ""


@dataclass(frozen=True)
class Report:
    """The result of a check.

    Its ``repr`` is the number of points: that is how nbgrader reads partial credit from the
    output of a grade cell. A notebook shows the table instead; ``print`` gives it as text.
    """

    task: str
    parts: tuple[Part, ...]
    finding: Finding | None = None
    notice: str = ""
    read: str = ""
    seed: int | None = None

    @property
    def points(self) -> float:
        """Points earned."""
        return float(sum(part.earned for part in self.parts))

    @property
    def max_points(self) -> float:
        """Points that can be earned."""
        return float(sum(part.points for part in self.parts))

    @property
    def passed(self) -> bool:
        """Whether every point was earned."""
        return self.points == self.max_points

    def __float__(self) -> float:
        return self.points

    def __repr__(self) -> str:
        return str(self.points)

    def __str__(self) -> str:
        width = max(len(part.name) for part in self.parts)
        lines = [self._headline()]
        for part in self.parts:
            score = f"{part.earned:g}/{part.points:g}"
            lines.append(f"  {part.name:<{width}}  {score:>5}  {part.reason}".rstrip())
        return "\n".join([*lines, *(f"{label}{text}" for label, text in self._words())])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td {_CELL}>{'✓' if part.earned == part.points else '✗'} "
            f"{html.escape(part.name)}</td>"
            f"<td {_CELL}>{part.earned:g}&nbsp;/&nbsp;{part.points:g}</td>"
            f"<td {_CELL}>{html.escape(part.reason)}</td></tr>"
            for part in self.parts
        )
        words = "".join(
            f"<p>{f'<strong>{html.escape(label)}</strong>' if label else ''}{html.escape(text)}</p>"
            for label, text in self._words()
        )
        return (
            f"<div class='check'><p><strong>{html.escape(self._headline())}</strong></p>"
            f"<table><tbody>{rows}</tbody></table>{words}</div>"
        )

    def _section(self) -> str:
        chapter, _hash, label = self.read.partition("#")
        return _("chapter {chapter}, section “{label}”").format(chapter=chapter, label=label)

    def _headline(self) -> str:
        return _("{task}: {points:g} of {max_points:g} points").format(
            task=self.task, points=self.points, max_points=self.max_points
        )

    def _words(self) -> list[tuple[str, str]]:
        """Return labelled sentences in the order in which a learner needs them."""
        if self.finding is None:
            return [("", self.notice)] if self.notice else []
        said = [
            ("", self.finding.problem),
            (_("Wanted: "), self.finding.wanted),
            (_("Got: "), self.finding.got),
            (_("Think: "), self.finding.hint),
            (_("Read: "), self._section()),
        ]
        return [(label, text) for label, text in said if text]
