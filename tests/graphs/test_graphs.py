"""Graphs run: values and gradients, against numbers worked out by hand."""

import doctest
import math

import numpy as np
import pytest

import course_lib.graphs.graph
import course_lib.graphs.numbers
from course_lib.graphs import Graph, trace_network
from course_lib.graphs.numbers import number_text, value_lines
from course_lib.graphs.steps import tell_story
from course_lib.layers import (
    AddLayer,
    Affine,
    ExpLayer,
    MulLayer,
    ReciprocalLayer,
    Relu,
    Sigmoid,
    SoftmaxWithLoss,
)
from course_lib.networks import TwoLayerNet


def cart():
    g = Graph()
    v = {
        "apple": g.input("apple", 100),
        "apple_num": g.input("number of apples", 2),
        "orange": g.input("orange", 150),
        "orange_num": g.input("number of oranges", 3),
        "tax": g.input("tax", 1.1),
    }
    v["apple_price"] = g.apply(MulLayer(), v["apple"], v["apple_num"], name="apple price")
    v["orange_price"] = g.apply(MulLayer(), v["orange"], v["orange_num"], name="orange price")
    v["all_price"] = g.apply(AddLayer(), v["apple_price"], v["orange_price"], name="all price")
    v["price"] = g.apply(MulLayer(), v["all_price"], v["tax"], name="price")
    return g, v


def test_the_shopping_cart_gives_the_numbers_of_the_text():
    g, v = cart()
    assert v["price"].value == 715.0000000000001
    assert v["all_price"].value == 650
    g.backward(1)
    assert v["apple_num"].grad == 110.00000000000001
    assert v["apple"].grad == 2.2
    assert v["orange"].grad == pytest.approx(3.3, rel=1e-15)
    assert v["orange_num"].grad == 165.0
    assert v["tax"].grad == 650
    assert v["all_price"].grad == 1.1
    assert v["price"].grad == 1


def test_backward_runs_the_layers_in_exactly_the_reverse_order():
    calls = []

    class Noted(ExpLayer):
        def __init__(self, name):
            self.name = name

        def forward(self, x):
            calls.append(("forward", self.name))
            return x

        def backward(self, dout):
            calls.append(("backward", self.name))
            return dout

    g = Graph()
    x = g.input("x", 1.0)
    for name in "abc":
        x = g.apply(Noted(name), x)
    assert calls == [("forward", name) for name in "abc"]
    g.backward(1)
    assert calls[3:] == [("backward", name) for name in "cba"]


@pytest.mark.parametrize(
    ("layer", "out", "dx", "dy"), [(MulLayer, 50, 6.5, 13), (AddLayer, 15, 1.3, 1.3)]
)
def test_single_nodes_with_the_upstream_gradient_of_the_text(layer, out, dx, dy):
    g = Graph()
    x, y = g.input("x", 10), g.input("y", 5)
    z = g.apply(layer(), x, y, name="z")
    g.backward(1.3)
    assert (z.value, x.grad, y.grad) == (out, dx, dy)


def test_gradients_of_a_value_used_twice_add():
    g = Graph()
    x = g.input("x", 3.0)
    g.apply(MulLayer(), x, x)
    g.backward(1)
    assert x.grad == 6  # d(x*x)/dx = 2x
    assert g.nodes[0].grads == [3, 3]


def test_gradients_add_along_paths_of_different_length():
    # z = x + x*y at (3, 2): dz/dx = 1 + y = 3, dz/dy = x = 3.
    g = Graph()
    x, y = g.input("x", 3.0), g.input("y", 2.0)
    g.apply(AddLayer(), x, g.apply(MulLayer(), x, y))
    g.backward(1)
    assert (x.grad, y.grad) == (3, 3)
    g.backward(10)  # a second pass starts afresh
    assert (x.grad, y.grad) == (30, 30)


def staged_sigmoid(x):
    g = Graph()
    v = g.input("x", x)
    one = g.constant(np.ones_like(x) if np.ndim(x) else 1)
    minus = g.constant(-np.ones_like(x) if np.ndim(x) else -1)
    out = g.apply(ExpLayer(), g.apply(MulLayer(), v, minus))
    out = g.apply(ReciprocalLayer(), g.apply(AddLayer(), out, one), name="y")
    return g, v, out


@pytest.mark.parametrize("x", [1.0, -2.5, np.array([[0.3, -4.0], [7.0, 0.0]])])
def test_the_four_stages_of_the_sigmoid_agree_with_the_folded_node(x):
    g, v, out = staged_sigmoid(x)
    dout = np.full(np.shape(x), 0.7) if np.ndim(x) else 0.7
    g.backward(dout)
    folded = Sigmoid()
    np.testing.assert_allclose(out.value, folded.forward(x), rtol=1e-14)
    np.testing.assert_allclose(v.grad, folded.backward(dout), rtol=1e-12)
    assert all(value.grad is not None for value in g.values)


def test_parameters_of_an_affine_layer_are_leaves_with_gradients():
    g = Graph()
    x = g.input("x", np.array([[1.0, 2.0], [3.0, 4.0]]))
    layer = Affine(np.ones((2, 3)), np.array([1.0, 2.0, 3.0]))
    out = g.apply(layer, x)
    np.testing.assert_array_equal(out.value, [[4, 5, 6], [8, 9, 10]])
    g.backward(np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]))
    W, b = (value for value in g.values if value.kind == "parameter")
    assert (W.name, b.name) == ("W", "b")
    np.testing.assert_array_equal(b.grad, [5, 7, 9])
    np.testing.assert_array_equal(W.grad, [[13, 17, 21], [18, 24, 30]])
    np.testing.assert_array_equal(x.grad, [[6, 6], [15, 15]])


def test_parameters_can_be_left_out_or_renamed():
    for params, names in (({}, []), ({"W": "W7"}, ["W7"])):
        g = Graph()
        g.apply(Affine(np.ones((2, 3)), np.zeros(3)), g.input("x", np.ones(2)), params=params)
        assert [v.name for v in g.values if v.kind == "parameter"] == names
        g.backward(np.ones(3))


def test_a_network_traces_to_the_gradients_it_computes_itself():
    rng = np.random.default_rng(0)
    net = TwoLayerNet(4, 3, 2, rng=1)
    x, t = rng.standard_normal((5, 4)), np.array([0, 1, 1, 0, 1])
    loss, grads = net.loss_and_gradient(x, t)
    g = Graph.from_network(net, x, t)
    values = {value.name: value for value in g.values if value.name}
    assert values["loss"].value == loss
    for name, grad in grads.items():
        np.testing.assert_array_equal(values[name].value, net.params[name])
        np.testing.assert_array_equal(values[name].grad, grad)
    assert values["t"].grad is None
    assert [type(n.layer).__name__ for n in g.nodes] == [
        "Affine",
        "Relu",
        "Affine",
        "SoftmaxWithLoss",
    ]


def test_a_class_of_ones_own_needs_only_forward_and_backward():
    class Times3:
        def forward(self, x):
            return 3 * x

        def backward(self, dout):
            return 3 * dout

    g = Graph()
    x = g.input("x", 2)
    y = g.apply(Times3(), x, name="y", rule="dout × 3")
    g.backward(2)
    assert (y.value, x.grad) == (6, 6)
    assert "Times3" in g.svg()
    assert "x receives dout × 3 = 6" in tell_story(g, True).captions[-1]


def test_a_layer_cannot_change_what_the_graph_has_recorded():
    class Careless:
        def forward(self, x):
            x[x <= 0] = 0
            return x

        def backward(self, dout):
            dout[:] = 0
            return dout

    g = Graph()
    x = g.input("x", np.array([1.0, -1.0]))
    y = g.apply(Careless(), x)
    g.backward(np.array([5.0, 6.0]))
    np.testing.assert_array_equal(x.value, [1, -1])
    np.testing.assert_array_equal(y.grad, [5, 6])


def test_a_new_node_makes_old_gradients_invalid():
    g = Graph()
    x = g.input("x", 2.0)
    y = g.apply(ExpLayer(), x)
    g.backward(1)
    g.apply(ExpLayer(), y)
    assert x.grad is None
    assert 'bpg-backward"' not in g.svg()


def test_backward_from_one_of_several_outputs_reaches_only_what_it_uses():
    g = Graph()
    x = g.input("x", 2.0)
    y = g.input("y", 5.0)
    a = g.apply(MulLayer(), x, x, name="a")
    b = g.apply(ExpLayer(), y, name="b")
    g.backward(1, of=a)
    assert x.grad == 4
    assert y.grad is None
    assert b.grad is None


def bad_layer(returned):
    class Bad:
        def forward(self, *args):
            return args[0]

        def backward(self, dout):
            return returned

    return Bad()


def apply_to(g, layer, *values, **options):
    return g.apply(layer, *(g.input("x", v) for v in values), **options)


def test_backward_needs_an_applied_layer():
    g = Graph()
    g.input("x", 1)
    with pytest.raises(RuntimeError, match=r"at least one applied layer.*g\.apply"):
        g.backward(1)


def test_backward_needs_one_output():
    g = Graph()
    apply_to(g, ExpLayer(), 1.0, name="a")
    apply_to(g, ExpLayer(), 1.0, name="b")
    with pytest.raises(ValueError, match=r"one output, got 2: 'a', 'b'.*of=value"):
        g.backward(1)


def test_a_value_of_another_graph_is_refused():
    with pytest.raises(ValueError, match="'x' of another graph"):
        Graph().apply(ExpLayer(), Graph().input("x", 1.0))


def test_one_layer_makes_one_node():
    g, layer = Graph(), MulLayer()
    y = apply_to(g, layer, 1.0, 2.0)
    with pytest.raises(ValueError, match=r"already in this graph.*MulLayer\(\.\.\.\)"):
        g.apply(layer, y, y)
    g.apply(MulLayer(), y, y)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (object(), "without forward"),
        (type("Half", (), {"forward": lambda self, x: x})(), "without backward"),
        (MulLayer, r"the class MulLayer itself. Make one: MulLayer\(\)"),
    ],
)
def test_what_is_no_layer_is_refused(layer, message):
    with pytest.raises(TypeError, match=message):
        apply_to(Graph(), layer, 1.0)


def test_a_bare_number_is_no_value_of_the_graph():
    with pytest.raises(TypeError, match=r"expected a value of this graph, got 2.*g\.constant"):
        Graph().apply(ExpLayer(), 2)


def test_a_layer_without_inputs_is_refused():
    with pytest.raises(ValueError, match="at least one input"):
        Graph().apply(ExpLayer())


def test_name_and_value_in_the_wrong_order_are_told():
    with pytest.raises(TypeError, match="expected a name and a value"):
        Graph().input(100, "apple")


@pytest.mark.parametrize(
    ("returned", "values", "message"),
    [
        (None, (1.0,), "got None"),
        ((1.0, 2.0), (1.0,), "one gradient for each of 1 inputs, got 2"),
        (1.0, (1.0, 2.0), r"got 1\..*g\.constant"),
        (np.ones(3), (np.ones(2),), r"gradient of 'x' in its shape, \(2,\), got \(3,\)"),
    ],
)
def test_a_backward_that_returns_the_wrong_thing_is_told_so(returned, values, message):
    g = Graph()
    apply_to(g, bad_layer(returned), *values)
    with pytest.raises(ValueError, match=message):
        g.backward(np.ones(2) if np.ndim(values[0]) else 1)


def test_dout_has_the_shape_of_the_output():
    g = Graph()
    apply_to(g, Relu(), np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"shape of the output, \(2, 3\), got \(\)"):
        g.backward(1)


def test_a_forward_without_return_is_told_so():
    layer = type("Mute", (), {"forward": lambda s, x: None, "backward": lambda s, d: d})()
    with pytest.raises(ValueError, match="Does it end in a return"):
        apply_to(Graph(), layer, 1.0)


def test_a_lost_dW_is_told_so():
    class Dw(Affine):
        def backward(self, dout):
            dx = super().backward(dout)
            self.dw = self.__dict__.pop("dW")
            return dx

    g = Graph()
    apply_to(g, Dw(np.ones((2, 2)), np.ones(2)), np.ones(2))
    with pytest.raises(AttributeError, match=r"keep the gradient of W as dW"):
        g.backward(np.ones(2))


def test_targets_are_a_constant():
    for add, fine in ((Graph.constant, True), (lambda g, t: g.input("t", t), False)):
        g = Graph()
        x = g.input("x", np.array([[0.3, 0.2, 0.5]]))
        g.apply(SoftmaxWithLoss(), x, add(g, np.array([[0.0, 1.0, 0.0]])))
        if fine:
            g.backward(1)
            assert x.grad.shape == (1, 3)
        else:
            with pytest.raises(ValueError, match=r"targets t, goes in by g\.constant"):
                g.backward(1)


def test_what_is_no_network_is_refused():
    with pytest.raises(TypeError, match="object without layers, last_layer, params"):
        trace_network(object(), 1, 1)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (220.00000000000003, "220"),
        (715.0000000000001, "715"),
        (1.1, "1.1"),
        (0.7310585786, "0.731"),
        (-0.19661193, "−0.197"),
        (1.3678794, "1.368"),
        (12345.0, "12345"),
        (12345.678, "12346"),
        (0, "0"),
        (-0.0, "0"),
        (4.54e-5, "4.54e−5"),
        (2.5e9, "2.5e9"),
        (999999.9, "1e6"),
        (999.99, "1000"),
        (1e-17, "1e−17"),
        (np.float32(0.1), "0.1"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
    ],
)
def test_numbers_read_as_a_person_would_write_them(number, text):
    assert number_text(number) == text


def test_arrays_read_as_values_or_shapes():
    tiny, large = np.array([[1, -0.5], [-2, 3]]), np.zeros((4, 3))
    assert value_lines(tiny, "values") == ["[1, −0.5]", "[−2, 3]"]
    assert value_lines(tiny, "shapes") == ["(2, 2)"]
    assert value_lines(tiny, "both") == ["[1, −0.5]", "[−2, 3]", "(2, 2)"]
    assert value_lines(large, "values") == value_lines(large, "both") == ["(4, 3)"]
    assert value_lines(np.float64(2.0), "shapes") == ["2"]


def test_captions_say_each_step_with_its_numbers():
    g, _ = cart()
    assert len(tell_story(g, True).captions) == 5
    g.backward(1)
    captions = tell_story(g, True).captions
    assert captions[1] == "Forward through ×: apple price = 100 × 2 = 200."
    assert captions[5] == "The backward pass starts at price with the gradient 1."
    assert captions[6] == (
        "Backward through ×, with dout = 1: "
        "all price receives 1 × 1.1 = 1.1; tax receives 1 × 650 = 650."
    )
    assert len(captions) == 1 + 4 + 1 + 4
    assert tell_story(g, False).captions == captions[:5]


def test_captions_tell_how_gradients_add_and_put_brackets_where_signs_meet():
    g = Graph()
    x = g.input("x", -3.0)
    g.apply(MulLayer(), x, x, name="y")
    g.backward(1)
    captions = tell_story(g, True).captions
    assert captions[1] == "Forward through ×: y = −3 × (−3) = 9."
    assert captions[-1] == "x is used 2 times, so 2 gradients arrive and add: −3 + (−3) = −6."


def test_captions_are_silent_on_the_gradient_of_a_constant():
    g = Graph()
    one = g.constant(1)
    x = g.apply(AddLayer(), g.input("x", 2.0), one)
    g.apply(MulLayer(), x, one, name="y")
    g.backward(1)
    assert one.grad == 1 + 3  # d((x + c) * c)/dc = x + 2c, there for whoever asks
    assert "constant" not in " ".join(tell_story(g, True).captions)
    assert len(tell_story(g, True).captions) == 1 + 2 + 1 + 2


def test_examples_in_docstrings_run():
    for module in (course_lib.graphs.graph, course_lib.graphs.numbers):
        result = doctest.testmod(module)
        assert result.attempted > 0
        assert result.failed == 0
