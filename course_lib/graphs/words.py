"""All texts of a figure, in one place for translators.

Translate the texts, not the keys. Keep the names in braces, which are filled in.
"""

from __future__ import annotations

WORDS: dict[str, str] = {
    # the buttons
    "controls": "Step through the graph",
    "reset": "Show everything",
    "back": "Step back",
    "play": "Play",
    "pause": "Pause",
    "next": "Step forward",
    # around the drawing
    "scroller": "Drawing: {title}",
    "legend forward": "value, forward",
    "legend backward": "gradient, backward",
    "hint": "Every value is shown. Step through with the buttons or the arrow keys.",
    "counter": "{step} of {steps}",
    # the sliders
    "sliders": "Change the inputs",
    "sliders reset": "Back to the first values",
    "sliders hint": "Every value is shown. Step through with the buttons or the arrow keys, "
    "or move a slider to change an input.",
    "changed": "With these inputs, {results}.",
    # names of unnamed things
    "title": "Computational graph of {names}",
    "title empty": "Computational graph",
    "unnamed": "the result of {operation}",
    "constant": "the constant {value}",
    # one caption for each step
    "inputs": "The inputs: {values}.",
    "inputs none": "No inputs with a name.",
    "forward": "Forward through {operation}: {result}.",
    "seed": "The backward pass starts at {output} with the gradient {grad}.",
    "backward": "Backward through {operation}, with {dout}: {gradients}.",
    "sum": "{value} is used {uses} times, so {uses} gradients arrive and add: {sum}.",
    # the text alternative of the drawing
    "describe forward": "Node {operation}, from {inputs}: {result}.",
    "describe gradients": "Gradients: {gradients}.",
    # parts of sentences
    "is": "{name} = {value}",
    "has shape": "{name} of shape {value}",
    "shape": "of shape {value}",
    "receives": "{value} receives {gradient}",
    "list": ", ",
    "list of clauses": "; ",
    "and": " and ",
}


def say(key: str, **parts: object) -> str:
    """Return the text for `key` with its braces filled in."""
    return WORDS[key].format(**parts)
