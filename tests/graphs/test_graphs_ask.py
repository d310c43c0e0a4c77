"""Questions about gradients: right answers, common mistakes, and figures that cannot ask."""

import re

import numpy as np
import pytest
from graph_cases import affine, fork_and_join, network, shopping_cart, sigmoid_in_stages

from course_lib.graphs import Graph
from course_lib.graphs.ask import make_questions
from course_lib.graphs.steps import tell_story
from course_lib.layers import Affine, MulLayer, Relu, SquareLayer


def questions(g, show="values"):
    return make_questions(g, tell_story(g, True), show, True)


def told(question):
    """Return what a reader hears about wrong answers of one number."""
    return {round(numbers[0], 3): text for numbers, text in question.mistakes}


def test_every_gradient_but_the_first_is_asked_for_in_the_order_of_the_steps():
    asked = questions(shopping_cart())
    # From the tax back to the fruit: 650 and 1.1; 1.1 twice; 3.3, 165; 2.2, 110.
    assert [q.answer for q in asked] == [
        pytest.approx([number]) for number in (1.1, 650, 1.1, 1.1, 3.3, 165, 2.2, 110)
    ]
    assert [q.step for q in asked] == [6, 6, 7, 7, 8, 8, 9, 9]
    assert "tax" in asked[1].text
    assert asked[6].shown == "2.2"
    assert "Which gradient does apple receive" in asked[6].text


def test_mistakes_are_recognised_by_their_numbers():
    # The product of 100 apples and 2, with the upstream gradient 1.1.
    apple = questions(shopping_cart())[6]
    assert told(apple) == {
        -2.2: "The size is right. Check the sign.",
        1.1: "That is the upstream gradient alone. Multiply it by the local gradient.",
        2: "That is the local gradient alone. Multiply it by the upstream gradient, 1.1.",
        110: "That is the upstream gradient times apple itself. What is the derivative of the "
        "output of × with respect to apple?",
        100: "That is the value from the forward pass. Look for its gradient.",
    }


def test_a_number_that_is_right_is_never_called_a_mistake():
    for g in (shopping_cart(), fork_and_join(), sigmoid_in_stages()):
        for q in questions(g):
            for numbers, _ in q.mistakes:
                assert abs(numbers[0] - q.answer[0]) > 0.01 * abs(q.answer[0])
    # A sum hands on its upstream gradient: that is the answer, not a mistake.
    assert 1.1 not in told(questions(shopping_cart())[2])


def test_a_value_used_twice_is_asked_for_each_use_and_for_the_sum():
    # z = x + x*y at (3, 2): 1 from the sum, 2 from the product, 3 together.
    asked = questions(fork_and_join())
    of_x = [(q.answer, q.keys) for q in asked if re.search(r"\bx\b", q.text)]
    assert [answer for answer, _ in of_x] == [[1], [2], [3]]
    assert of_x[2][1] == ["g0"]
    assert told(asked[-1])[1] == "That is one of the 2 gradients that arrive. Add them all."
    assert "the gradients 2 and 1 arrive" in asked[-1].text


def test_a_branch_without_gradient_does_not_betray_the_other():
    g = Graph()
    x = g.input("x", 3.0)
    a = g.apply(SquareLayer(), x, name="a")
    g.apply(MulLayer(), x, g.constant(2.0), name="b")
    g.backward(1, of=a)
    (question,) = questions(g)
    assert question.answer == [6]
    assert set(question.keys) == {"c1.0", "g0"}


def test_small_arrays_are_asked_for_row_by_row():
    g = Graph()
    layer = Affine(np.array([[1.0, 2.0], [3.0, 4.0]]), np.zeros(2))
    g.apply(layer, g.input("x", np.array([[1.0, 10.0]])), name="out")
    g.backward(np.array([[1.0, 5.0]]))
    x, W, b = questions(g)
    assert x.answer == [11, 23]
    assert "Type its 2 numbers" in x.text
    assert W.answer == [1, 5, 10, 50]
    assert ([1, 10, 5, 50], "column by column") in [
        (numbers, re.search("column by column|$", text)[0]) for numbers, text in W.mistakes
    ]
    assert b.answer == [1, 5]
    assert not b.exact


def test_large_arrays_are_asked_for_by_their_shapes():
    asked = questions(network())
    shapes = {re.search("gradient of (.*) have", q.text)[1]: q for q in asked}
    assert shapes["W1"].answer == [784, 50]
    assert shapes["W1"].shown == "(784, 50)"
    assert shapes["b2"].answer == [10]
    assert all(q.exact for q in asked)
    assert ([50, 784], "The other way round: a gradient has the shape of its value.") in shapes[
        "W1"
    ].mistakes
    assert questions(affine(), "shapes")[1].answer == [2, 3]


def hidden(html):
    return re.findall(r'class="bpg-backward bpg-asked"[^>]*data-asked="([^"]+)"', html)


def test_the_figure_begins_without_the_gradients_that_it_asks_for():
    html = shopping_cart().figure(ask="gradients").html
    keys = {f"g{i}" for i in range(8)}
    assert set(hidden(html)) == keys
    assert len(hidden(html)) == 2 * len(keys)  # in the wide and in the narrow drawing
    # The text alternative keeps the secret, and the solution tells it.
    assert "Gradients" not in re.search("<desc>(.*?)</desc>", html)[1]
    solution = re.search(r'<details class="bpg-solution">.*?</details>', html)[0]
    for gradient in ("tax = 650", "apple = 2.2", "number of oranges = 165"):
        assert gradient in solution
    assert "Gradients" not in repr(shopping_cart().figure(ask="gradients"))
    assert hidden(shopping_cart().figure().html) == []


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (shopping_cart, {"ask": "values"}, "expected \"gradients\" or None, got 'values'"),
        (shopping_cart, {"ask": True}, "got True"),
        (shopping_cart, {"ask": "gradients", "backward": False}, "got backward=False"),
        (lambda: one_relu(None), {"ask": "gradients"}, r"Call g.backward\(1\) before"),
        (lambda: of_constants(), {"ask": "gradients"}, "got a graph of constants"),
    ],
)
def test_a_figure_that_cannot_ask_says_why(make, options, message):
    with pytest.raises(ValueError, match=f"ask: .*{message}"):
        make().figure(**options)


def one_relu(dout):
    g = Graph()
    g.apply(Relu(), g.input("x", 3.0), name="out")
    if dout is not None:
        g.backward(dout)
    return g


def of_constants():
    g = Graph()
    g.apply(Relu(), g.constant(3.0), name="out")
    g.backward(1)
    return g
