"""README's tables are those of course.toml."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from grader.course import Course

ROOT = Path(__file__).resolve().parents[2]


def lessons(course: Course) -> str:
    rows = ["| # | lesson | minutes |", "|---|---|---|"]
    for row in course.lessons:
        path = f"lessons/{row.id}.ipynb"
        title = f"[{row.title}]({path})" if (ROOT / path).exists() else row.title
        rows.append(f"| {row.order} | {title} | {row.minutes} |")
    return "\n".join(rows)


def homeworks(course: Course) -> str:
    rows = ["| # | homework | after lesson | points |", "|---|---|---|---|"]
    for row in course.outline:
        path = f"homework/{row.id}/{row.id}.ipynb"
        title = f"[{row.title}]({path})" if (ROOT / path).exists() else row.title
        rows.append(f"| {row.order} | {title} | {row.after_lesson} | {row.points:g} |")
    return "\n".join(rows)


@pytest.mark.parametrize("table", [lessons, homeworks])
def test_the_table_is_the_one_of_the_outline(table) -> None:  # type: ignore[no-untyped-def]
    name = table.__name__
    text = (ROOT / "README.md").read_text()
    found = re.search(f"<!-- {name} -->\n(.*?)\n?<!-- /{name} -->", text, re.DOTALL)
    assert found, f"README.md has no place for the table of {name}"
    wanted = table(Course.load(ROOT))
    assert found.group(1) == wanted, f"README.md must hold, between its marks:\n{wanted}"


def test_every_link_into_the_repository_leads_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    for page in pages:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
