"""Feedback says what failed in the author's words, and nothing in it runs or leaks."""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output

from grader.record.autograded import as_written
from grader.report import feedback, pages
from recorded import HW, Recorded, copy_course


@pytest.fixture
def course(tmp_path: Path) -> Recorded:
    return copy_course(tmp_path / "course")


def pages_of(course: Recorded) -> dict[str, str]:
    written = feedback.write(course.course, course.homework)
    return {path.relative_to(course.root).as_posix(): path.read_text() for path in written}


def page_of(course: Recorded, student: str = "ada") -> str:
    return pages_of(course)[f"feedback/{student}/{HW}/first.html"]


class Tags(HTMLParser):
    """Every tag of a page with its attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.rawdata and self.cdata_elem is None:  # not a style sheet
            self.text += data


def assert_nothing_runs(page: str) -> None:
    parsed = Tags(page)
    names = {tag for tag, _ in parsed.tags}
    assert not names & {"script", "iframe", "object", "embed", "svg", "form", "link", "base"}
    assert sum(tag == "style" for tag, _ in parsed.tags) == 1
    for tag, attributes in parsed.tags:
        for name, value in attributes.items():
            assert not name.startswith("on") and name != "style"
            if name == "href":
                assert re.match(r"(https?:|mailto:|#)", value or ""), (tag, value)
            if name == "src":
                assert (value or "").startswith("data:image/"), (tag, value)
    policy = next(a["content"] for t, a in parsed.tags if a.get("http-equiv"))
    assert policy is not None and policy.startswith("default-src 'none'")
    assert "unsafe" not in policy


def test_a_student_reads_points_by_part_and_the_authors_words(course: Recorded) -> None:
    course.record(course.outcome("ada", 0, 1.5))
    text = Tags(page_of(course)).text
    assert "1.5 of 10 points" in re.sub(r"\s+", " ", text)
    assert "numbers are doubled" in text and "double(2) must be 4" in text
    assert "partly passed, 1.5 of 3" in text
    assert "5 points are given by a person" in text
    assert "return x + x" in text and "two times two" in text
    assert "-21" not in text and "Traceback" not in text


def test_a_graders_marks_and_comments_are_on_the_page(course: Recorded) -> None:
    course.record(course.outcome("ada"))
    course.give("ada", "why-written", manual_score=4, extra_credit=0.5)
    with course.gradebook() as book:
        comment = book.find_comment("why-written", "first", HW, "ada")
        comment.manual_comment = "Good, *but* <script>alert(1)</script>"
        book.db.commit()
    page = page_of(course)
    text = re.sub(r"\s+", " ", Tags(page).text)
    assert "9.5 of 10 points" in text and "4 of 5, graded by a person" in text
    assert "extra credit 0.5" in text and "<em>but</em>" in page
    assert "are not decided yet" not in text
    assert_nothing_runs(page)


def test_a_rejected_or_missing_notebook_has_a_page_that_says_why(course: Recorded) -> None:
    course.record(course.rejected("dan", "first.ipynb is not JSON."), course.missing("eve"))
    made = pages_of(course)
    assert "first.ipynb is not JSON." in made[f"feedback/dan/{HW}/first.html"]
    assert "was not handed in" in made[f"feedback/eve/{HW}/first.html"]


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><a xlink:href='javascript:alert(1)'>x</a></svg>",
    "[x](javascript:alert(1)) [y](JaVaScRiPt&colon;alert(1)) <a href=' javascript:alert(1)'>z</a>",
    "[d](data:text/html,<script>alert(1)</script>) ![r](http://tracker.invalid/x.png)",
    "<iframe src='https://evil.invalid'></iframe><object data=x></object>",
    "<style>body{background:url(//evil.invalid)}</style><p style='position:fixed'>x</p>",
    "</p></main><form action='//evil.invalid'><input name=password></form>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style>",
    "</pre></style></title><script>alert(1)</script>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_a_student_wrote_runs(course: Recorded, text: str) -> None:
    student = re.sub(r"[/\\]", "|", text)
    output = [
        new_output("stream", text=text),
        new_output("display_data", {"text/html": text, "text/plain": text, "image/svg+xml": text}),
        new_output("error", ename=text, evalue=text, traceback=[text]),
    ]
    extra = (new_markdown_cell(text), new_code_cell(text, outputs=output))
    course.record(course.outcome(student, 0, answer=text, code=text, message=text, extra=extra))
    page = page_of(course, student)
    assert_nothing_runs(page)
    assert text in Tags(page).text  # shown, not swallowed


@pytest.mark.parametrize("text", HOSTILE)
def test_rendered_markdown_is_harmless_by_itself(text: str) -> None:
    assert_nothing_runs(pages.page("base.html") + str(pages.rendered(text)))


@pytest.mark.parametrize("text", ["\\\\[" * 20_000, "\\begin{a}" * 9_000, "![" * 200_000])
def test_markdown_that_takes_long_is_shown_as_it_is(text: str) -> None:
    begin = time.process_time()
    assert pages.rendered(text) == f"<pre>{text}</pre>"
    assert pages.rendered(as_written(text + "<b>")) == f"<pre>{text}&lt;b&gt;</pre>"
    assert time.process_time() - begin < 1


@pytest.mark.parametrize("code", ["'" + "\\N{" * 90_000, " \n" * 90_000, "f(" * 90_000])
def test_code_that_takes_long_is_shown_plain(code: str) -> None:
    begin = time.process_time()
    assert pages.highlighted(code + "<b>", "python").unescape() == code + "<b>"
    assert time.process_time() - begin < 1
    assert "<span" in pages.highlighted("x = 1  # <b>\n" * 1_000, "python")


def test_a_page_of_much_code_is_plain_as_a_whole(course: Recorded) -> None:
    code = "x = 1\n" * 4_000
    course.record(course.outcome("ada", extra=(new_code_cell(code),)))
    assert page_of(course).count("<span") > 4_000
    course.record(course.outcome("ada", extra=tuple(new_code_cell(code) for _ in range(20))))
    begin = time.process_time()
    page = page_of(course)
    assert page.count("<span") < 4_000 and page.count(code) == 20
    assert time.process_time() - begin < 3


@pytest.mark.parametrize("language", ["perl", "mermaid", "python"])
def test_code_within_markdown_is_shown_plain(language: str) -> None:
    shown = pages.rendered(f"a\n\n```{language}\nx = '<b>'\n```\n")
    assert shown == "<p>a</p>\n<pre><code>x = '&lt;b&gt;'\n</code></pre>\n"


def test_harmless_markdown_and_pictures_are_rendered(course: Recorded) -> None:
    png = "iVBORw0KGgo="
    answer = new_markdown_cell("**bold** and [link](https://example.org) ![p](attachment:p.png)")
    answer.attachments = {"p.png": {"image/png": png}}
    plot = new_code_cell("plot()", outputs=[new_output("display_data", {"image/png": png})])
    course.record(course.outcome("ada", extra=(answer, plot)))
    page = page_of(course)
    assert "<strong>bold</strong>" in page and 'href="https://example.org"' in page
    assert page.count(f'src="data:image/png;base64,{png}"') == 2
    assert_nothing_runs(page)


def test_a_picture_that_was_not_handed_in_leaves_the_page_without_it() -> None:
    shown = pages.rendered("before ![p](attachment:gone.svg) after <b>x</b>")
    assert "before" in shown and "after" in shown and "gone" not in shown
