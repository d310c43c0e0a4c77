"""The shapes of graphs that the course draws."""

import numpy as np

from course_lib.graphs import Graph
from course_lib.layers import (
    AddLayer,
    Affine,
    ExpLayer,
    MulLayer,
    ReciprocalLayer,
    Relu,
    Sigmoid,
    SoftmaxWithLoss,
    Tanh,
)


def shopping_cart():
    g = Graph()
    apple = g.apply(MulLayer(), g.input("apple", 100), g.input("number of apples", 2))
    orange = g.apply(MulLayer(), g.input("orange", 150), g.input("number of oranges", 3))
    both = g.apply(AddLayer(), apple, orange, name="all price")
    g.apply(MulLayer(), both, g.input("tax", 1.1), name="price")
    g.backward(1)
    return g


def single_mul():
    g = Graph()
    g.apply(MulLayer(), g.input("x", 10), g.input("y", 5), name="z")
    g.backward(1.3)
    return g


def single_add():
    g = Graph()
    g.apply(AddLayer(), g.input("x", 10), g.input("y", 5), name="z")
    g.backward(1.3)
    return g


def chain_of_five():
    g = Graph()
    value = g.input("x", 0.1)
    for layer in (ExpLayer(), Sigmoid(), Tanh(), ReciprocalLayer(), Relu()):
        value = g.apply(layer, value)
    g.backward(1)
    return g


def used_twice():
    g = Graph()
    x = g.input("x", 3.0)
    g.apply(MulLayer(), x, x, name="x²")
    g.backward(1)
    return g


def fork_and_join():
    g = Graph()
    x, y = g.input("x", 3.0), g.input("y", 2.0)
    g.apply(AddLayer(), x, g.apply(MulLayer(), x, y), name="z")
    g.backward(1)
    return g


def squared_sum():
    g = Graph()
    total = g.apply(AddLayer(), g.input("x", 3.0), g.input("y", 2.0), name="x + y")
    g.apply(MulLayer(), total, total, name="z")
    g.backward(1)
    return g


def sigmoid_in_stages():
    g = Graph()
    value = g.apply(MulLayer(), g.input("x", 1.0), g.constant(-1))
    value = g.apply(AddLayer(), g.apply(ExpLayer(), value), g.constant(1))
    g.apply(ReciprocalLayer(), value, name="y")
    g.backward(1)
    return g


def relu_on_an_array():
    g = Graph()
    g.apply(Relu(), g.input("x", np.array([[1, -0.5], [-2, 3]])), name="out")
    g.backward(np.array([[1.0, 2.0], [3.0, 4.0]]))
    return g


def affine():
    rng = np.random.default_rng(0)
    g = Graph()
    layer = Affine(rng.standard_normal((2, 3)), np.array([1.0, 2.0, 3.0]))
    g.apply(layer, g.input("x", rng.standard_normal((4, 2))), name="out")
    g.backward(np.ones((4, 3)))
    return g


def network():
    rng = np.random.default_rng(0)
    g = Graph()
    out = g.input("x", rng.standard_normal((100, 784)))
    W1, W2 = rng.standard_normal((784, 50)), rng.standard_normal((50, 10))
    out = g.apply(Affine(W1, np.zeros(50)), out, params={"W": "W1", "b": "b1"})
    out = g.apply(Relu(), out)
    out = g.apply(Affine(W2, np.zeros(10)), out, params={"W": "W2", "b": "b2"})
    g.apply(SoftmaxWithLoss(), out, g.constant(rng.integers(0, 10, 100), "t"), name="loss")
    g.backward(1)
    return g


def two_outputs():
    g = Graph()
    x = g.input("x", 3.0)
    a = g.apply(ExpLayer(), x, name="a")
    g.apply(Tanh(), x, name="b")
    g.backward(1, of=a)
    return g


def leaves_only():
    g = Graph()
    g.input("x", 3.0)
    g.constant(1)
    return g


def empty():
    return Graph()


CASES = [
    shopping_cart,
    single_mul,
    single_add,
    chain_of_five,
    used_twice,
    fork_and_join,
    squared_sum,
    sigmoid_in_stages,
    relu_on_an_array,
    affine,
    network,
    two_outputs,
    leaves_only,
    empty,
]


def random_graph(rng, nodes):
    """Return a graph of `nodes` nodes that use any of the values before them."""
    g = Graph()
    values = [g.input(f"x{i}", float(i + 1)) for i in range(1 + nodes // 3)]
    for _ in range(nodes):
        if rng.random() < 0.3:
            out = g.apply(Tanh(), values[rng.integers(len(values))])
        else:
            a, b = rng.integers(len(values), size=2)
            out = g.apply(MulLayer() if rng.random() < 0.5 else AddLayer(), values[a], values[b])
        values.append(out)
    g.backward(1, of=values[-1])
    return g
