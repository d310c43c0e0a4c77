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
    # the questions
    "ask": "Backward through {operation}, with dout = {dout}. Which gradient does {value} receive?",
    "ask array": "Backward through {operation}. Which gradient does {value} receive?",
    "ask list": "{question} Type its {count} numbers, row by row.",
    "ask sum": "{value} is used {uses} times, and the gradients {gradients} arrive. "
    "What is the gradient of {value}?",
    "ask shape": "Backward through {operation}. Which shape does the gradient of {value} have?",
    "ask shape sum": "{value} is used {uses} times. Which shape does its gradient have?",
    "ask hint": "Not yet. Multiply the upstream gradient, {dout}, by the derivative of the output "
    "of {operation} with respect to {value}.",
    "ask array hint": "Not yet. Which rule does {operation} have for {value}? The upstream "
    "gradient is {dout}.",
    "ask sum hint": "Not yet. Add the gradients that arrive: {gradients}.",
    "ask shape hint": "Not yet. There is one derivative for each number of {value}.",
    "ask sign": "The size is right. Check the sign.",
    "ask upstream": "That is the upstream gradient alone. Multiply it by the local gradient.",
    "ask local": "That is the local gradient alone. Multiply it by the upstream gradient, {dout}.",
    "ask own": "That is the upstream gradient times {value} itself. What is the derivative of the "
    "output of {operation} with respect to {value}?",
    "ask other": "That is the gradient of {value}.",
    "ask value": "That is the value from the forward pass. Look for its gradient.",
    "ask part": "That is one of the {uses} gradients that arrive. Add them all.",
    "ask columns": "These are the right numbers, column by column. Type them row by row.",
    "ask turned": "The other way round: a gradient has the shape of its value.",
    "ask shape upstream": "That is the shape of the upstream gradient.",
    "ask close": "Close. Give three digits.",
    "ask no number": "Type a number, such as 2.2 or −1/3.",
    "ask count": "Expected numbers: {count}. You typed {given}.",
    "ask right": "Right: {answer}.",
    "ask shown": "It is {answer}.",
    "ask first": "Answer first, or press “Show it”.",
    "ask label": "Your answer",
    "ask check": "Check",
    "ask give up": "Show it",
    "ask tolerance": "Within 1 % counts.",
    "ask hints": "The values are shown; the gradients are yours to find. Step forward, and the "
    "figure asks for one after the other.",
    "ask done": "You have all gradients.",
    "ask solution": "Solution",
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
