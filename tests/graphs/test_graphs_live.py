"""Sliders: who gets them, how far they go, and that the page computes what Python computes."""

import json
import math
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from importlib.resources import files
from itertools import pairwise

import numpy as np
import pytest
from graph_cases import (
    affine,
    chain_of_five,
    empty,
    fork_and_join,
    leaves_only,
    network,
    random_graph,
    shopping_cart,
    sigmoid_in_stages,
    squared_sum,
    used_twice,
)

from course_lib import layers
from course_lib.graphs import Graph
from course_lib.graphs.items import BOLD, FONT, text_width
from course_lib.graphs.layout import lay_out
from course_lib.graphs.live import LIVE, make_live, run_again
from course_lib.graphs.numbers import number_text
from course_lib.graphs.steps import tell_story
from course_lib.graphs.svg import render

# --- which graphs ----------------------------------------------------------------------------


def apply(layer, *numbers, **options):
    g = Graph()
    g.apply(layer, *(g.input(name, v) for name, v in zip("xy", numbers, strict=False)), **options)
    g.backward(1)
    return g


def slid(g, wanted=True):
    """Return the names of the inputs that have a slider."""
    live = make_live(g, wanted)
    return [g.values[slider.index].name for slider in live.sliders] if live else []


FRUIT = ["apple", "number of apples", "orange", "number of oranges", "tax"]


def test_inputs_of_a_graph_of_numbers_have_sliders_and_constants_have_none():
    assert slid(shopping_cart()) == FRUIT
    assert slid(sigmoid_in_stages()) == ["x"]
    assert slid(shopping_cart(), ("tax", "apple")) == ["apple", "tax"]
    assert slid(shopping_cart(), "tax") == ["tax"]
    assert slid(shopping_cart(), False) == []


@pytest.mark.parametrize("case", [affine, network, leaves_only, empty])
def test_other_graphs_have_none(case):
    assert slid(case()) == []
    assert '"sliders"' not in case()._repr_html_()


def test_sliders_asked_for_by_name_that_cannot_be_had_are_refused():
    with pytest.raises(ValueError, match=r"names of inputs, 'x', 'y', got 'z'"):
        squared_sum().figure(sliders=("x", "z"))
    with pytest.raises(ValueError, match="a graph that the page can compute, got a Affine"):
        affine().figure(sliders=("x",))


def own(name, parent, **methods):
    return type(name, (parent,), methods)


def test_a_layer_of_ones_own_has_sliders_only_if_it_computes_what_the_page_computes():
    class MulLayer:
        def forward(self, x, y):
            print("forward")
            self.x, self.y = x, y
            return x * y

        def backward(self, dout):
            return dout * self.y, dout * self.x

    class Swapped(MulLayer):
        def backward(self, dout):
            return dout * self.x, dout * self.y

    assert slid(apply(MulLayer(), 3.0, 2.0)) == ["x", "y"]
    assert slid(apply(Swapped(), 3.0, 2.0)) == []  # by its name
    Swapped.__name__ = "MulLayer"
    assert slid(apply(Swapped(), 3.0, 2.0)) == []
    # At 2 and 2 both agree: only other inputs tell them apart.
    g = apply(Swapped(), 2.0, 2.0)
    assert slid(g) == []
    with pytest.raises(ValueError, match="a MulLayer that computes other than the course's"):
        make_live(g, ("x",))


def test_trying_a_layer_out_prints_nothing_and_changes_nothing(capsys):
    class MulLayer(layers.MulLayer):
        def forward(self, x, y):
            print("forward")
            return super().forward(x, y)

    g = apply(MulLayer(), 3.0, 2.0)
    assert capsys.readouterr().out == "forward\n"
    before = vars(g.nodes[0].layer).copy()
    assert slid(g) == ["x", "y"]
    assert capsys.readouterr().out == ""
    assert vars(g.nodes[0].layer) == before
    assert [value.value for value in g.values] == [3, 2, 6]


def test_a_kink_at_another_place_is_noticed():
    class Relu(layers.Relu):
        def backward(self, dout):
            return np.where(self.mask & (self.last < 0), 0, dout)

        def forward(self, x):
            self.last = x
            return super().forward(x)

    assert slid(apply(layers.Relu(), 3.0)) == ["x"]
    assert slid(apply(Relu(), 3.0)) == []


# --- how far ---------------------------------------------------------------------------------


def slider(layer, value, **options):
    g = Graph()
    x = g.input("x", value, **options)
    g.apply(layer, *([x] if not isinstance(layer, layers.MulLayer) else [x, g.constant(2.0)]))
    g.backward(1)
    return make_live(g, True).sliders[0]


@pytest.mark.parametrize(
    ("layer", "value", "first", "last", "step"),
    [
        (layers.MulLayer, 100, 0, 200, 10),
        (layers.MulLayer, 150, 0, 300, 10),
        (layers.MulLayer, 2, 0, 4, 1),  # whole numbers stay whole
        (layers.MulLayer, 2.0, 0, 4, 0.2),
        (layers.MulLayer, 1.1, 0, 2.2, 0.1),
        (layers.MulLayer, -1.0, -2, 2, 0.1),
        (layers.MulLayer, 0.0, -1, 1, 0.05),
        (layers.Relu, 3.0, -6, 6, 0.2),
        (layers.Sigmoid, 1.0, -2, 2, 0.1),
        (layers.LogLayer, 0.3, 0.02, 0.6, 0.02),  # log(0) is not finite
        (layers.ReciprocalLayer, -2.0, -4, -0.2, 0.2),
        (layers.MulLayer, math.log(3), 0, 2.2, 0.1),
    ],
)
def test_a_slider_goes_to_twice_the_value_in_round_steps(layer, value, first, last, step):
    s = slider(layer(), value)
    assert (s.first, s.last, s.step) == pytest.approx((first, last, step))
    steps = [b - a for a, b in pairwise(s.stops)]
    np.testing.assert_allclose(steps, step)


@pytest.mark.parametrize("value", [0.3, -1.9, 1.2345, 17.3, 2, 100, 0.0007, 999.5])
def test_a_slider_starts_on_one_of_its_stops(value):
    for layer in (layers.MulLayer(), layers.Relu()):
        assert min(abs(stop - value) for stop in slider(layer, value).stops) < 1e-9


def test_the_range_of_an_input_can_be_given():
    s = slider(layers.MulLayer(), 1.1, range=(1, 1.5, 0.01))
    assert (s.first, s.last, s.step) == (1, 1.5, 0.01)
    assert s.stops[0] == 1
    assert s.stops[-1] == 1.5
    assert len(s.stops) == 51
    # No round step hits this value, which NumPy gives as an array without axes.
    assert slider(layers.MulLayer(), np.log(3.0), range=(-3, 3, 0.1)).step == 0.1


@pytest.mark.parametrize(
    ("value", "span", "error", "message"),
    [
        (1.0, (2, 3, 0.1), ValueError, r"first <= 1 <= last"),
        (1.0, (0, 3, 0), ValueError, "a step that fits"),
        (1.0, (0, 3, 4), ValueError, "a step that fits"),
        (1.0, (0, 3), TypeError, r"expected \(first, last, step\), got \(0, 3\)"),
        (np.ones(2), (0, 3, 1), ValueError, r"got an array of shape \(2,\)"),
        (-1.9, (-5, 5, 0.5), ValueError, r"hits .* -1.9, .* next to it are -2 and -1.5"),
        (1.0, (0.05, 2, 0.1), ValueError, "next to it are 0.95 and 1.05"),
    ],
)
def test_a_range_that_cannot_be_is_refused(value, span, error, message):
    with pytest.raises(error, match=message):
        Graph().input("x", value, range=span)


# --- room ------------------------------------------------------------------------------------

RANDOM = [random_graph(np.random.default_rng(n), n) for n in (3, 6, 10)]
SCALAR = [c() for c in (shopping_cart, squared_sum, sigmoid_in_stages, chain_of_five)]
SCALAR += [fork_and_join(), used_twice(), *RANDOM]


def drawing(g, room, flow="right"):
    layout = lay_out(g, "values", True, room, flow)
    return ET.fromstring(render(g, layout, True, tell_story(g, True), room=room))


def too_wide(svg, numbers):
    """Return the keys of numbers that are wider than their room, in bold."""
    return [
        text.get("data-key")
        for text in svg.iter("{http://www.w3.org/2000/svg}text")
        if text.get("data-key")
        and BOLD * text_width(number_text(numbers[text.get("data-key")]), FONT)
        > float(text.get("data-room")) + 0.1
    ]


@pytest.mark.parametrize("g", SCALAR, ids=repr)
def test_every_number_of_a_slider_has_room_and_the_most_of_others(g):
    live = make_live(g, True)
    for flow in ("right", "down", "stacked"):
        svg = drawing(g, live.room, flow)
        for s in live.sliders:
            for stop in s.stops:
                assert too_wide(svg, run_again(g, {s.index: stop})) == []
    rng = np.random.default_rng(99)
    misfits = 0
    for _ in range(50):
        place = {s.index: float(rng.choice(s.stops)) for s in live.sliders}
        misfits += bool(too_wide(svg, run_again(g, place)))
    assert misfits <= 10  # the page squeezes what no trial came upon


def test_without_room_a_wider_number_is_noticed():
    g = shopping_cart()
    wide = run_again(g, {0: 123456.0})
    assert set(too_wide(drawing(g, {}), wide)) >= {"v0", "v2"}


# --- the same numbers in the page ------------------------------------------------------------


def source(*names):
    here = files("course_lib.graphs")
    return "".join(here.joinpath(name).read_text(encoding="utf-8") for name in names)


def in_node(script, data):
    """Run numbers.js and live.js, then `script`, and return what it returns of `data`."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node here; the tests in a browser look at the same numbers")
    text = (
        f'"use strict";{source("numbers.js", "live.js")}'
        'const data = JSON.parse(require("fs").readFileSync(0, "utf8"));'
        f"process.stdout.write(JSON.stringify(({script})(data)));"
    )
    done = subprocess.run(
        [node, "-e", text],
        input=json.dumps(data),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=1200,
        check=True,
    )
    return json.loads(done.stdout)


def many_numbers():
    rng = np.random.default_rng(0)
    numbers = [
        0.0,
        5e-324,
        2.2e-308,
        1.7e308,
        999_999.5,
        999_999.4,
        999.95,
        0.0009995,
        1e21,
        123e20,
    ]
    # Ties, which Python gives to the even digit: 1.0625 reads 1.062.
    numbers += [n / 64 for n in range(3000)] + [n + 0.5 for n in range(990, 1400)]
    numbers += [n / 1024 for n in range(1030)] + [1.125e9, 1.135e9, 2.5e-7, 100_500_000.0]
    numbers += list(10 ** rng.uniform(-12, 14, 6000))
    numbers += [round(v, 3) for v in rng.uniform(0, 1200, 3000)]
    numbers += [1.1 * n for n in range(300)] + [n + 1e-10 for n in range(1, 50)]
    return [float(v) for n in numbers for v in (n, -n)]


def test_the_page_writes_numbers_as_python_does():
    numbers = many_numbers()
    written = in_node("(d) => d.map((n) => numberText(Number(n)))", list(map(repr, numbers)))
    wrong = [
        (n, number_text(n), text)
        for n, text in zip(numbers, written, strict=True)
        if number_text(n) != text
    ]
    assert wrong == []
    assert in_node("() => [NaN, Infinity, -Infinity, -0].map(numberText)", []) == [
        number_text(v) for v in (math.nan, math.inf, -math.inf, -0.0)
    ]


def test_among_those_numbers_are_some_on_which_languages_differ():
    numbers = many_numbers()
    plain = in_node(
        "(d) => d.map((n) => String(Number(Number(n).toPrecision(4))))", list(map(repr, numbers))
    )
    small = [(n, text) for n, text in zip(numbers, plain, strict=True) if 1 <= n < 999]
    differ = [n for n, text in small if text != number_text(n)]
    assert 1.0625 in differ


def test_blanks_are_filled_with_brackets_where_asked():
    text = "\ue000v0\ue001 + \ue000(v0\ue001 + \ue000(c3.1\ue001"
    filled = in_node("(d) => fill(d.text, d.numbers)", {"text": text, "numbers": N})
    assert filled == "−2 + (−2) + 7"


N = {"v0": -2.0, "c3.1": 7}


def test_the_page_knows_the_layers_that_python_says_it_knows():
    block = re.search(r"const OPERATIONS = \{(.*?)\n\};", source("live.js"), re.DOTALL)[1]
    assert set(re.findall(r"^  (\w+): \{", block, re.MULTILINE)) == LIVE.keys()
    assert all(hasattr(layers, name) for name in LIVE)


def page_data(g):
    html = g._repr_html_()
    text = re.search(r'<script type="application/json" class="bpg-data">(.*?)</script>', html)[1]
    return json.loads(text)


def recomputed(g, places):
    script = "({ graph, places }) => places.map((inputs) => recompute(graph, inputs))"
    return in_node(script, {"graph": page_data(g), "places": places})


def differences(found, wanted, rounding=0.0):
    assert found.keys() == wanted.keys()
    near = {"rel_tol": 1e-12, "abs_tol": rounding}
    return [k for k in wanted if not math.isclose(found[k], wanted[k], **near)]


def single(name):
    layer = getattr(layers, name)(**({"alpha": 0.2} if name == "LeakyRelu" else {}))
    return apply(layer, 3.0, *([-2.0] if name in ("AddLayer", "SubLayer", "MulLayer") else []))


@pytest.mark.parametrize("name", sorted(LIVE.keys() - {"DivLayer"}))
def test_each_layer_in_the_page_computes_what_the_layer_computes(name):
    g = single(name)
    places = [{s.index: stop} for s in make_live(g, True).sliders for stop in s.stops]
    assert len(places) > 15
    for place, found in zip(places, recomputed(g, places), strict=True):
        assert differences(found, run_again(g, place)) == []


def test_a_quotient_in_the_page_is_a_quotient():
    g = apply(layers.DivLayer(), 6.0, -2.0)
    # out = x / y; dx = 1 / y; dy = -x / y**2.
    assert recomputed(g, [{}, {0: 1.0, 1: 4.0}]) == [
        {"v0": 6, "v1": -2, "v2": -3, "g0": -0.5, "g1": -1.5, "g2": 1, "c2.0": -0.5, "c2.1": -1.5},
        {
            "v0": 1,
            "v1": 4,
            "v2": 0.25,
            "g0": 0.25,
            "g1": -0.0625,
            "g2": 1,
            "c2.0": 0.25,
            "c2.1": -0.0625,
        },
    ]


@pytest.mark.parametrize("g", SCALAR, ids=repr)
def test_whole_graphs_in_the_page_compute_what_python_computes(g):
    rng = np.random.default_rng(5)
    live = make_live(g, True)
    places = [{}, *({s.index: float(rng.choice(s.stops)) for s in live.sliders} for _ in range(20))]
    for place, found in zip(places, recomputed(g, places), strict=True):
        # Two libraries' tanh differ in the last digit, and 1 - tanh**2 leaves little else.
        wanted = run_again(g, place)
        rounding = 1e-13 * max(map(abs, wanted.values()))
        assert differences(found, wanted, rounding) == []


def test_a_wrong_number_from_the_page_would_be_noticed():
    g = squared_sum()
    found = recomputed(g, [{0: 1.0}])[0]
    assert differences(found, run_again(g, {0: 1.0})) == []
    assert differences(found, run_again(g, {0: 1.1})) != []


def test_running_again_gives_the_numbers_of_the_cart_at_other_prices():
    g = shopping_cart()
    # 120 * 2 + 150 * 3 = 690, without tax: the slope of the price by the tax is 690.
    numbers = run_again(g, {0: 120.0, 7: 1.0})
    names = {value.name: i for i, value in enumerate(g.values) if value.name}
    assert (names["apple"], names["tax"]) == (0, 7)
    assert numbers[f"v{names['price']}"] == 690
    assert numbers[f"g{names['tax']}"] == 690
    assert numbers["g0"] == 2
    assert g.values[0].value == 100
