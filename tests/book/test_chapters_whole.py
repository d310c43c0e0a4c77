"""All chapters together: they teach every system of the source and explain its faults."""

from __future__ import annotations

import re
from typing import Any

import jupytext
import pytest
from test_chapters import CHAPTERS, page

# The systems of the source: the chapter of each, its heading or label, and required text there,
# mostly results.
SYSTEMS = {
    "S1 MulLayer": ("01_shopping_cart", "(mul-layer)=", ["220.00000000000003", "2.2", "200"]),
    "S2 AddLayer": ("01_shopping_cart", "(add-layer)=", ["**1.3**", "dout * 1"]),
    "S3 the cart": ("01_shopping_cart", "(shopping-cart)=", ["715", "**165**", "**3.3**", "650"]),
    "S4 ReLU": ("03_activations", "(relu)=", ["[1.0, -0.5], [-2.0, 3.0]", "a switch", "**mask**"]),
    "S5 sigmoid": ("03_activations", "(sigmoid)=", ["dout * self.out * (1 - self.out)", "-10000"]),
    "S6 affine": ("04_affine", "(affine)=", ["(2,)", "(2, 3)", "outer"]),
    "S7 batches": ("04_affine", "(affine-batch)=", ["[10.0, 10.0, 10.0]", "[4.0, 5.0, 6.0]"]),
    "S7 tensors": ("04_affine", "(affine-tensor)=", ["(N, C, H, W)"]),
    "S8 scores": ("05_softmax_with_loss", "(scores)=", ["**To infer**", "**To learn**"]),
    "S8 softmax": ("05_softmax_with_loss", "(softmax)=", ["[1000.0, 1001.0, 1002.0]"]),
    "S9 the loss": (
        "05_softmax_with_loss",
        "(softmax-with-loss)=",
        ["(0.3, −0.8, 0.5)", "(0.01, −0.01, 0)", "divided by N"],
    ),
    "S10 regression": ("05_softmax_with_loss", "(identity-with-loss)=", ["{y - t}{N}"]),
    "S11 procedure": ("06_two_layer_net", "(learning-procedure)=", ["Mini-batch", "Update"]),
    "S12 the net": (
        "06_two_layer_net",
        "(two-layer-net)=",
        ["`params`", "`layers`", "`last_layer`", "`numerical_gradient(x, t)`", "`gradient(x, t)`"],
    ),
    "S13 the check": (
        "07_gradient_check",
        "(gradient-check)=",
        ["784, 50, 10", "5.0e-10", "3.2e-9", "6.6e-9", "1.4e-7"],
    ),
    "S14 training": ("08_training", "(the-run)=", ["10,000 steps", "17 rows"]),
    "S15 summary": ("summary", "## The network", ["building blocks", "any number of layers"]),
    "S16 local computation": ("01_shopping_cart", "(local-computation)=", ["upstream gradient"]),
    "S16 the product of 10 and 5": ("01_shopping_cart", "(mul-layer)=", ["**6.5**", "**13**"]),
    "S16 the square of a sum": ("02_chain_rule", "## The question", ["$(x + y)^2$"]),
    "S16 differences": ("07_gradient_check", "(numerical-gradient)=", ["numerical gradient"]),
    "S16 cross entropy": ("05_softmax_with_loss", "(cross-entropy)=", ["logarithm of 0"]),
    "S16 MNIST": ("08_training", "### The derivation", ["load_mnist"]),
}

# The faults of the source: chapter, heading, and required text.
FAULTS = {
    1: ("01_shopping_cart", "the cell that never ran", "SyntaxError"),
    2: ("03_activations", "an upstream gradient changed in place", "dout[self.mask] = 0"),
    3: ("04_affine", "names from elsewhere", "return x @ W + b"),
    4: ("04_affine", "a star for a comma", "TypeError"),
    5: ("04_affine", "`dw` is not `dW`", "AttributeError"),
    6: ("05_softmax_with_loss", "labels where rows are expected", "ValueError"),
    7: ("03_activations", "the number that is too large", "overflow"),
    8: ("06_two_layer_net", "a minus that does not train", "the same array"),
    9: ("06_two_layer_net", "`OrderedDict`", "since Python 3.7"),
    10: ("06_two_layer_net", "a forward pass too many", "forward_passes"),
    11: ("05_softmax_with_loss", "a small constant in the logarithm", "1e-7"),
    12: ("07_gradient_check", "a right gradient that fails", "About every eighth network"),
}


def section(text: str, start: str) -> str:
    """Return a section of a page: from a label or heading to the next one of the same level."""
    assert text.count(f"\n{start}\n") == 1, start
    rest = text.split(f"\n{start}\n")[1]
    if start.startswith("("):
        hashes, rest = re.match(r"(#+) .*\n(?s:(.*))", rest).groups()  # type: ignore[union-attr]
    else:
        hashes = start.split()[0]
    code = False
    kept = []
    for line in rest.split("\n"):
        code ^= line.startswith("```")
        heading = re.match(r"(#+) ", line)
        if not code and heading and len(heading[1]) <= len(hashes):
            break
        kept.append(line)
    return "\n".join(kept)


@pytest.mark.parametrize("system", SYSTEMS)
def test_each_system_of_the_source_is_in_its_chapter(system: str) -> None:
    name, start, wanted = SYSTEMS[system]
    found = section(page(name), start)
    assert [part for part in wanted if part not in found] == []


def test_every_system_of_the_source_is_named() -> None:
    assert {int(name.split()[0][1:]) for name in SYSTEMS} == set(range(1, 17))


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_of_the_source_is_explained(fault: int) -> None:
    name, title, about = FAULTS[fault]
    headings = re.findall(r"^(#+ What .*)$", page(name), re.MULTILINE)
    (heading,) = [line for line in headings if line.endswith(f": {title}")]
    story = section(page(name), heading)
    assert about in story
    # An explanation has text and executed code.
    assert "```{code-cell}" in story
    assert len(re.sub(r"```.*?```", "", story, flags=re.DOTALL).split()) > 30


def test_section_ends_at_the_next_heading_of_its_level() -> None:
    text = (
        "# A\n\n(here)=\n## One\nfirst\n```\n## no heading\n```\n### Two\nsecond\n## Three\nthird"
    )
    assert section(text, "(here)=") == "first\n```\n## no heading\n```\n### Two\nsecond"
    assert section(text, "### Two") == "second"


def code(text: str) -> list[Any]:
    return [c for c in jupytext.reads(text, fmt="md:myst").cells if c.cell_type == "code"]


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_takes_its_mistakes_from_the_misconceptions(name: str) -> None:
    mistakes = section(page(name), "## Common mistakes")
    assert "common_mistakes(" in mistakes
    assert "class " not in "".join(cell.source for cell in code(mistakes))


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_calculates_by_hand_before_any_code(name: str) -> None:
    by_hand = section(page(name), "## By hand").split("\n### ")[0]
    table = re.findall(r"^\|.*\d.*\|$", by_hand, re.MULTILINE)
    assert len(table) >= 2
    shown = [cell for cell in code(by_hand) if "remove-cell" not in cell.metadata.get("tags", [])]
    assert all({"hide-input", "remove-input"} & set(c.metadata.get("tags", [])) for c in shown)


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_states_the_shapes(name: str) -> None:
    prose = re.sub(r"^```\{code-cell\}.*?^```$", "", page(name), flags=re.MULTILINE | re.DOTALL)
    assert re.search(r"\bshapes?\b", prose)


def test_automatic_differentiation_is_compared_with_others() -> None:
    others = section(page("10_autodiff"), "## How others do it")
    assert "**PyTorch**" in others
    assert "**JAX**" in others
    assert "except ModuleNotFoundError" in others  # the numbers, where torch is installed
