"""The book: its pages, the parts of a chapter, and the code and numbers that chapters show."""

from __future__ import annotations

import ast
import contextlib
import importlib
import inspect
import io
import re
import textwrap
from pathlib import Path
from typing import Any

import jupytext
import pytest
from conftest import ROOT, toc_pages

from course_lib import layers

BOOK = ROOT / "book"
CHAPTERS = sorted(path.stem for path in BOOK.glob("[0-9][0-9]_*.md"))

# The parts of every chapter in order. In a chapter with several layers, each layer has its own
# derivation and code, one level down.
PARTS = [
    "The question",
    "By hand",
    "The derivation",
    "The code",
    "Gradient check",
    "Common mistakes",
    "Summary",
    "Check yourself",
    "Exercise",
]


def page(name: str) -> str:
    return (BOOK / f"{name}.md").read_text(encoding="utf-8")


def code_cells(text: str) -> list[Any]:
    return [c for c in jupytext.reads(text, fmt="md:myst").cells if c.cell_type == "code"]


def prose(text: str) -> str:
    """Return the text outside of code cells, where a `#` begins a heading and not a comment."""
    return re.sub(r"^```\{code-cell\}.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


# --- pages and their order --------------------------------------------------------------------


def test_the_table_of_contents_lists_every_page_and_nothing_else() -> None:
    pages = [p.relative_to(BOOK).with_suffix("").as_posix() for p in BOOK.rglob("*.md")]
    pages += [f"exercises/{path.stem}" for path in ROOT.glob("solutions/*.md")]
    assert sorted(toc_pages()) == sorted(pages)


def test_chapters_are_in_the_order_of_their_numbers() -> None:
    assert [name for name in toc_pages() if name in CHAPTERS] == CHAPTERS
    assert "01_shopping_cart" in CHAPTERS
    assert "03_activations" in CHAPTERS


def test_instructors_pages_list_threats_and_limits() -> None:
    assert "](grading)" in page("instructors/index")
    threats = page("instructors/grading").partition("(threat-model)=")[2]
    assert "What this defends" in threats
    assert "--no-sandbox" in threats.partition("What this does not defend")[2]


# --- a chapter's parts ------------------------------------------------------------------------


def missing_parts(text: str) -> list[str]:
    """Return the headings that are missing or out of order (the order of first appearance)."""
    titles = re.findall(r"^##+ (.*)$", prose(text), re.MULTILINE)
    at = [titles.index(part) if part in titles else -1 for part in PARTS]
    return [
        part
        for i, part in enumerate(PARTS)
        if at[i] < 0 or any(at[i] < earlier for earlier in at[:i])
    ]


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_has_its_parts_in_order(name: str) -> None:
    assert missing_parts(page(name)) == []


def test_a_missing_or_misplaced_part_is_detected() -> None:
    whole = "\n".join(f"## {part}" for part in PARTS)
    assert missing_parts(whole) == []
    assert missing_parts(whole.replace("## The code", "### The code")) == []
    assert missing_parts(whole.replace("## Summary\n", "")) == ["Summary"]
    comment = "```{code-cell} python\n## Summary\n```"
    assert missing_parts(whole.replace("## Summary", comment)) == ["Summary"]
    early = "## Exercise\n" + whole.replace("## Exercise", "")
    assert missing_parts(early) == ["Exercise"]


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_has_a_graph_a_gradient_check_and_links(name: str) -> None:
    text = page(name)
    source = "\n".join(cell.source for cell in code_cells(text))
    assert "numerical_gradient(" in source
    # The marker is replaced by a cell when the chapter has an exercise.
    assert "common_mistakes(" in source or "\n% common_mistakes: " in text
    assert f"{{nb-download}}`{name}-chapter.ipynb <{name}.ipynb>`" in text


@pytest.mark.parametrize("slug", sorted(path.stem for path in ROOT.glob("solutions/*.md")))
def test_a_chapter_links_its_exercise(slug: str) -> None:
    assert f"{{download}}`the exercise <../exercises/{slug}/{slug}.ipynb>`" in page(slug)


@pytest.mark.parametrize("name", [*CHAPTERS, "index"])
def test_code_of_drawings_is_hidden(name: str) -> None:
    drawings = [cell for cell in code_cells(page(name)) if "g.apply(" in cell.source]
    assert drawings
    for cell in drawings:
        assert {"hide-input", "remove-input"} & set(cell.metadata.get("tags", []))


@pytest.mark.parametrize("name", [*CHAPTERS, "index"])
def test_a_chapter_is_a_text_notebook_without_outputs(name: str) -> None:
    notebook = jupytext.reads(page(name), fmt="md:myst")
    assert notebook.metadata["kernelspec"]["name"] == "python3"
    for cell in code_cells(page(name)):
        assert cell.outputs == []
        assert cell.execution_count is None


def test_the_book_folder_contains_no_notebook() -> None:
    made = BOOK / "exercises"
    assert [p for p in BOOK.rglob("*.ipynb") if p.parent != made] == []


# --- labels -----------------------------------------------------------------------------------


def labels(name: str) -> set[str]:
    """Return the labels of a page that are right above a heading."""
    return set(re.findall(r"^\(([\w-]+)\)=\n#+ ", page(name), re.MULTILINE))


def test_sections_named_by_checks_exist() -> None:
    sources = (ROOT / "course_lib" / "checks").glob("*.py")
    pointers = {
        pointer
        for source in sources
        for pointer in re.findall(r'read="([^"]+)"', source.read_text(encoding="utf-8"))
    }
    assert pointers
    for pointer in pointers:
        chapter, label = pointer.split("#")
        assert label in labels(chapter), f"{pointer} points to no heading"


def test_promised_labels_exist() -> None:
    assert labels("01_shopping_cart") >= {
        "local-computation",
        "mul-layer",
        "add-layer",
        "shopping-cart",
    }
    assert labels("02_chain_rule") >= {"square-layer", "exp-layer", "log-layer", "chain", "fork"}
    assert labels("03_activations") >= {"relu", "sigmoid", "tanh"}
    assert labels("04_affine") >= {"affine", "affine-batch", "affine-tensor", "why-db-sums"}
    assert labels("09_deeper") >= {
        "batch-norm",
        "building-blocks",
        "dropout",
        "vanishing",
        "weight-decay",
    }
    assert labels("10_autodiff") >= {"reverse-mode", "engine", "broadcasting"}


# --- the layers shown are the layers of the library --------------------------------------------


def shown_classes(text: str) -> dict[str, ast.ClassDef]:
    """Return the classes of a page that have the name of a layer."""
    trees = [ast.parse(cell.source) for cell in code_cells(text)]
    classes = [node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)]
    return {node.name: node for node in classes if node.name in layers.__all__}


def plain_methods(tree: ast.ClassDef) -> dict[str, str]:
    """Return arguments and body of each method, without docstring and annotations.

    Of `__init__`, the arguments count and the attributes that it sets: the library also checks
    them, which a page need not show.
    """
    methods = {}
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef):
            continue
        node.returns = None
        for argument in ast.walk(node.args):
            if isinstance(argument, ast.arg):
                argument.annotation = None
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:]
        if node.name == "__init__":
            methods[node.name] = f"{ast.dump(node.args)} sets {sorted(attributes_set(node))}"
        else:
            methods[node.name] = ast.dump(node)
    return methods


def attributes_set(method: ast.FunctionDef) -> set[str]:
    """Return the names of the attributes that are set to a value other than None."""
    names = set()
    for line in ast.walk(method):
        if not isinstance(line, ast.Assign | ast.AnnAssign) or line.value is None:
            continue
        targets = line.targets if isinstance(line, ast.Assign) else [line.target]
        if ast.unparse(line.value) != "None":
            names |= {target.attr for target in targets if isinstance(target, ast.Attribute)}
    return names


def library_class(name: str) -> ast.ClassDef:
    source = textwrap.dedent(inspect.getsource(getattr(layers, name)))
    tree = ast.parse(source).body[0]
    assert isinstance(tree, ast.ClassDef)
    return tree


@pytest.mark.parametrize("name", CHAPTERS)
def test_layers_shown_have_the_code_of_the_library(name: str) -> None:
    for layer, tree in shown_classes(page(name)).items():
        assert tree.bases == []
        shown, held = plain_methods(tree), plain_methods(library_class(layer))
        # Methods that only the library needs, such as `__repr__`, need not be shown.
        assert shown.keys() >= {"forward", "backward"}
        assert shown == {method: held.get(method) for method in shown}, layer


def test_each_chapter_shows_its_layers() -> None:
    assert set(shown_classes(page("01_shopping_cart"))) == {"MulLayer", "AddLayer"}
    assert set(shown_classes(page("02_chain_rule"))) == {"SquareLayer", "ExpLayer", "LogLayer"}
    assert set(shown_classes(page("03_activations"))) == {"Relu", "Sigmoid", "Tanh"}
    assert set(shown_classes(page("04_affine"))) == {"Affine"}
    assert set(shown_classes(page("09_deeper"))) == {"BatchNorm", "Dropout"}


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("dout * self.y", "dout * self.x"), ("self.y = y\n", "\n"), ("(self, x, y)", "(self, y, x)")],
)
def test_a_difference_in_a_shown_layer_is_detected(right: str, wrong: str) -> None:
    text = page("01_shopping_cart")
    assert right in text
    changed = shown_classes(text.replace(right, wrong))["MulLayer"]
    assert plain_methods(changed) != plain_methods(library_class("MulLayer"))


def test_attributes_and_arguments_of_a_layer_are_compared() -> None:
    text = page("09_deeper")
    library = plain_methods(library_class("BatchNorm"))
    for right, wrong in [
        ("        self.eps = eps\n", ""),
        ("momentum=0.9", "momentum=0.5"),
        ("dx_hat = dout * self.gamma", "dx_hat = dout"),
    ]:
        assert text.count(right) == 1
        changed = plain_methods(shown_classes(text.replace(right, wrong))["BatchNorm"])
        assert any(changed[method] != library[method] for method in changed)


def test_annotations_and_docstrings_are_ignored() -> None:
    bare = "class A:\n def f(self, x):\n  return x"
    full = 'class A(B):\n "Doc."\n def f(self, x: int) -> int:\n  "Doc."\n  return x'
    trees = [ast.parse(source).body[0] for source in (bare, full)]
    first, second = (plain_methods(tree) for tree in trees)  # type: ignore[arg-type]
    assert first == second


# --- the numbers --------------------------------------------------------------------------------


def run(text: str) -> tuple[dict[str, Any], str]:
    """Run a chapter's cells in order, and return its names and what it printed."""
    names: dict[str, Any] = {}
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        for cell in code_cells(text):
            exec(compile(cell.source, "cell", "exec"), names)
    return names, printed.getvalue()


@pytest.fixture(autouse=True)
def _draw_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MPLBACKEND", "agg")


def test_the_shopping_cart_prints_the_promised_numbers() -> None:
    names, printed = run(page("01_shopping_cart"))
    two_apples, whole_cart = printed.split("all_price: 650\n")
    assert "out: 50\ndx, dy: (6.5, 13.0)\n" in two_apples
    assert (
        "price: 220.00000000000003\ndapple: 2.2\ndapple_num: 110.00000000000001\ndtax: 200\n"
        in two_apples
    )
    assert "out: 15\ndx, dy: (1.3, 1.3)\n" in two_apples
    assert whole_cart.startswith("price: 715.0000000000001\ndall_price: 1.1\n")
    gradients = [names[f"d{name}"] for name in names["names"]]
    assert gradients == pytest.approx([2.2, 110, 3.3, 165, 650], rel=1e-12)
    assert "SyntaxError, line 2: invalid syntax" in printed
    assert printed.count("agrees: True") == 2
    assert "False" not in printed


def test_the_chain_rule_prints_the_promised_numbers() -> None:
    _, printed = run(page("02_chain_rule"))
    assert "out: 25.0\nds: 10.0\ndx, dy: 10.0 10.0\n" in printed
    # exp(log((2 + 1)**2) / 2) is 2 + 1, so its slope is 1; 2**10 paths lead through ten sums.
    chain = printed[printed.index("out: 3.0\n") :]
    returned = re.findall(r"returns (\d\.\d+)\n", chain)
    assert returned == ["3.0000", "1.5000", "0.1667", "1.0000", "1.0000"]
    assert "gradient: 1024.0\n" in printed
    assert "apples first: 3.3\noranges first: 2.2\npass 1: 5.5\npass 2: 11.0\n" in printed
    assert printed.count("agrees: True") == 5
    assert printed.endswith("dx of one path agrees: False\n")


def test_the_activations_print_the_promised_numbers() -> None:
    _, printed = run(page("03_activations"))
    assert "out:\n[[1. 0.]\n [0. 3.]]\nmask:\n[[False  True]\n [ True False]]\n" in printed
    assert "dx:\n[[10.  0.]\n [ 0. 40.]]\n" in printed
    # The layer that writes in place changes the gradient of the other branch.
    assert "db:\n[[10.  0.]\n [ 0. 40.]]\n" in printed
    assert "exp(10000): [inf]\nout: [0.]\n[0.  0.5 1. ]\n" in printed
    assert "folded: [ 0.104994  0.5       0.196612 -0.045177]\n" in printed
    assert printed.count("equal to rounding: True") == 2
    assert "out: [-1.        0.        0.462117  1.      ]\n" in printed
    assert printed.count("agrees: True") == 3
    assert "backward: [0.]\ncentral difference: [0.5]\n" in printed


def test_deeper_networks_print_the_promised_numbers() -> None:
    names, printed = run(page("09_deeper"))
    assert "dx: (8, 4)\n" in printed
    # The length of dW in the first layer, over that in the last.
    share = {name: values[0] / values[-1] for name, values in names["lengths"].items()}
    assert share["sigmoid, weights 0.01"] < 1e-10
    assert share["sigmoid, weights √(1/D)"] < 1e-4
    assert 0.1 < share["ReLU, weights √(2/D)"] < 10
    assert max(names["lengths"]["ReLU, weights 0.01"]) < 1e-8
    # sqrt(1.5) * (1, -2, 1) / 6, and the result if the mean is taken as a constant.
    assert "backward:           [ 0.2041 -0.4082  0.2041]\n" in printed
    assert "central difference: [ 0.2041 -0.4082  0.2041]\n" in printed
    assert "mean as a constant: [1.2247 0.     0.    ]\n" in printed
    plain, normed = map(float, re.findall(r"relu(?:_only)?: accuracy (\S+)\n", printed))
    assert plain < 0.2
    assert normed > 0.95
    assert "out: [ 4.  0. 12.]\ndx: [20.  0. 60.]\n" in printed
    assert "mean of 100,000 rows: [2. 4. 6.]\ntest: [2. 4. 6.]\n" in printed
    repeated = [float(share) for share in re.findall(r"repeats (\S+) of", printed)]
    read = [float(share) for share in re.findall(r"reads (\S+) of", printed)]
    assert repeated[0] > 0.9
    assert max(repeated[1:]) < 0.5
    assert min(read[1:]) > read[0] + 0.03
    assert printed.count("agrees: True") == 7
    assert "agrees: False" not in printed


def test_automatic_differentiation_prints_the_promised_numbers() -> None:
    _, printed = run(page("10_autodiff"))
    assert "L: 225  dx: 150  dy: 90\nprice: 715.0000000000001\n" in printed
    assert "gradients: [2.2, 110.00000000000001, 3.3000000000000003, 165.0, 650]\n" in printed
    assert "out: 6561  dx: 17496\n" in printed
    assert "15 doublings: dx 32768, 65535 calls\n" in printed
    assert "db: [5. 7. 9.]\n" in printed
    assert printed.count("equal to rounding: True") in (4, 8)  # 8 where PyTorch is installed
    assert "dw: [6.] but the slope" in printed
    assert "value: 50.0  upstream 1.3 becomes: 6.5 13.0\n" in printed
    assert "(3, 4): 150.0 90.0\n" in printed
    assert printed.count("agrees: True") == 3
    assert "False" not in printed


def test_shown_unbroadcasting_equals_that_of_the_library() -> None:
    from course_lib import autodiff

    trees = [ast.parse(cell.source) for cell in code_cells(page("10_autodiff"))]
    functions = [node for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)]
    (shown,) = [node for node in functions if node.name == "sum_to_shape"]
    held = ast.parse(inspect.getsource(autodiff.sum_to_shape)).body[0]
    assert isinstance(held, ast.FunctionDef)
    # The first statement of the library's is its docstring.
    assert [ast.dump(line) for line in shown.body] == [ast.dump(line) for line in held.body[1:]]


def test_the_affine_layer_prints_the_promised_numbers() -> None:
    _, printed = run(page("04_affine"))
    by_hand = "dx: [201. 129.]\ndW:\n[[  2.  20. 200.]\n [  1.  10. 100.]]\ndb: [  1.  10. 100.]\n"
    assert printed.startswith(by_hand)
    assert f"out: [2. 5. 8.]\n{by_hand}" in printed
    assert "[[ 1.  2.  3.]\n [11. 12. 13.]]\ndb: [5. 7. 9.]\n" in printed
    assert "out: (2, 4)  dx: (2, 3, 2, 2)\ndW: (12, 4)  db: [2. 2. 2. 2.]\n" in printed
    # The layer that reads global names: ten times the weights change nothing.
    assert "W, b:   [2. 5. 8.]\n10W, b: [2. 5. 8.]\nTypeError: " in printed
    assert "x.T * dout:\n[[1. 0.]\n [0. 4.]]\nx.T @ dout:\n[[1. 3.]\n [2. 4.]]\n" in printed
    assert "dw:\n[[2. 2. 2.]\n [2. 2. 2.]]\ndW: None\n" in printed
    assert printed.count("agrees: True") == 6
    assert "agrees: False" not in printed
    assert printed.endswith("W.T: (4, 3), right: True\ndout @ W: (4, 3), right: False\n")
    # One outer product for each of two samples, and their sum.
    assert "sample 2:\n[[ 4.  5.  6.]\n [-4. -5. -6.]]\n" in printed
    assert "dW:\n[[ 6.  9. 12.]\n [-3. -3. -3.]]\n" in printed


# --- the execution cache ------------------------------------------------------------------------


def test_the_affine_map_is_drawn_with_the_numbers_of_its_table() -> None:
    text = page("04_affine")
    rows = re.findall(r"^\| (\(.*?\)) \| (\(.*?\)) \| (\(.*?\)) \|$", text, re.MULTILINE)
    points = [[ast.literal_eval(cell.replace("−", "-")) for cell in row] for row in rows]
    assert [corner for corner, _, _ in points] == [(0, 0), (1, 0), (1, 1), (0, 1)]
    for (u, v), product, moved in points:
        assert product == (2 * u - v, u + v)
        assert moved == (product[0] + 3, product[1] + 1)
    # Its area, by the shoelace formula.
    ends = [product for _, product, _ in points]
    crosses = [a * d - b * c for (a, b), (c, d) in zip(ends, ends[1:] + ends[:1], strict=True)]
    assert sum(crosses) / 2 == 3
    assert "= 3, and every other area" in text


def test_library_hash_changes_with_the_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(BOOK / "_ext"))
    library_hash = importlib.import_module("library_cache").library_hash

    (tmp_path / "layers").mkdir()
    relu = tmp_path / "layers" / "relu.py"
    relu.write_text("x <= 0\n")
    before = library_hash(tmp_path)
    assert library_hash(tmp_path) == before
    relu.write_text("x < 0\n")
    changed = library_hash(tmp_path)
    relu.rename(tmp_path / "layers" / "tanh.py")
    renamed = library_hash(tmp_path)
    (tmp_path / "player.js").write_text("step()\n")
    scripted = library_hash(tmp_path)
    (tmp_path / "style.css").write_text("svg { color: red }\n")
    assert len({before, changed, renamed, scripted, library_hash(tmp_path)}) == 5
