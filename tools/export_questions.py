"""Write the questions of each chapter as a sheet to print and as slides for a lecture.

Usage: python tools/export_questions.py <folder>

The sheet has the answers on a page of their own; a slide shows its answer at a click or a key.
Both are single HTML files that need no network.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "book" / "_ext"))

import questions  # noqa: E402, an extension of the book

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 44rem; padding: 1rem; }}
pre {{ background: #f3f4f5; padding: 0.6rem; white-space: pre-wrap; }}
ol.question-options {{ list-style: upper-alpha; }}
{style}
</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""
SHEET = """section { break-inside: avoid; margin-bottom: 1.5rem; }
h2 { font-size: 1rem; margin-bottom: 0; }
.answers { break-before: page; }
@page { size: A4; margin: 18mm; }"""
SLIDES = """html { scroll-snap-type: y mandatory; }
body { max-width: 60rem; font-size: clamp(1rem, 2.6vw, 1.7rem); }
h1, h2 { font-size: 1em; color: #595959; }
section { min-height: 100vh; box-sizing: border-box; padding: 2rem 0; scroll-snap-align: start; }
summary { cursor: pointer; }
@media print { section { break-after: page; min-height: 0; } }"""
# Arrow keys, as on a presenter's remote, go from slide to slide; Enter opens and closes the answer.
KEYS = """<script>
const slides = [...document.querySelectorAll("section")];
// The slide that is on the screen: the last one that begins above its middle.
const at = () => slides.findLastIndex((s) => s.getBoundingClientRect().top < innerHeight / 2);
addEventListener("keydown", (event) => {
  const by = { ArrowRight: 1, PageDown: 1, ArrowLeft: -1, PageUp: -1 }[event.key];
  if (by) slides[at() + by]?.scrollIntoView();
  else if (event.key === "Enter" && event.target === document.body) {
    const answer = slides[at()]?.querySelector("details");
    if (!answer) return;
    answer.open = !answer.open;
  } else return;
  event.preventDefault();
});
</script>"""


def title_of(path: Path) -> str:
    """Return the title of the chapter that a file of questions belongs to."""
    chapter = (path.parents[1] / f"{path.stem}.md").read_text(encoding="utf-8")
    heading = next(line for line in chapter.splitlines() if line.startswith("# "))
    return f"{int(path.stem[:2])}. {heading.removeprefix('# ')}"


def sheet(path: Path) -> str:
    """Return a sheet to print, with the answers on a new page."""
    asked, answered = "", ""
    for question in questions.read(path):
        number = question.number
        asked += f"<section><h2>{number}.</h2>{questions.body(question)}</section>\n"
        answered += f"<section><h2>{number}.</h2>{questions.solution(question)}</section>\n"
    body = f'{asked}<div class="answers"><h1>Answers</h1>\n{answered}</div>'
    return PAGE.format(title=f"Questions on {title_of(path)}", style=SHEET, body=body)


def slides(path: Path) -> str:
    """Return slides, one for each question."""
    found = questions.read(path)
    body = "".join(
        f"<section><h2>Question {q.number} of {len(found)}</h2>{questions.body(q)}"
        f"<details><summary>Answer</summary>{questions.solution(q)}</details></section>\n"
        for q in found
    )
    return PAGE.format(title=f"Questions on {title_of(path)}", style=SLIDES, body=body + KEYS)


def main(target: Path) -> None:
    """Write both forms of all chapters into a folder."""
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(questions.FOLDER.glob("*.toml")):
        for kind, write in (("sheet", sheet), ("slides", slides)):
            page = target / f"{path.stem}-{kind}.html"
            page.write_text(write(path), encoding="utf-8")
            print(page)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    try:
        main(Path(sys.argv[1]))
    except questions.QuestionError as error:
        sys.exit(str(error))
