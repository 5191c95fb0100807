"""The notebook that is kept: harmless, quick to show, and without a hidden test."""

from __future__ import annotations

import base64
import time
from pathlib import Path
from typing import Any

import pytest
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output, new_raw_cell
from nbgrader.server_extensions.formgrader import handlers

from grader.record import autograded
from grader.record.bounds import cut
from grader.results import Status
from recorded import HIDDEN, Recorded


def test_no_hidden_test_is_in_the_kept_notebook(course: Recorded) -> None:
    peeking = [
        new_output("stream", text=f"In[3] = {HIDDEN}\n"),
        new_output("display_data", {"text/plain": repr(f"x\n{HIDDEN}")}),
        new_output("error", ename="E", evalue="", traceback=["\x1b[31massert\x1b[0m" + HIDDEN[6:]]),
    ]
    extra = tuple(new_code_cell("print(In)", outputs=[output]) for output in peeking)
    course.record(course.outcome("ada", 0, outputs=(peeking[0],), extra=extra))
    text = course.kept_path("ada").read_text()
    assert "-42" not in text and "negative" not in text
    assert text.count("left out") == 4
    assert "assert double(2) == 4" in text


def test_kept_test_cells_say_what_became_of_them_in_our_words(course: Recorded) -> None:
    course.record(course.outcome("ada", 0, 1.5))
    cells = {
        c.metadata.nbgrader.grade_id: c
        for c in course.kept("ada").cells
        if "nbgrader" in c.metadata
    }
    failed, partial = cells["double-basic"].outputs, cells["double-text"].outputs
    assert failed[0].traceback == ["Failed: 0 of 2 points.\ndouble(2) must be 4"]
    assert partial[0].text.startswith("Partial: 1.5 of 3 points.")
    assert cells["double-basic"].metadata.nbgrader.points == 2


def formgrader_page(path: Path) -> str:
    """The page on which a person grades, as nbgrader makes it, without its own head."""
    exporter = HTMLExporter(
        template_name="formgrade", extra_template_basedirs=[handlers.template_path]
    )
    page, _ = exporter.from_filename(
        str(path), resources={"index": 0, "total": 1, "base_url": "", "submission_id": "1"}
    )
    return str(page).split("<body>")[1]


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "a <svg onload=alert(1)> b",
    "<b onclick=alert(1)>x</b>",
    "`<b>` then <iframe src=x>",
    "$\\href{javascript:alert(1)}{x}$",
    "```\ncode\n```\n<style>*{display:none}</style>",
    "<p\nonmouseover=alert(1)>",
    "<!-- <b> --><script>1</script>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_markdown_is_kept_as_text(course: Recorded, text: str) -> None:
    extra = (new_markdown_cell(text), new_raw_cell(text))
    course.record(course.outcome("ada", answer=text, extra=extra))
    assert text not in formgrader_page(course.kept_path("ada"))
    cells = course.kept("ada").cells
    for cell in (cells[4], cells[5], cells[6]):
        assert cell.cell_type == "markdown"
        assert cell.source.startswith("```") and text in cell.source


@pytest.mark.parametrize(
    "text",
    [
        "a < b and $x<y$",
        "<b>bold</b><br/>",
        "`<script>` in code",
        "```\n<svg>\n```",
        "x**2**",
        "![p](data:image/png;base64," + "iVBORw0KGgo" * 9_000 + "=)",
        "[site](https://example.org) and [above](#top)",
    ],
)
def test_harmless_markdown_stays_markdown(course: Recorded, text: str) -> None:
    course.record(course.outcome("ada", answer=text))
    assert course.kept("ada").cells[4].source == text


@pytest.mark.parametrize(
    "text",
    [
        "![p](attachment:gone.png)",
        "[x](data:text/html;base64,eA==)",
        "[x](file:///etc/passwd)",
        "![p](https://example.org/seen.png)",
    ],
)
def test_markdown_that_fetches_or_leads_astray_is_shown_as_text(
    course: Recorded, text: str
) -> None:
    course.record(course.outcome("ada", answer=text))
    assert course.kept("ada").cells[4].source.startswith("```")
    formgrader_page(course.kept_path("ada"))  # there is one


SLOW = {
    "brackets": "\\\\[" * 10_000,
    "parentheses": "\\\\(" * 10_000,
    "environments": "\\begin{a}" * 5_000,
    "a formula that covers the page": "$\\bbox[position:fixed]{x}$",
    "a formula in entities": "&dollar;&bsol;bbox[position&colon;fixed]{x}&#36;",
    "a link in entities": "&#36;&#92;href{javascript&#58;alert(1)}{x}&#36;",
    "links": "[" * 200_000,
    "lists": "- " * 100_000,
    "code of a line": "```python\n'" + "\\N{" * 6_000 + "\n```",
    "code of another language": "```perl\nx\n```",
    "diagram": "```mermaid\ngraph TD\n```",
}


@pytest.mark.parametrize("text", SLOW.values(), ids=SLOW)
def test_markdown_that_takes_long_is_shown_as_text(course: Recorded, text: str) -> None:
    begin = time.process_time()
    course.record(course.outcome("ada", answer=text))
    kept = course.kept("ada").cells[4].source
    assert kept == autograded.as_written(cut(text))
    assert autograded.written(kept) == cut(text)
    assert cut(text).replace("\n", "").startswith(text[:20_000].replace("\n", ""))
    assert max(map(len, kept.splitlines())) <= 2_000
    formgrader_page(course.kept_path("ada"))
    assert time.process_time() - begin < 3


def test_many_long_texts_are_shown_as_text_together(course: Recorded) -> None:
    text = "**bold** " * 2_000
    course.record(course.outcome("ada", extra=(new_markdown_cell(text),)))
    assert course.kept("ada").cells[5].source == text
    begin = time.process_time()
    course.record(course.outcome("ada", extra=tuple(new_markdown_cell(text) for _ in range(100))))
    assert course.kept("ada").cells[5].source.startswith("```")
    assert time.process_time() - begin < 3


@pytest.mark.parametrize("code", ["'" + "\\N{" * 20_000, " \n" * 40_000, "x = 1\n" * 60_000])
def test_code_whose_syntax_takes_long_is_kept_whole_and_not_marked_up(
    course: Recorded, code: str
) -> None:
    begin = time.process_time()
    course.record(course.outcome("ada", extra=(new_code_cell(code),)))
    assert course.kept("ada").cells[5].source == code
    page = formgrader_page(course.kept_path("ada"))
    assert time.process_time() - begin < 3
    assert page.count("<span") < 1_000


@pytest.mark.parametrize("count", [-1, 2**60, True, "1", None])
def test_a_count_that_no_cell_may_have_is_left_out(course: Recorded, count: Any) -> None:
    outcome = course.outcome("ada")
    outcome.notebooks["first"].cells[1]["execution_count"] = count
    assert [one.status for one in course.record(outcome).read().submissions] == [Status.GRADED]
    assert course.kept("ada").cells[1].execution_count is None


def test_outputs_keep_text_and_real_pictures_only(course: Recorded) -> None:
    png = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(60)).decode()
    data = {
        "text/plain": "text",
        "text/html": "<script>1</script>",
        "image/svg+xml": "<svg onload='1'/>",
        "image/jpeg": '"><script>1</script>',
        "application/javascript": "1",
        "image/png": png,
    }
    bad = new_output("display_data", {"image/png": base64.b64encode(b"<svg onload=1>").decode()})
    outputs = (new_output("display_data", data, metadata={"image/png": {"width": "x"}}), bad)
    course.record(course.outcome("ada", outputs=outputs))
    kept = course.kept("ada").cells[1].outputs
    assert len(kept) == 1
    assert kept[0].data == {"text/plain": "text", "image/png": png}
    assert kept[0].metadata == {}
