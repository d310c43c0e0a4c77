"""The captions of a figure, step by step."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from course_lib.graphs.formulas import (
    blank,
    fill,
    formula_with_blanks,
    grad_key,
    numbers_of,
    rule_with_blanks,
    sent_key,
    symbol,
    value_key,
)
from course_lib.graphs.numbers import in_words, is_short
from course_lib.graphs.tape import Node, Tape, Value
from course_lib.graphs.words import say


@dataclass
class Story:
    """The captions, and the step at which each part of the drawing appears or is active.

    Attributes
    ----------
    templates : list of str
        The captions, one for each step, with blanks for the numbers.
    captions : list of str
        The captions with the numbers filled in.
    value_at, grad_at : dict
        The step at which a value, or its gradient, appears. By identity of the Value.
    contribution_at : dict
        The step at which the gradient from one use, (node, index), appears.
    forward_at, backward_at : dict
        The step at which a node is active.
    sum_at : dict
        The step at which the gradients of a value's several uses are added.
    """

    templates: list[str] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)
    value_at: dict[int, int] = field(default_factory=dict)
    grad_at: dict[int, int] = field(default_factory=dict)
    contribution_at: dict[tuple[int, int], int] = field(default_factory=dict)
    forward_at: dict[int, int] = field(default_factory=dict)
    backward_at: dict[int, int] = field(default_factory=dict)
    sum_at: dict[int, int] = field(default_factory=dict)

    def tell(self, template: str) -> int:
        """Add a step and return its number."""
        self.templates.append(template)
        return len(self.templates) - 1


def tell_story(graph: Tape, backward: bool) -> Story:
    """Return the steps of a graph's forward pass and, if wanted, of its backward pass."""
    story = Story()
    leaves = [value for value in graph.values if value.kind != "result"]
    named = [_value_of(value) for value in leaves if value.name]
    step = story.tell(
        say("inputs", values=say("list").join(named)) if named else say("inputs none")
    )
    story.value_at |= {id(value): step for value in leaves}
    for node in graph.nodes:
        step = story.tell(_forward_caption(node))
        story.forward_at[id(node)] = story.value_at[id(node.output)] = step
    if backward and any(value.grad is not None for value in graph.values):
        _tell_backward(graph, story)
    numbers = numbers_of(graph)
    story.captions = [fill(template, numbers) for template in story.templates]
    return story


def name(value: Value) -> str:
    """Return the name of a value for a sentence."""
    if value.name:
        return value.name
    if value.kind == "constant":
        return say("constant", value=in_words(value.value))
    made_by = next(node for node in value.graph.nodes if node.output is value)
    return say("unnamed", operation=symbol(made_by))


def _tell_backward(graph: Tape, story: Story) -> None:
    start = start_of_backward(graph)
    assert start is not None
    seed = _bare(grad_key(start), start.grad)
    story.grad_at[id(start)] = story.tell(say("seed", output=name(start), grad=seed))
    waiting = {
        id(value): sum(1 for node, i in value.uses if node.grads and node.grads[i] is not None)
        for value in graph.values
    }
    for node in reversed(graph.nodes):
        if not node.grads:
            continue
        step = story.backward_at[id(node)] = story.tell(_backward_caption(node))
        for i, value in enumerate(node.inputs):
            if node.grads[i] is None:
                continue
            story.contribution_at[id(node), i] = step
            waiting[id(value)] -= 1
        for value in dict.fromkeys(node.inputs):
            if value.grad is None or value.kind == "constant" or waiting[id(value)]:
                continue
            sent = [sent_key(n, i) for n, i in value.uses if n.grads and n.grads[i] is not None]
            if len(sent) > 1:
                terms = " + ".join([blank(sent[0]), *(blank(key, True) for key in sent[1:])])
                short = is_short(value.grad)
                story.grad_at[id(value)] = story.sum_at[id(value)] = story.tell(
                    say(
                        "sum",
                        value=name(value),
                        uses=len(sent),
                        sum=_states(terms if short else "", grad_key(value), value.grad),
                    )
                )
            story.grad_at.setdefault(id(value), step)


def start_of_backward(graph: Tape) -> Value | None:
    """Return the value at which the backward pass started, or None."""
    results = (v for v in reversed(graph.values) if v.kind == "result" and v.grad is not None)
    return next(results, None)


def _forward_caption(node: Node) -> str:
    formula, output = formula_with_blanks(node), node.output
    left = [text for text in (output.name, formula) if text] or [name(output)]
    result = _states(" = ".join(left), value_key(output), output.value)
    return say("forward", operation=symbol(node), result=result)


def _backward_caption(node: Node) -> str:
    clauses = []
    for i, (value, grad) in enumerate(zip(node.inputs, node.grads, strict=True)):
        if grad is None or value.kind == "constant":
            continue
        gradient = _states(rule_with_blanks(node, i), sent_key(node, i), grad)
        clauses.append(say("receives", value=name(value), gradient=gradient))
    return say(
        "backward",
        operation=symbol(node),
        dout=_states("dout", grad_key(node.output), node.output.grad),
        gradients=say("list of clauses").join(clauses),
    )


def describe(graph: Tape, backward: bool) -> str:
    """Return the text alternative of the drawing: the graph and its values in words."""
    return fill(describe_with_blanks(graph, backward), numbers_of(graph))


def describe_with_blanks(graph: Tape, backward: bool) -> str:
    """Return the text alternative with blanks for the numbers."""
    leaves = [_value_of(v) for v in graph.values if v.kind != "result" and v.name]
    sentences = [say("inputs", values=say("list").join(leaves))] if leaves else []
    for node in graph.nodes:
        inputs = say("list").join(name(value) for value in node.inputs)
        result = _value_of(node.output)
        sentences.append(
            say("describe forward", result=result, operation=symbol(node), inputs=inputs)
        )
    if backward and (gradients := _gradients_with_blanks(graph)):
        sentences.append(gradients)
    return " ".join(sentences)


def describe_gradients(graph: Tape) -> str:
    """Return a sentence with the gradients."""
    return fill(_gradients_with_blanks(graph), numbers_of(graph))


def _gradients_with_blanks(graph: Tape) -> str:
    grads = [
        _states(name(value), grad_key(value), value.grad)
        for value in reversed(graph.values)
        if value.grad is not None and value.kind != "constant"
    ]
    return say("describe gradients", gradients=say("list").join(grads)) if grads else ""


def results_with_blanks(graph: Tape) -> str:
    """Return a sentence with the outputs, with blanks for the numbers."""
    return say("changed", results=say("list").join(map(_value_of, graph.outputs())))


def title(graph: Tape) -> str:
    """Return the title of a drawing: the names of the outputs."""
    names = [name(value) for value in graph.outputs()]
    if not names:
        return say("title empty")
    return say("title", names=say("and").join(names))


def _value_of(value: Value) -> str:
    return _states(name(value), value_key(value), value.value)


def _states(name: str, key: str, value: Any) -> str:
    if not name:
        return _bare(key, value)
    if is_short(value):
        return say("is", name=name, value=blank(key))
    return say("has shape", name=name, value=in_words(value))


def _bare(key: str, value: Any) -> str:
    return blank(key) if is_short(value) else say("shape", value=in_words(value))
