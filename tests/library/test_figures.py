"""Figures use the colours of the page and have a text description."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import matplotlib.pyplot as plt
import pytest

from course_lib.figures import TEXT, on_page, page_style


def drawn(label: str = "out") -> on_page:
    with page_style():
        figure, axes = plt.subplots()
        axes.plot([0, 1], [0, 1], label=label)
        axes.set_xlabel("x")
        axes.legend()
    return on_page(figure, 'a line from "0" to 1,\n rising')


def test_text_has_the_colour_of_the_page() -> None:
    svg = drawn().svg
    assert TEXT not in svg
    assert "currentColor" in svg


def test_text_is_not_drawn_as_paths_and_the_description_is_escaped() -> None:
    root = ET.fromstring(drawn().svg.replace("xlink:", ""))
    assert root.get("role") == "img"
    assert root.get("aria-label") == 'a line from "0" to 1, rising'
    assert "out" in [element.text for element in root.iter() if element.tag.endswith("text")]


def test_figure_output_is_reproducible_and_the_figure_is_closed() -> None:
    before = plt.get_fignums()
    assert drawn().svg == drawn().svg
    assert plt.get_fignums() == before


def test_a_figure_without_a_description_is_refused() -> None:
    with page_style():
        figure, _axes = plt.subplots()
    with pytest.raises(ValueError, match="alt"):
        on_page(figure, " ")
    plt.close(figure)
