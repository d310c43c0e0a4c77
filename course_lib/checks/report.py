"""The report of a check: the points for each part, and the first error.

Grading reads reports where NumPy is not imported: `course_lib.checks.explain` needs it.
"""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass, replace

from course_lib.text import _

# Override the table styles of the notebook and of the feedback page.
_CELL = "style='padding: 0.15em 1em 0.15em 0; text-align: left; vertical-align: top'"


# Names of parts and values that a report shows in other words.
_LABELS = {
    "contracts": _("inputs unchanged, repeatable"),
    "value": _("returned value"),
    "tensors": _("for a batch of tensors"),
    "at extremes": _("for extreme inputs"),
    # 06_two_layer_net
    "one-hot accuracy": _("accuracy with one-hot targets"),
    "any order": _("for other batches and networks"),
    "scores after the step": _("logits after the step"),
    "any depth": _("for two layers"),
    "entries for two layers": _("number of entries for two layers"),
    # 07_gradient_check
    "verdict": _("ordinary gradients"),
    "worst": _("index of the worst element"),
    "zeros": _("gradients of 0"),
    "shapes": _("gradients of different shapes"),
    "upstream": _("layers that use dout wrongly"),
    "every element": _("layers with a few wrong elements"),
    "shape": _("layers whose dx has another shape"),
    # 08_training
    "held": _("the parameters that the layers hold"),
    "batch_size rows and targets": _("a batch has batch_size rows and targets"),
    "rows and targets belong together": _("each row comes with its own target"),
    "every row can come": _("every row can be drawn"),
    "another batch each time": _("different seeds draw different batches"),
    "the same batch again": _("the same seed draws the same batch"),
    "one loss a step": _("one loss for each step"),
    "accuracy reached": _("the test accuracy is high enough"),
    "network and batches as asked": _("initial weights and batches are drawn as described"),
    # 09_deeper
    "about the share p is left out": _("about a fraction p of the values is dropped"),
    "each value is drawn for itself": _("each value is dropped independently"),
    "what is left out gets no gradient": _("dropped values get the gradient 0"),
    "what stays gets the right gradient": _("kept values get the right gradient"),
    "every forward has a new mask": _("every forward draws a new mask"),
    "nothing happens at test time": _("no dropout at test time"),
    "running_mean afterwards": _("running_mean after test time"),
    # 10_autodiff
    "nothing else comes": _("no other name appears"),
    "no name comes twice": _("no name appears twice"),
}


def label_of(name: str) -> str:
    """Return the name of a part or value as a report shows it."""
    return _LABELS.get(name) or ", ".join(_LABELS.get(one, one) for one in name.split(", "))


@dataclass(frozen=True)
class Finding:
    """The first error in an answer, and help to correct it.

    Attributes
    ----------
    problem : str
        The error in one sentence.
    wanted, got : str
        The right and the learner's value, where there is one to compare; else empty.
    hint : str
        The hint of the misconception that gives the same numbers, or a hint from their structure.
        Where several numbers are wrong, each has a line of its own.
    misconception : str
        Name of that misconception; empty if none matches.
    """

    problem: str
    wanted: str = ""
    got: str = ""
    hint: str = ""
    misconception: str = ""

    def after(self, earlier: Iterable[str]) -> Finding:
        """Return this finding without its hint, after the wrong answers that the answer uses."""
        said = _("This task uses {names}, which is not right yet: repair that first.").format(
            names=", ".join(earlier)
        )
        problem = f"{said} {self.problem}".strip()
        return replace(self, problem=problem, hint="", misconception="")


@dataclass(frozen=True)
class Part:
    """Points for one part of a task, with the reason if they were not earned."""

    name: str
    points: float
    earned: float
    reason: str = ""

    @property
    def label(self) -> str:
        """The name as a report shows it."""
        return label_of(self.name)


@dataclass(frozen=True)
class Report:
    """The result of a check.

    Its ``repr`` is the number of points, because nbgrader reads partial credit from the output of
    a grade cell. A notebook shows a table; ``print`` shows the same table as text.
    """

    task: str
    parts: tuple[Part, ...]
    finding: Finding | None = None
    notice: str = ""
    read: str = ""
    seed: int | None = None
    # Why a person decides about points that are held back; usually empty.
    held: str = ""

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
        width = max(len(part.label) for part in self.parts)
        lines = [self._headline()]
        for part in self.parts:
            score = f"{part.earned:g}/{part.points:g}"
            lines.append(f"  {part.label:<{width}}  {score:>5}  {part.reason}".rstrip())
        return "\n".join([*lines, *(f"{label}{text}" for label, text in self._words())])

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td {_CELL}>{'✓' if part.earned == part.points else '✗'} "
            f"{html.escape(part.label)}</td>"
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
        if not label:
            return chapter
        return _("chapter {chapter}, section “{label}”").format(chapter=chapter, label=label)

    def _headline(self) -> str:
        return _("{task}: {points:g} of {max_points:g} points").format(
            task=self.task, points=self.points, max_points=self.max_points
        )

    def _words(self) -> list[tuple[str, str]]:
        """Return pairs of a label and a sentence, in reading order."""
        if self.finding is None:
            return [("", self.notice)] if self.notice else []
        said = [
            ("", self.finding.problem),
            (_("Expected: "), self.finding.wanted),
            (_("Got: "), self.finding.got),
            *((_("Think: "), line) for line in self.finding.hint.splitlines()),
            (_("Read: "), self._section()),
        ]
        return [(label, text) for label, text in said if text]
