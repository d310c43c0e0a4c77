"""Graphs are drawn: nothing overlaps, everything is well-formed, readable and repeatable."""

# ruff: noqa: RUF001

import json
import re
import xml.etree.ElementTree as ET
from itertools import combinations

import numpy as np
import pytest
from graph_cases import (
    CASES,
    chain_of_five,
    fork_and_join,
    network,
    random_graph,
    shopping_cart,
    used_twice,
)

from course_lib.graphs import Graph, words
from course_lib.graphs.items import Item, text_width, wrap
from course_lib.graphs.layout import crossings, fit, lay_out, order_columns
from course_lib.graphs.qp import settle
from course_lib.graphs.steps import tell_story
from course_lib.graphs.svg import DARK, LIGHT, render
from course_lib.layers import ExpLayer, Sigmoid

SVG = "{http://www.w3.org/2000/svg}"


def overlaps(items):
    """Return the pairs of boxes that share some area."""
    return [
        (a, b)
        for a, b in combinations([item for item in items if item.length], 2)
        if min(a.box[2], b.box[2]) - max(a.box[0], b.box[0]) > 0
        and min(a.box[3], b.box[3]) - max(a.box[1], b.box[1]) > 0
    ]


def points(path):
    """Return points along an SVG path of the commands M, L, H, V, C and q, as an array (n, 2)."""
    s = np.linspace(0, 1, 30)[:, None]
    r = 1 - s
    found = []
    for command, text in re.findall(r"([MLHVCq])([^MLHVCq]*)", path):
        n = np.array(text.split(), dtype=float)
        if command == "M":
            found.append(n[None])
            continue
        a = found[-1][-1]
        if command == "C":
            b, c, d = n.reshape(3, 2)
            found.append(r**3 * a + 3 * r**2 * s * b + 3 * r * s**2 * c + s**3 * d)
        elif command == "q":
            b, c = a + n.reshape(2, 2)
            found.append(r**2 * a + 2 * r * s * b + s**2 * c)
        else:
            to = {"L": n, "H": [n[0], a[1]], "V": [a[0], n[0]]}[command]
            found.append(a + s * (to - a))
    return np.concatenate(found)


def lines_through_boxes(layout, paths):
    """Return (edge number, item) wherever a line enters a box that is not on its way."""
    found = []
    for k, (edge, path) in enumerate(zip(layout.edges, paths, strict=True)):
        line = points(path)
        for item in layout.items:
            inside = (line > item.box[:2]) & (line < item.box[2:])
            if item.length and item not in edge.path and inside.all(axis=1).any():
                found.append((k, item))
    return found


def edge_paths(svg):
    root = ET.fromstring(svg)
    groups = [g for g in root.iter(f"{SVG}g") if g.get("class") == "bpg-edge"]
    return [g.find(f"{SVG}path").get("d") for g in groups]


def graphs():
    rng = np.random.default_rng(7)
    yield from (pytest.param(case, id=case.__name__) for case in CASES)
    for nodes in (2, 3, 4, 6, 8, 10, 12, 15):
        graph = random_graph(rng, nodes)
        yield pytest.param(lambda graph=graph: graph, id=f"random-{nodes}")


# Widths at which the drawings of the cases run to the right, are folded, and run down in two ways.
WIDTHS = (np.inf, 620, 385, 1)


@pytest.mark.sample(every=3)
@pytest.mark.parametrize("case", list(graphs()))
@pytest.mark.parametrize("show", ["values", "shapes", "both"])
@pytest.mark.parametrize("backward", [True, False])
def test_nothing_overlaps_and_no_line_runs_through_a_box(case, show, backward):
    g = case()
    story = tell_story(g, backward)
    for width in WIDTHS:
        layout = fit(g, show, backward, None, width)
        assert overlaps(layout.items) == []
        paths = edge_paths(render(g, layout, backward, story))
        assert lines_through_boxes(layout, paths) == []
        for item in layout.items:
            left, top, right, bottom = item.box
            assert 0 <= left <= right <= layout.width
            assert 0 <= top <= bottom <= layout.height
        for path in paths:
            assert (points(path) >= 0).all()
            assert (points(path) <= (layout.width, layout.height)).all()


def test_the_check_sees_overlapping_boxes_and_a_line_through_a_node():
    layout = lay_out(shopping_cart(), "values", True)
    paths = edge_paths(shopping_cart().svg())
    label = next(item for item in layout.items if item.kind == "label")
    node = next(item for item in layout.items if item.kind == "node")
    label.start, label.line = node.start, node.line
    assert (node, label) in overlaps(layout.items) or (label, node) in overlaps(layout.items)
    tax = next(i for i, edge in enumerate(layout.edges) if edge.value.name == "tax")
    paths[tax] = f"M0.0 {node.line}H{layout.width}"
    assert (tax, node) in lines_through_boxes(layout, paths)


def bends(path):
    """Return how often a line changes its direction across the flow."""
    return path.count("C")


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("width", WIDTHS)
def test_a_line_leaves_its_course_at_most_twice(case, width):
    g = case()
    layout = fit(g, "values", True, None, width)
    paths = edge_paths(render(g, layout, True, tell_story(g, True)))
    assert max(map(bends, paths), default=0) <= 2
    # Between two bends it keeps its place.
    for edge in layout.edges:
        assert len({(item.line, item.row) for item in edge.path[1:-1]}) == 1


def test_a_drawing_is_folded_or_turned_to_fit():
    widths = {width: fit(chain_of_five(), "values", True, None, width) for width in (800, 500, 380)}
    assert [(layout.flow, len(layout.rows)) for layout in widths.values()] == [
        ("right", 0),
        ("right", 2),
        ("right", 3),
    ]
    for width in (380, 500, 800):
        assert widths[width].width <= width
    rows = [item.row for item in widths[500].items if item.kind == "node"]
    assert rows == sorted(rows)
    below = min(item.box[1] for item in widths[500].items if item.row == 1)
    assert max(item.box[3] for item in widths[500].items if item.row == 0) < below
    # Two apples and three oranges have no place to break a line, and enough space below.
    down = fit(shopping_cart(), "values", True, None, 450)
    assert (down.flow, down.rows) == ("down", [])
    leaves = [i for i in down.items if i.text in (["apple"], ["tax"])]
    assert leaves[0].box[1] < leaves[1].box[1]
    assert fit(shopping_cart(), "values", True, None, 330).flow == "stacked"


def test_a_drawing_is_pressed_together_where_that_makes_it_fit():
    free = lay_out(network(), "values", True, flow="stacked")
    pressed = lay_out(network(), "values", True, flow="stacked", width=free.width - 15)
    assert pressed.width <= free.width - 15
    assert overlaps(pressed.items) == []


@pytest.mark.parametrize("case", CASES)
def test_no_lines_cross_in_the_graphs_of_the_course(case):
    layout = lay_out(case(), "values", True)
    columns = order_columns(layout.items, layout.edges)
    links = [(a, b) for e in layout.edges for a, b in zip(e.path, e.path[1:], strict=False)]
    assert crossings(columns, links) == 0


def test_crossings_are_counted_and_undone():
    a, b, c, d = (Item("node", column, "right", 1, 1, 1) for column in (0, 0, 1, 1))
    assert crossings([[a, b], [c, d]], [(a, d), (b, c)]) == 1
    assert crossings([[a, b], [d, c]], [(a, d), (b, c)]) == 0


def test_columns_follow_the_longest_path_and_lines_through_one_node_are_straight():
    layout = lay_out(network(), "values", True)
    nodes = [item for item in layout.items if item.kind == "node"]
    assert [item.column for item in nodes] == [2, 4, 6, 8]
    x = next(item for item in layout.items if item.text == ["x"])
    assert {item.line for item in nodes} == {x.line}


def test_inputs_stand_in_the_order_of_the_arguments():
    layout = lay_out(shopping_cart(), "values", True)
    leaves = sorted((i for i in layout.items if i.kind == "leaf"), key=lambda i: i.line)
    names = [" ".join(leaf.text) for leaf in leaves if leaf.column == 0]
    assert names == ["apple", "number of apples", "orange", "number of oranges"]


def test_settle_keeps_gaps_with_the_least_pull():
    # Both want to be at the height of the third; a gap of 10 keeps them apart around it.
    y = settle(3, [(0, 2, 0.0, 1.0), (1, 2, 0.0, 1.0)], np.array([[0, 1, 10.0]]))
    np.testing.assert_allclose(y - y[2], [-5, 5, 0], atol=1e-6)
    # A gap that is wide already pushes nobody: the pull alone decides.
    y = settle(2, [(1, 0, 30.0, 1.0)], np.array([[0, 1, 10.0]]))
    np.testing.assert_allclose(y[1] - y[0], 30, rtol=1e-4)


def shown(svg, kind):
    root = ET.fromstring(svg)
    groups = [g for g in root.iter(f"{SVG}g") if g.get("class") == kind]
    return sorted("".join(g.itertext()) for g in groups)


def test_the_drawing_shows_every_number_of_the_cart():
    svg = shopping_cart().svg()
    forward = ["100", "2", "150", "3", "1.1", "200", "450", "650", "715"]
    backward = ["2.2", "110", "3.3", "165", "650", "1.1", "1.1", "1.1", "1"]
    assert shown(svg, "bpg-forward") == sorted(forward)
    assert shown(svg, "bpg-backward") == sorted(backward)
    assert shown(svg, "bpg-node") == ["+", "×", "×", "×"]
    assert shown(svg, "bpg-output") == ["price"]


def test_a_figure_stays_as_it_was_made():
    g = shopping_cart()
    before = g.figure(backward=False)
    html = before.html
    g.backward(2)
    assert before._repr_html_() == html
    assert shown(html[html.index("<svg") : html.index("</svg>") + 6], "bpg-backward") == []
    assert "price = 715" in repr(before)
    assert "Gradients" not in repr(before)
    assert "tax = 1300" in repr(g.figure())


def test_a_value_used_twice_shows_both_gradients_and_their_sum():
    assert shown(used_twice().svg(), "bpg-backward") == ["1", "3", "3", "6"]


def test_without_a_backward_pass_only_values_show():
    g = shopping_cart()
    assert shown(g.svg(backward=False), "bpg-backward") == []
    fresh = Graph()
    fresh.apply(ExpLayer(), fresh.input("x", 0))
    assert shown(fresh.svg(), "bpg-backward") == []
    assert "bpg-key-backward" not in fresh._repr_html_().split("</style>")[1]


def test_forward_and_backward_differ_in_their_mark_not_in_colour_alone():
    svg = shopping_cart().svg()
    marks = {}
    for kind in ("bpg-forward", "bpg-backward"):
        for g in ET.fromstring(svg).iter(f"{SVG}g"):
            if g.get("class") == kind:
                tail, tip = re.findall(r"[ML]([\d.]+) ", g.find(f"{SVG}path").get("d"))[:2]
                marks.setdefault(kind, set()).add(float(tip) > float(tail))
    assert marks == {"bpg-forward": {True}, "bpg-backward": {False}}


def test_label_and_rule_override_the_table():
    g = Graph()
    g.apply(Sigmoid(), g.input("x", 0.0), label="σ", rule="dout × y(1 − y)")
    g.backward(1)
    svg = g.svg()
    assert shown(svg, "bpg-node") == ["σ"]
    assert shown(svg, "bpg-rule") == ["dout ×y(1 − y)"]  # in two lines


@pytest.mark.parametrize("case", CASES)
def test_the_drawing_is_well_formed_and_says_in_words_what_it_shows(case):
    g = case()
    root = ET.fromstring(g.svg())
    assert root.get("role") == "img"
    assert root[0].tag == f"{SVG}title"
    assert root[1].tag == f"{SVG}desc"
    for value in g.values:
        assert value.name in root[1].text
    for node in g.nodes:
        assert f"Node {''.join(shown_symbol(node))}" in root[1].text


def shown_symbol(node):
    from course_lib.graphs.formulas import symbol

    return symbol(node)


def test_names_from_outside_cannot_break_the_page():
    g = Graph()
    g.apply(ExpLayer(), g.input("<b>&\"'</script>", 1.0), name="</script><x>", label="<i>")
    g.backward(1)
    ET.fromstring(g.svg())
    html = g._repr_html_()
    assert html.count("</script>") == 2
    assert "<b>" not in html
    assert "<i>" not in html
    assert data_of(html)["values"][0]["name"] == "<b>&\"'</script>"


def data_of(html):
    text = re.search(r'<script type="application/json" class="bpg-data">(.*?)</script>', html)[1]
    return json.loads(text)


def test_the_page_gets_the_structure_and_the_numbers():
    data = data_of(shopping_cart()._repr_html_())
    assert [node["operation"] for node in data["nodes"]] == [
        "MulLayer",
        "MulLayer",
        "AddLayer",
        "MulLayer",
    ]
    last = data["nodes"][-1]
    assert data["values"][last["output"]]["value"] == 715.0000000000001
    assert data["values"][last["inputs"][1]]["grad"] == 650
    assert [step["backward"] for step in data["steps"]] == [False] * 5 + [True] * 5
    # Large arrays stay out of the page.
    x = data_of(network()._repr_html_())["values"][0]
    assert (x["shape"], x["value"]) == ([100, 784], None)


@pytest.mark.parametrize("case", CASES)
def test_every_step_that_the_drawing_speaks_of_exists(case):
    html = case()._repr_html_()
    steps = range(len(data_of(html)["steps"]))
    svg = html[html.index("</style>") : html.index("</svg>")]
    named = re.findall(r'data-(?:from|at|only)="([^"]*)"', svg)
    assert {int(n) for text in named for n in text.split()} <= set(steps)


def appears_at(svg, kind):
    """Return the numbers of a kind with the step at which each first shows."""
    groups = [g for g in ET.fromstring(svg).iter(f"{SVG}g") if g.get("class") == kind]
    return sorted((int(g.get("data-from")), "".join(g.itertext())) for g in groups)


def test_numbers_appear_when_they_are_computed():
    # z = x + x*y at (3, 2). Steps: inputs, forward x2, seed, back through +, back through the
    # product, which completes both y and x; x's two gradients then add in a step of their own.
    svg = fork_and_join().svg()
    forward = [(0, "2"), (0, "3"), (0, "3"), (0, "3"), (1, "6"), (2, "9")]
    assert appears_at(svg, "bpg-forward") == forward
    backward = [(3, "1"), (4, "1"), (4, "1"), (5, "2"), (5, "3"), (6, "3")]
    assert appears_at(svg, "bpg-backward") == backward


@pytest.mark.parametrize("case", CASES)
def test_the_same_graph_gives_the_same_bytes(case):
    assert case()._repr_html_() == case()._repr_html_()


def test_a_page_with_two_figures_repeats_no_id_and_asks_no_other_host():
    page = shopping_cart()._repr_html_() + shopping_cart()._repr_html_()
    assert repeated_ids(page) == []
    assert foreign_urls(page) == []


def repeated_ids(page):
    ids = re.findall(r'\sid="([^"]*)"', page)
    return sorted({i for i in ids if ids.count(i) > 1})


def foreign_urls(page):
    urls = re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\"'\s]*", page)
    return [url for url in urls if url != "http://www.w3.org/2000/svg"]


def test_the_checks_see_a_repeated_id_and_a_foreign_url():
    assert repeated_ids('<p id="a"></p><p id="a"></p><p id="b"></p>') == ["a"]
    assert foreign_urls('<img src="https://example.org/x.png">') == ["https://example.org/x.png"]
    assert foreign_urls('<script src="//cdn.example.org/x.js">') == ["//cdn.example.org/x.js"]


def test_buttons_are_named_and_hidden_until_the_script_runs():
    html = shopping_cart()._repr_html_()
    buttons = re.findall(r"<button[^>]*>", html)
    assert len(buttons) == 4
    assert all(re.search(r'aria-label="[^"]+"', button) for button in buttons)
    assert re.search(r'class="bpg-buttons"[^>]* hidden', html)
    assert re.search(r'class="bpg-caption" hidden', html)


def test_every_word_comes_from_the_catalogue(monkeypatch):
    for key in list(words.WORDS):
        marked = "§" + words.WORDS[key]
        monkeypatch.setitem(words.WORDS, key, marked)
    html = shopping_cart()._repr_html_()
    texts = re.findall(r'(?:aria-label|title)="([^"]*)"', html)
    texts += re.findall(r"<(?:title|desc|p class[^>]*|span class=\"bpg-key[^>]*)>([^<]*)<", html)
    texts += [step["caption"] for step in data_of(html)["steps"]]
    assert len(texts) > 15
    assert [text for text in texts if text and not text.startswith("§")] == []


def test_an_unknown_way_to_show_is_refused():
    with pytest.raises(ValueError, match=r'"values", "shapes" or "both", got \'shape\''):
        shopping_cart().svg(show="shape")


def luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


TEXT_ON = [(ink, "paper") for ink in ("ink", "forward", "backward")] + [
    ("ink", surface) for surface in ("node", "leaf", "active")
]


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_text_and_lines_have_contrast(palette):
    for ink, surface in TEXT_ON:
        assert contrast(palette[ink], palette[surface]) >= 4.5, (ink, surface)
    for line in ("line", "ring", "forward", "backward"):
        assert contrast(palette[line], palette["paper"]) >= 3, line


def test_contrast_is_computed_as_the_guidelines_say():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # just too little
    assert LIGHT.keys() == DARK.keys()


def test_text_is_measured_generously_and_wrapped_between_words():
    assert text_width("", 13) == 0
    assert text_width("110", 13) >= 3 * 0.636 * 13  # digits of DejaVu Sans
    assert text_width("漢字", 13) == 26
    assert wrap("number of apples", 13, 92) == ["number of", "apples"]
    assert wrap("apple_num", 13, 10) == ["apple_num"]
    assert wrap("", 13, 92) == [""]
    assert wrap("dout × out × (1 − out)", 13, 84) == ["dout × out", "× (1 − out)"]


def drawings(html):
    """Return the size in units and the least width in pixels of each drawing."""
    return [
        (float(w), float(h), float(least))
        for w, h, least in re.findall(
            r'<svg xmlns[^>]*viewBox="0 0 ([\d.]+) ([\d.]+)"[^>]*min-width:(\d+)px', html
        )
    ]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("show", ["values", "both"])
def test_the_graphs_of_the_course_fit_the_column_and_a_phone(case, show):
    html = case().figure(show).html
    (wide, _, least), *narrow = drawings(html)
    assert least <= 686
    assert 13 * least / wide >= 11
    limit = re.search(r"bpg-fold-(\d+)", html)
    assert len(narrow) == (limit is not None)
    if limit:
        # The second takes over where the first would be too small to read.
        assert int(limit[1]) == least
        least = narrow[0][2]
        assert 13 * least / narrow[0][0] >= 11
    assert least <= 326
    assert html.count("<style>") == 1
