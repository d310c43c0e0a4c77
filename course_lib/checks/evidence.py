"""What counts for each part of a check, and whether two pieces of evidence are alike.

The evidence for a part is a flat list of numbers, yes-or-no facts and failures. A learner's
code earns the part if its evidence is like the expected one; a misconception is recognised if
its evidence is like the learner's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from course_lib.checks.calls import Failure
from course_lib.checks.observe import CaseRun, Observation
from course_lib.checks.values import NotNumbers, agrees


def evidence(observation: Observation, part: str, gradients: tuple[str, ...]) -> list[Any]:
    """Return what counts for `part`.

    Parameters
    ----------
    observation : Observation
    part : str
        "forward", "contracts", the name of one or more gradients ("dx", "dx, dy"), or of the
        special cases that are looked at by themselves ("at zero").
    gradients : tuple of str
        The names of all that backward returns, in order.
    """
    if part == "contracts":
        return list(contracts(observation).values())
    names = part.split(", ")
    at = "values" if part == "forward" or set(names) <= set(gradients) else part
    runs = [run for run in observation.runs if run.case.at == at]
    if part == "forward":
        return [run.out for run in runs]
    wanted = [gradients.index(name) for name in names] if at == "values" else range(len(gradients))
    found: list[Any] = [gradient(run, i, len(gradients)) for run in runs for i in wanted]
    found.append(any(run.forwards_elsewhere for run in runs))
    if at == "values":
        return found
    return [*(run.out for run in runs), *found, any(run.warnings for run in runs)]


def gradient(run: CaseRun, index: int, count: int) -> Any:
    """Return gradient number `index` of a run, or what stands in its way."""
    if isinstance(run.grads, Failure):
        return run.grads
    if len(run.grads) != count:
        return WrongCount(len(run.grads))
    return run.grads[index]


class WrongCount(NotNumbers):
    """Backward returned more or fewer values than the layer has inputs."""

    @property
    def count(self) -> int:
        """How many it returned."""
        return int(self.args[0])


def contracts(observation: Observation) -> dict[str, bool]:
    """Return which promises of a layer were broken."""
    runs = observation.runs
    return {
        "inputs changed": any(run.inputs_changed for run in runs),
        "dout changed": any(run.dout_changed for run in runs),
        "second backward differs": any(not alike(run.second_grads, run.grads) for run in runs),
        "earlier batch remembered": not alike(observation.reused, observation.fresh),
        "instances share state": not alike(observation.shared, observation.fresh),
    }


def alike(a: Any, b: Any) -> bool:
    """Tell whether two pieces of evidence say the same."""
    if isinstance(a, dict):
        return alike(list(a.values()), list(b.values()))
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(alike, a, b))
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and agrees(a, b)
    if isinstance(a, Failure):
        return a.same_as(b)
    if isinstance(a, NotNumbers):
        return type(a) is type(b) and a.args == b.args
    return bool(a == b) if not isinstance(b, np.ndarray) else False
