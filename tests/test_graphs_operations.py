"""Every layer of the course is drawn with a symbol, and with a rule for each gradient."""

import inspect

import numpy as np
import pytest

from course_lib import layers
from course_lib.graphs import Graph
from course_lib.graphs.operations import OPERATIONS, rule, symbol
from course_lib.graphs.steps import tell_story

# Several nodes in one class: a graph of them is drawn node by node.
COMPOSITE = {"Chain", "CouponCart", "Fork", "ShoppingCart", "ThreeUses"}
LAYERS = {
    name: cls
    for name in layers.__all__
    if inspect.isclass(cls := getattr(layers, name)) and cls is not layers.Layer
}
ROWS = np.array([[1.0, 2.0], [3.0, 5.0]])
MADE_WITH = {
    "W": np.ones((2, 2)),
    "b": np.ones(2),
    "m": np.ones(2),
    "gamma": np.ones(2),
    "beta": np.zeros(2),
    "alpha": 0.5,
}


def drawn(name):
    """Return the node of a layer of this class in a graph that ran both ways."""
    made = inspect.signature(LAYERS[name]).parameters.values()
    layer = LAYERS[name](**{p.name: MADE_WITH[p.name] for p in made if p.default is p.empty})
    g = Graph()
    x = g.input("x", ROWS[0] if name == "AffineSample" else ROWS)
    wanted = list(inspect.signature(layer.forward).parameters)
    others = {"y": lambda: g.input("y", ROWS), "t": lambda: g.constant(ROWS, "t")}
    if "Softmax" in name or "Temperature" in name:
        others["t"] = lambda: g.constant(np.array([0, 1]), "t")
    out = g.apply(layer, x, *(others[key]() for key in wanted[1:] if key in others))
    g.backward(np.ones_like(out.value) if np.ndim(out.value) else 1)
    return g.nodes[0]


@pytest.mark.parametrize("name", sorted(LAYERS.keys() - COMPOSITE))
def test_every_layer_has_a_symbol_and_a_rule_for_each_gradient(name):
    node = drawn(name)
    assert name in OPERATIONS
    assert symbol(node)
    wanting = [i for i, value in enumerate(node.inputs) if value.kind != "constant"]
    assert wanting
    for i in wanting:
        assert "dout" in rule(node, i), node.inputs[i]


def test_what_is_exempt_exists_and_nothing_in_the_table_is_forgotten():
    assert COMPOSITE <= LAYERS.keys()
    known = {name for name in OPERATIONS if hasattr(layers, name)}
    assert known == LAYERS.keys() - COMPOSITE


def test_a_class_that_is_not_in_the_table_has_its_name_and_no_rule():
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
