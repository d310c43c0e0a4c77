"""Questions about gradients: a figure that asks for each number before it shows it.

A question comes with the numbers of common mistakes, so that the page can say more than "wrong".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from course_lib.graphs.formulas import grad_key, sent_key, symbol
from course_lib.graphs.numbers import Show, in_words, is_short, shape_text
from course_lib.graphs.steps import Story, name
from course_lib.graphs.tape import Node, Tape, Value
from course_lib.graphs.words import say

# What counts as right, as a share of the number.
TOLERANCE = 0.01


@dataclass
class Question:
    """A question for one gradient.

    Attributes
    ----------
    step : int
        The step of the figure that shows the gradient.
    keys : list of str
        The keys of the numbers that the answer reveals; see :mod:`course_lib.graphs.formulas`.
    text, shown, hint : str
        The question, the answer as text, and what the reader hears about other wrong answers.
    answer : list of float
        One number for a number; for an array its elements row by row, or its shape.
    exact : bool
        Whether only the very numbers count, as for a shape.
    mistakes : list of (list of float, str)
        Wrong answers, and what the reader hears about each.
    """

    step: int
    keys: list[str]
    text: str
    shown: str
    hint: str
    answer: list[float]
    exact: bool
    mistakes: list[tuple[list[float], str]] = field(default_factory=list)


def make_questions(graph: Tape, story: Story, show: Show, backward: bool) -> list[Question]:
    """Return the questions for the gradients of a graph, in the order of its steps.

    Raises
    ------
    ValueError
        If the figure shows no gradients, or only the one that starts the backward pass.
    """
    if not backward:
        raise ValueError(
            "ask: expected a figure with gradients, got backward=False. Leave out ask=."
        )
    if not story.grad_at:
        raise ValueError(
            "ask: expected a graph with gradients, got one without. Call g.backward(1) before "
            'g.figure(ask="gradients").'
        )
    questions = []
    for node in reversed(graph.nodes):
        for i, value in enumerate(node.inputs):
            step = story.contribution_at.get((id(node), i))
            if step is not None and value.kind != "constant":
                questions.append(_of_node(node, i, step, show))
                if id(value) not in story.sum_at and len(value.uses) > 1:
                    questions[-1].keys.append(grad_key(value))
    for value in graph.values:
        if (at := story.sum_at.get(id(value))) is not None:
            questions.append(_of_sum(value, at, show))
    if not questions:
        raise ValueError(
            "ask: expected a gradient to ask for, got a graph of constants. "
            "Add the numbers by g.input."
        )
    return sorted(questions, key=lambda question: question.step)


def _of_node(node: Node, index: int, step: int, show: Show) -> Question:
    value, grad, dout = node.inputs[index], node.grads[index], node.output.grad
    key = sent_key(node, index) if len(value.uses) > 1 else grad_key(value)
    about = {"operation": symbol(node), "value": name(value), "dout": in_words(dout)}
    if _by_shape(grad, show):
        text = say("ask shape", **about)
        question = _question(step, key, text, np.shape(grad), say("ask shape hint", **about))
        wrong = [(np.shape(grad)[::-1], "ask turned"), (np.shape(dout), "ask shape upstream")]
        return _with_mistakes(question, wrong, about)
    text = say("ask", **about) if is_short(dout) else say("ask array", **about)
    hint = say("ask hint" if np.ndim(grad) == 0 else "ask array hint", **about)
    question = _question(step, key, text, grad, hint)
    others = [
        (other, say("ask other", value=name(v)))
        for v, other in zip(node.inputs, node.grads, strict=True)
        if v is not value and other is not None
    ]
    with np.errstate(all="ignore"):
        wrong = [
            (-np.asarray(grad), "ask sign"),
            (dout, "ask upstream"),
            (np.asarray(grad) / dout if np.shape(grad) == np.shape(dout) else None, "ask local"),
            (dout * value.value if np.shape(grad) == np.shape(dout) else None, "ask own"),
            *others,
            (value.value, "ask value"),
            (np.transpose(grad) if np.ndim(grad) > 1 else None, "ask columns"),
        ]
    return _with_mistakes(question, wrong, about)


def _of_sum(value: Value, step: int, show: Show) -> Question:
    sent = [node.grads[i] for node, i in value.uses if node.grads and node.grads[i] is not None]
    about = {"value": name(value), "uses": len(sent)}
    if _by_shape(value.grad, show):
        text, hint = say("ask shape sum", **about), say("ask shape hint", **about)
        return _question(step, grad_key(value), text, np.shape(value.grad), hint)
    about["gradients"] = say("and").join(map(in_words, sent))
    text, hint = say("ask sum", **about), say("ask sum hint", **about)
    wrong = [(-np.asarray(value.grad), "ask sign"), *((part, "ask part") for part in sent)]
    return _with_mistakes(_question(step, grad_key(value), text, value.grad, hint), wrong, about)


def _by_shape(grad: Any, show: Show) -> bool:
    """Return whether the figure shows a gradient by its shape alone."""
    return np.ndim(grad) > 0 and (show == "shapes" or not is_short(grad))


def _question(step: int, key: str, text: str, answer: Any, hint: str) -> Question:
    numbers = _flat(answer)
    if isinstance(answer, np.ndarray) and answer.ndim:
        text = say("ask list", question=text, count=len(numbers))
    exact = isinstance(answer, tuple)
    shown = shape_text(answer) if exact else in_words(answer)
    return Question(step, [key], text, shown, hint, numbers, exact)


def _with_mistakes(
    question: Question, wrong: list[tuple[Any, str]], about: dict[str, Any]
) -> Question:
    """Add the wrong answers that differ from the right one, each once."""
    known = [question.answer]
    for answer, text in wrong:
        numbers = [] if answer is None else _flat(answer)
        if len(numbers) != len(question.answer) or not np.isfinite(numbers).all():
            continue
        if not any(_close(numbers, other) for other in known):
            known.append(numbers)
            text = say(text, **about) if text.startswith("ask ") else text
            question.mistakes.append((numbers, text))
    return question


def _flat(value: Any) -> list[float]:
    return [float(number) for number in np.ravel(value)]


def _close(a: list[float], b: list[float]) -> bool:
    """Return whether the page would take one answer for the other."""
    return all(abs(x - y) <= 2 * TOLERANCE * abs(y) for x, y in zip(a, b, strict=True))
