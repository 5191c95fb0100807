"""The instructor's report counts right, warns, links to what exists, and runs nothing."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

from grader.report import feedback, instructor, statistics
from grader.results import AssignmentResults
from recorded import HW, Recorded, copy_course


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Eight submissions: five graded in full or in part, a late, a rejected and a missing one."""
    course = copy_course(tmp_path_factory.mktemp("made") / "course")
    late = course.homework.due.replace(day=12) if course.homework.due else None
    course.record(
        course.outcome("ada"),
        course.outcome("bob", 0, 3),
        course.outcome("cyd", 0, 1.5),
        course.outcome("dan", 0, 0, answer="YOUR ANSWER HERE"),
        course.outcome("<img src=x onerror=alert(1)>", 0, 0, message="<script>alert(1)</script>"),
        course.outcome("fay", submitted=late),
        course.rejected("gus", "<b>not</b> JSON"),
        course.missing("hal"),
    )
    course.give("ada", "why-written", manual_score=5)
    feedback.write(course.course, course.homework)
    return course


@pytest.fixture(scope="module")
def results(course: Recorded) -> AssignmentResults:
    return course.journal().read()


@pytest.fixture(scope="module")
def page(course: Recorded) -> str:
    return instructor.write(course.course, course.homework).read_text()


def flat(page: str) -> str:
    """The page's text without tags."""
    body = page.split("</style>")[1]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body))


def test_parts_and_cells_are_counted(results: AssignmentResults) -> None:
    graded = [one for one in results.submissions if one.student != "gus"]
    double, why = statistics.by_part(graded)
    assert (double.passed, double.partial, double.failed, double.not_run) == (2, 2, 2, 1)
    assert double.points == pytest.approx((5 + 3 + 1.5 + 0 + 0 + 5 + 0) / 7)
    assert (why.passed, why.partial, why.failed, why.not_run) == (0, 0, 0, 1)  # hal's
    basic = statistics.by_cell(graded)[0]
    assert (basic.name, basic.passed, basic.failed) == ("double-basic", 2, 4)


def test_scores_are_counted_in_tenths_with_penalties_off(course: Recorded) -> None:
    submissions = course.journal().read().submissions
    late = next(one for one in submissions if one.student == "fay")
    assert statistics.final(late) == 4
    assert sum(statistics.histogram(submissions)) == 8
    assert statistics.histogram([late])[4] == 1
    full = late.model_copy(update={"score": late.max_score, "late_penalty": 0.0})
    assert statistics.histogram([full])[9] == 1


def test_the_commonest_failure_comes_first(results: AssignmentResults) -> None:
    first = statistics.failures(results.submissions)[0]
    assert (first.cell, first.count, first.points) == ("double-basic", 4, 8)


def test_untrusted_results_say_so_and_why(page: str) -> None:
    text = flat(page)
    assert "UNTRUSTED RESULTS" in text and 'class="alarm"' in page
    assert "Student code can read the hidden tests" in text
    assert "files no not so" in text and "time yes" in text


def test_trusted_results_do_not_alarm(course: Recorded, results: AssignmentResults) -> None:
    journal = course.journal()
    journal.write(results.model_copy(update={"trusted": True}))
    try:
        trusted = instructor.write(course.course, course.homework).read_text()
    finally:
        journal.write(results)
    assert "UNTRUSTED" not in trusted and 'class="alarm"' not in trusted


def test_every_submission_is_listed_with_its_final_score(page: str) -> None:
    text = flat(page)
    assert "ada graded 10 2/2" in text
    assert "fay graded 4 + ? −1 2/2" in text
    assert "dan graded 0 0/2" in text and "hal graded 0 0/3" in text
    assert "gus rejected" in text and "&lt;b&gt;not&lt;/b&gt; JSON" in page


class Tags(HTMLParser):
    """The tags of a page, with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page_runs_and_fetches_nothing(page: str) -> None:
    tags = Tags(page).tags
    assert not {tag for tag, _ in tags} & {"script", "img", "iframe", "link", "object"}
    assert not [a for _, attributes in tags for a in attributes if a.startswith("on")]
    assert not re.search(r"https?://", page)
    assert "&lt;script&gt;alert(1)" in page and "&lt;img src=x" in page


def test_links_lead_to_files_that_exist(course: Recorded, page: str) -> None:
    hrefs = [a["href"] or "" for tag, a in Tags(page).tags if tag == "a"]
    files = [href for href in hrefs if not href.startswith("#")]
    assert len(files) == 7 + 8  # the missing notebook has feedback only
    for href in files:
        assert (course.course.reports / HW / unquote(href)).is_file()


def test_the_plot_says_in_words_what_it_shows(page: str) -> None:
    assert re.search(r'<svg [^>]*role="img"[^>]*aria-labelledby="hist-title hist-desc"', page)
    described = re.search(r"<desc[^>]*>(.*?)</desc>", page)
    assert described and "90 to 100 per cent: 1." in described[1]
    assert page.count("<caption>") >= 4 and 'scope="col"' in page
