"""Every layer of the course is drawn with a symbol, and with a rule for each gradient."""

from typing import ClassVar

import numpy as np
import pytest
from layer_cases import CASES

from course_lib import layers
from course_lib.graphs import Graph
from course_lib.graphs.formulas import rule, symbol
from course_lib.graphs.steps import tell_story

COURSE_CASES = [case for case in CASES if case.name in layers.LAYERS]


def drawn(case):
    """Return the node of a layer in a graph that ran both ways."""
    g, rng = Graph(), np.random.default_rng(7)
    inputs = [g.input(name, x) for name, x in zip("xy", case.inputs(rng, 3, 5), strict=False)]
    out = g.apply(case.build(5), *inputs, *map(g.constant, case.constants(rng, 3, 5)))
    g.backward(np.ones_like(out.value) if np.ndim(out.value) else 1)
    return g.nodes[0]


@pytest.mark.parametrize("case", COURSE_CASES, ids=lambda case: case.name)
def test_every_layer_has_a_symbol_a_formula_and_a_rule_for_each_gradient(case):
    node = drawn(case)
    assert case.layer.symbol
    assert case.layer.formula
    assert symbol(node) == case.layer.symbol
    wanting = [i for i, value in enumerate(node.inputs) if value.kind != "constant"]
    assert len(wanting) == case.count + len(case.layer.parameters)
    rules = [rule(node, i) for i in wanting]
    assert all("dout" in text for text in rules)
    # No rule is left over: each belongs to an input or a parameter.
    assert len(case.layer.rules) == len(wanting)


def test_a_layer_of_ones_own_is_drawn_by_its_class_or_by_the_layer_of_its_name():
    class Cube(layers.Layer):
        symbol = "x³"
        rules: ClassVar = {"x": "{dout} × 3 × {x}²"}

        def forward(self, x):
            self.x = x
            return x**3

        def backward(self, dout):
            return dout * 3 * self.x**2

    class Power(Cube):
        pass

    class MulLayer:
        def forward(self, x):
            return 2 * x

        def backward(self, dout):
            return 2 * dout

    class Doubled(MulLayer):
        pass

    texts = []
    for layer in (Cube(), Power(), MulLayer(), Doubled()):
        g = Graph()
        g.apply(layer, g.input("x", 2.0))
        g.backward(1)
        texts.append((symbol(g.nodes[0]), rule(g.nodes[0], 0)))
    assert texts == 2 * [("x³", "dout × 3 × x²")] + 2 * [("×", "dout × y")]


def test_a_class_that_says_nothing_has_its_name_and_no_rule():
    class Cube(layers.Layer):
        def forward(self, x):
            self.x = x
            return x**3

        def backward(self, dout):
            return dout * 3 * self.x**2

    g = Graph()
    g.apply(Cube(), g.input("x", 2.0))
    g.backward(1)
    assert (symbol(g.nodes[0]), rule(g.nodes[0], 0)) == ("Cube", "")


@pytest.mark.parametrize(
    ("layer", "inputs", "captions"),
    [
        (
            layers.SubLayer(),
            (3.0, -2.0),
            ["3 − (−2) = 5", "x receives −1 × 1 = −1; y receives −1 × (−1) = 1"],
        ),
        (
            layers.DivLayer(),
            (6.0, -2.0),
            ["6 / (−2) = −3", "receives −1 / (−2) = 0.5; y receives −(−1) × 6 / (−2)² = 1.5"],
        ),
        (layers.SquareLayer(), (-3.0,), ["(−3)² = 9", "−1 × 2 × (−3) = 6"]),
        (layers.LogLayer(), (1.0,), ["log(1) = 0", "−1 / 1 = −1"]),
        (layers.LeakyRelu(0.1), (5.0,), ["5 if 5 > 0 else α × 5 = 5", "= −1"]),
        (layers.Softplus(), (0.0,), ["log(1 + exp(0)) = 0.693", "−1 × sigmoid(0) = −0.5"]),
        (layers.Swish(), (0.0,), ["0 × sigmoid(0) = 0", "(0 + sigmoid(0) × (1 − 0)) = −0.5"]),
    ],
    ids=lambda part: type(part).__name__,
)
def test_formulas_and_rules_come_true_in_numbers(layer, inputs, captions):
    g = Graph()
    g.apply(layer, *(g.input(name, v) for name, v in zip("xy", inputs, strict=False)), name="out")
    g.backward(-1)
    told = tell_story(g, True).captions
    for part, caption in zip(captions, (told[1], told[-1]), strict=True):
        assert part in caption
