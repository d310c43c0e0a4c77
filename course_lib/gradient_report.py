"""The verdicts of a gradient check, and how they print."""

from __future__ import annotations

import html
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class ParameterCheck:
    """The verdict on the gradient of one parameter.

    Attributes
    ----------
    name : str
    shape : tuple of int
    passed : bool
    index : tuple of int or None
        Where the two gradients differ most, measured against what is allowed there.
    backprop, numerical : float
        Both gradients at `index`.
    relative_error : float
        ``|a - n| / max(|a|, |n|)`` at `index`; 0 where both are 0.
    kinks : tuple of index
        Elements where the loss has a kink within a step, and backpropagation gives the slope
        on one side of it, which is right.
    problem : str
        Why the values were not compared, or what else there is to know; mostly empty.
    """

    name: str
    shape: tuple[int, ...]
    passed: bool
    index: tuple[int, ...] | None = None
    backprop: float = float("nan")
    numerical: float = float("nan")
    relative_error: float = float("nan")
    kinks: tuple[tuple[int, ...], ...] = ()
    problem: str = ""


@dataclass
class GradientCheck:
    """The verdicts on all parameters of a network; true if every one passed."""

    parameters: dict[str, ParameterCheck] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether every parameter passed."""
        return all(check.passed for check in self.parameters.values())

    def __bool__(self) -> bool:
        return self.passed

    def __getitem__(self, name: str) -> ParameterCheck:
        return self.parameters[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.parameters)

    def __len__(self) -> int:
        return len(self.parameters)

    def _rows(self) -> list[list[str]]:
        rows = [["", "shape", "worst at", "backprop", "numerical", "rel. error", "verdict"]]
        for c in self.parameters.values():
            verdict = "pass" if c.passed else "FAIL"
            notes = [c.problem] if c.problem else []
            if c.kinks:
                notes.append(f"{len(c.kinks)} at a kink")
            if notes:
                verdict += f" ({'; '.join(notes)})"
            values = ["-"] * 4
            if c.index is not None:
                where = ", ".join(map(str, c.index))
                numbers = f"{c.backprop:.8g}", f"{c.numerical:.8g}", f"{c.relative_error:.1e}"
                values = [f"[{where}]", *numbers]
            rows.append([c.name, str(c.shape), *values, verdict])
        return rows

    def __str__(self) -> str:
        rows = self._rows()
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        failed = [name for name, check in self.parameters.items() if not check.passed]
        end = (
            f"gradient check FAILED for {', '.join(failed)}" if failed else "gradient check passed"
        )
        return "\n".join([*lines, end])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head, *body = self._rows()

        def line(cells: list[str], tag: str) -> str:
            return "<tr>" + "".join(f"<{tag}>{html.escape(c)}</{tag}>" for c in cells) + "</tr>"

        end = html.escape(str(self).splitlines()[-1])
        table = line(head, "th") + "".join(line(row, "td") for row in body)
        return f"<table>{table}</table><p>{end}</p>"
