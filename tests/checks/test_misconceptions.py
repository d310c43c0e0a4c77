"""Entries of a misconception file: what they mean, and the errors for invalid ones."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import ROOT

import course_lib.misconceptions as catalogue
from course_lib.answers.gradient_check import numerical_gradient
from course_lib.checks import all_tasks
from course_lib.checks import misconceptions as loader
from course_lib.checks.misconceptions import Misconception, MisconceptionError, misconceptions_of
from course_lib.layers import MulLayer

HINT = 'name = "Wrong"\nhint = "Is it?"\n'
NUMBERS = {"dx": 4, "shape": (3,)}

Load = Callable[[str, Any], tuple[Misconception, ...]]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Return a function that reads the [[task]] entries of a file."""

    def read(text: str, reference: Any) -> tuple[Misconception, ...]:
        (tmp_path / "99_new.toml").write_text(text, encoding="utf-8")
        monkeypatch.setattr(loader, "FOLDER", tmp_path)
        return misconceptions_of("99_new", "task", reference)

    return read


def test_change_edits_the_reference(load: Load) -> None:
    (m,) = load(f'[[task]]\n{HINT}change = {{ "dout * self.y" = "dout" }}', MulLayer)
    layer = m.answer()
    assert layer.forward(2.0, 3.0) == 6.0
    assert layer.backward(5.0) == (5.0, 10.0)
    assert m.body == (
        "def backward(self, dout):\n    dx = dout\n    dy = dout * self.x\n    return (dx, dy)"
    )
    assert MulLayer().forward(2.0, 3.0) == 6.0


def test_each_edit_applies_to_the_original_code(load: Load) -> None:
    swap = '{ "dout * self.y" = "dout * self.x", "dout * self.x" = "dout * self.y" }'
    (m,) = load(f"[[task]]\n{HINT}change = {swap}", MulLayer)
    layer = m.answer()
    layer.forward(2.0, 3.0)
    assert layer.backward(5.0) == (10.0, 15.0)


def test_code_replaces_a_method_and_keeps_the_others(load: Load) -> None:
    code = "def backward(self, dout):\n    return np.trunc(dout), super().backward(dout)[1]"
    (m,) = load(f"[[task]]\n{HINT}code = '''\n{code}\n'''", MulLayer)
    layer = m.answer()
    layer.forward(2.0, 3.0)
    assert layer.backward(5.5) == (5.0, 11.0)
    assert m.body == code


def test_a_function_can_be_edited_or_replaced(load: Load) -> None:
    x = np.array([3.0])
    for entry, slope in (
        ('change = { "/ (2 * h)" = "/ h" }', 12.0),
        ("code = 'def numerical_gradient(f, x, h=1e-5): return x * 0 + 1'", 1.0),
    ):
        (m,) = load(f"[[task]]\n{HINT}{entry}", numerical_gradient)
        assert m.answer(lambda x: float(x[0] ** 2), x) == pytest.approx([slope])
        assert m.body.startswith("def numerical_gradient(f, x")
        loader._read.cache_clear()


def test_answers_replace_the_numbers_they_name(load: Load) -> None:
    (m,) = load(f"[[task]]\n{HINT}answers = {{ shape = [3, 1] }}", NUMBERS)
    assert m.answers == {"shape": (3, 1)}
    assert m.body == "shape = (3, 1)"
    namespace: dict[str, Any] = {}
    exec(m.source('def task():\n    return {"dx": 4, "shape": (3,)}'), namespace)
    assert namespace["task"]() == {"dx": 4, "shape": (3, 1)}


def test_submitted_source_contains_no_name_of_the_misconception(load: Load) -> None:
    (m,) = load(f'[[task]]\n{HINT}change = {{ "dout * self.y" = "dout" }}', MulLayer)
    source = m.source("class MulLayer:\n    def forward(self, x, y):\n        return 0")
    namespace: dict[str, Any] = {}
    exec(source, namespace)
    assert namespace["MulLayer"]().forward(2, 3) == 0
    assert "Wrong" not in source
    assert ": Any" not in source


def test_lines_of_a_hint_are_joined_with_spaces(load: Load) -> None:
    (m,) = load('[[task]]\nname = "W"\nhint = """One\n  line?"""\nanswers = { dx = 1 }', NUMBERS)
    assert m.hint == "One line?"


def test_an_assignment_without_a_file_has_no_misconceptions() -> None:
    assert misconceptions_of("", "relu", MulLayer) == ()


CHANGE = f'[[task]]\n{HINT}change = {{ "dout * self.y" = "dout" }}'


@pytest.mark.parametrize(
    ("reference", "text", "words"),
    [
        (MulLayer, CHANGE.replace("self.y", "self.z"), "'dout * self.z' must occur once"),
        (MulLayer, CHANGE.replace("dout * self.y", "self"), "occurs 6 times"),
        (MulLayer, CHANGE.replace("dout * self.y", "upstream"), "occurs 0 times"),  # docstring
        (MulLayer, CHANGE[:-2] + ', "self.y\\n        dy" = "dy" }', "two of its edits overlap"),
        (MulLayer, CHANGE.replace('= "dout"', '= "dout *"'), "invalid Python in line"),
        (
            MulLayer,
            CHANGE.replace('= "dout"', '= "dout * self.y"'),
            "it defines no method or attribute of Mul",
        ),
        (MulLayer, CHANGE.replace('"Is it?"', '" "'), "hint is missing or empty"),
        (MulLayer, CHANGE.replace("hint", "hin"), "hint is missing or empty"),
        (MulLayer, CHANGE.replace("name", "called"), "number 1: name is missing or empty"),
        (MulLayer, CHANGE.replace("Wrong", "So wrong"), "the name must be one word"),
        (MulLayer, f'{CHANGE}\nwhy = "?"', "unknown key why"),
        (MulLayer, f"[[task]]\n{HINT}", "expected one of change, code and answers, got none"),
        (MulLayer, f'{CHANGE}\ncode = "x = 1"', "got change and code"),
        (MulLayer, f"{CHANGE}\nanswers = {{ dx = 1 }}", "got change and answers"),
        (MulLayer, f"{CHANGE}\n\n{CHANGE}", "a name that occurs twice"),
        (MulLayer, CHANGE.replace("change", "code"), "code is empty, or not a str"),
        (MulLayer, f"[[task]]\n{HINT}answers = {{ dx = 1 }}", "only tasks that ask"),
        (MulLayer, f"[[task]]\n{HINT}code = 'def f(:'", "invalid Python in line 1"),
        (
            MulLayer,
            f"[[task]]\n{HINT}code = 'print(1)'",
            "it defines no method or attribute of MulLayer",
        ),
        (MulLayer, f"[[task]]\n{HINT}code = 'x = nowhere'", "the code stops with NameError"),
        (numerical_gradient, f"[[task]]\n{HINT}code = 'def g(): pass'", "the function numerical_g"),
        (NUMBERS, CHANGE, "only tasks that ask for numbers"),
        (NUMBERS, f"[[task]]\n{HINT}answers = {{ dy = 1 }}", "asks for no number dy"),
        (NUMBERS, f"[[task]]\n{HINT}answers = {{ shape = [3] }}", "is the right number for shape"),
    ],
)
def test_error_names_the_invalid_entry(load: Load, reference: Any, text: str, words: str) -> None:
    with pytest.raises(MisconceptionError, match=re.escape(words)) as raised:
        _ = [m.answer for m in load(text, reference)]
    assert str(raised.value).startswith("99_new.toml, [[task]] ")
    assert "Wrong" in str(raised.value) or "name" in words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[task]\n", "99_new.toml is not valid TOML: .*line 1"),
        (f"[task]\n{HINT}", r"99_new.toml: write \[\[task\]\] with two brackets"),
        ("task = 3\n", r"99_new.toml: write \[\[task\]\] with two brackets"),
    ],
)
def test_error_names_the_invalid_file(load: Load, text: str, words: str) -> None:
    with pytest.raises(MisconceptionError, match=words):
        load(text, MulLayer)


@pytest.mark.parametrize(
    ("slug", "words"),
    [
        (
            "01_shopping_cart",
            r"01_shopping_cart.toml, \[\[relo\]\] Wrong: unknown task; .*mul_layer",
        ),
        ("99_new", r"99_new.toml, \[\[relo\]\] Wrong: unknown task; those of 99_new are none"),
    ],
)
def test_error_names_the_unknown_task(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, slug: str, words: str
) -> None:
    (tmp_path / f"{slug}.toml").write_text(CHANGE.replace("task", "relo"), encoding="utf-8")
    for module in (loader, catalogue):
        monkeypatch.setattr(module, "FOLDER", tmp_path)
    with pytest.raises(MisconceptionError, match=words):
        catalogue.all_misconceptions.__wrapped__()


# --- the course's own -------------------------------------------------------------------------


def test_every_entry_of_the_course_is_valid() -> None:
    for task in all_tasks():
        assert task.misconceptions
        for m in task.misconceptions:
            assert m.body
            assert m.answers or callable(m.answer)


def test_common_mistakes_shows_the_named_misconceptions() -> None:
    shown = catalogue.common_mistakes("relu", "SwitchInverted", "MaskFromUpstream")
    assert [m.name for m in shown.mistakes] == ["MaskFromUpstream", "SwitchInverted"]
    assert "def backward(self, dout):" in shown._repr_html_()
    for names in (("relo",), ("relu", "Nobody")):
        with pytest.raises(ValueError, match=r"no misconception .*tasks .*relu"):
            catalogue.common_mistakes(*names)


def test_a_file_is_read_when_its_misconceptions_are_first_used() -> None:
    code = (
        "from course_lib.checks import activations, misconceptions\n"
        "assert misconceptions._read.cache_info().currsize == 0\n"
        "first, *others = activations.relu.misconceptions\n"
        "assert misconceptions._read.cache_info().currsize == 1\n"
        "first.answer\n"
        "assert all('answer' not in vars(m) for m in others)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)
