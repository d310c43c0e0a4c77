"""What the audit finds out about one task, from the outcomes of its trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from course_lib.checks.report import Report
from course_lib.grading.equivalent import Key, describe
from course_lib.grading.trial_runs import Outcome

# Right answers in other spellings that a task with code must have.
SPELLINGS = 5


@dataclass
class Tally:
    """How many answers of a kind there are, and which of them did not get what they must."""

    made: int = 0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.made - len(self.wrong)}/{self.made}"

    def count(self, name: str, right: bool) -> None:
        """Note one more."""
        self.made += 1
        if not right:
            self.wrong.append(name)


@dataclass
class Row:
    """What was measured about one task.

    Attributes
    ----------
    slug, task : str
    points : float
        Of the grade cell.
    seeds : int
        How many checks each answer had to stand.
    code : bool
        Whether the answer is code, and no predicted numbers.
    model, blank : Tally
        The model solution must earn everything, and the blank exercise nothing.
    parts : Tally
        Parts of the points: each must be lost by a misconception.
    misconceptions : Tally
        Each must lose points and get its own hint.
    accepted, hostile : Tally
        Right answers must earn everything, and attacks only what is right in them.
    mutants : Tally
        Each must lose points, but for those that are known to be right.
    equivalent : list of (Key, str)
        The mutants that are right, with the reason.
    """

    slug: str
    task: str
    points: float
    seeds: int
    code: bool
    model: Tally = field(default_factory=Tally)
    blank: Tally = field(default_factory=Tally)
    parts: Tally = field(default_factory=Tally)
    misconceptions: Tally = field(default_factory=Tally)
    accepted: Tally = field(default_factory=Tally)
    hostile: Tally = field(default_factory=Tally)
    mutants: Tally = field(default_factory=Tally)
    equivalent: list[tuple[Key, str]] = field(default_factory=list)

    @property
    def caught(self) -> int:
        """Mutants that lost points."""
        return self.mutants.made - len(self.mutants.wrong) - len(self.equivalent)

    @property
    def problems(self) -> list[str]:
        """A line for each thing that is not as it must be."""
        said = {
            "{} does not earn everything.": [*self.model.wrong, *self.accepted.wrong],
            "{} earns something.": self.blank.wrong,
            "The part “{}” of the points is lost by no misconception.": self.parts.wrong,
            "The misconception {} passes, or does not get its own hint.": self.misconceptions.wrong,
            "The attack {} earns more than what is right in it.": self.hostile.wrong,
            "This mutant survives: {}": self.mutants.wrong,
        }
        found = [words.format(name) for words, names in said.items() for name in names]
        if not self.misconceptions.made:
            found.append("No misconception is known.")
        if self.code and self.accepted.made < SPELLINGS:
            found.append(
                f"{self.accepted.made} of {SPELLINGS} right answers in other spellings are there."
            )
        return [f"{self.slug}/{self.task}: {one}" for one in found]


def measured(
    task: tuple[str, str, float, bool],
    outcomes: Sequence[Outcome],
    equivalent: Mapping[Key, str],
) -> Row:
    """Return the row of a task.

    Parameters
    ----------
    task : (slug, name, points of the grade cell, whether the answer is code)
    outcomes : sequence of Outcome
    equivalent : mapping of Key to str
        The reasons why mutants are right, of all that are known.
    """
    slug, name, points, code = task
    row = Row(slug, name, points, len(outcomes[0].points), code)
    parts: list[str] = []
    lost: set[str] = set()
    for outcome in sorted(outcomes, key=lambda outcome: outcome.trial.number):
        what, *more = outcome.trial.about
        least, most = min(outcome.points), max(outcome.points)
        match outcome.trial.kind:
            case "model":
                row.model.count(what, least == points)
                parts = [part.name for report in outcome.reports if report for part in report.parts]
            case "blank":
                row.blank.count(what, most == 0)
            case "misconception":
                told = {_told(report) for report in outcome.reports}
                row.misconceptions.count(what, most < points and told == {(what, *more)})
                lost |= _lost(outcome)
            case "accepted":
                row.accepted.count(what, least == points)
            case "hostile":
                row.hostile.count(what, most <= float(more[0]))
            case "mutant":
                where, before, after = outcome.trial.about
                key = slug, name, where, before, after
                # An answer that is right is right with all numbers, not with some.
                known = least == points and key in equivalent
                if known:
                    row.equivalent.append((key, equivalent[key]))
                row.mutants.count(describe(key), known or most < points)
    for part in dict.fromkeys(parts):
        row.parts.count(part, part in lost)
    return row


def _told(report: Report | None) -> tuple[str, ...]:
    """Return the misconception that was recognised, and the hint that was given."""
    finding = report.finding if report else None
    return (finding.misconception, finding.hint) if finding else ()


def _lost(outcome: Outcome) -> set[str]:
    """Return the parts of the points that were lost with every seed."""
    losses = [
        {part.name for part in report.parts if part.earned < part.points}
        for report in outcome.reports
        if report
    ]
    return set.intersection(*losses) if losses else set()
