"""The form that every lesson has: cells, words, sections, citations, alt text, topics."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
LESSONS = sorted((ROOT / "lessons").glob("*.ipynb"))
READABLE = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
SECTIONS = ("learning objectives", "opening question", "scoreboard", "takeaways", "exercises")
LONGEST_CODE_CELL = 45
LARGE = "04"  # lesson 4 maps the whole course, and may be longer

Cell = nbformat.NotebookNode


@pytest.fixture(params=LESSONS, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    chosen: Path = request.param
    return chosen


@pytest.fixture
def cells(path: Path) -> list[Cell]:
    return list(nbformat.reads(path.read_text(encoding="utf-8"), as_version=4).cells)


def text_of(cells: list[Cell]) -> str:
    return "\n\n".join(cell.source for cell in cells if cell.cell_type == "markdown")


def code_of(cells: list[Cell]) -> list[Cell]:
    return [cell for cell in cells if cell.cell_type == "code"]


def without_code(markdown: str) -> str:
    return re.sub(r"^```.*?^```", "", markdown, flags=re.DOTALL | re.MULTILINE)


def number_of(path: Path) -> int:
    return int(path.stem[:2])


def test_there_is_a_lesson() -> None:
    assert LESSONS


def test_is_valid_nbformat_4_5_for_python3(path: Path) -> None:
    raw = json.loads(path.read_text(encoding="utf-8"))
    assert (raw["nbformat"], raw["nbformat_minor"]) == (4, 5)
    nbformat.validate(raw)
    assert raw["metadata"]["kernelspec"]["name"] == "python3"


def test_ids_are_readable_and_unique(cells: list[Cell]) -> None:
    ids = [cell.id for cell in cells]
    assert len(ids) == len(set(ids))
    unreadable = [i for i in ids if not READABLE.fullmatch(i) or re.fullmatch("[0-9a-f]{6,}", i)]
    assert not unreadable


def test_nothing_was_executed(cells: list[Cell]) -> None:
    done = [cell.id for cell in code_of(cells) if cell.outputs or cell.execution_count is not None]
    assert not done


def test_one_parameters_cell_sets_the_cpu_profile(cells: list[Cell]) -> None:
    tagged = [cell for cell in cells if "parameters" in cell.metadata.get("tags", [])]
    assert len(tagged) == 1
    assert 'profile = "cpu"' in tagged[0].source


def test_versions_and_device_are_printed(path: Path, cells: list[Cell]) -> None:
    if number_of(path) > 1:
        assert any("describe(" in cell.source for cell in code_of(cells))


def test_size_is_a_lesson_s(path: Path, cells: list[Cell]) -> None:
    most_cells, most_words = (220, 7_000) if path.stem.startswith(LARGE) else (150, 4_500)
    prose = [cell for cell in cells if not cell.source.startswith("## References")]
    words = sum(any(map(str.isalnum, w)) for w in without_code(text_of(prose)).split())
    assert 50 <= len(cells) <= most_cells
    assert 2_000 <= words <= most_words, f"{words} words"


def test_code_cells_are_short(cells: list[Cell]) -> None:
    long = [c.id for c in code_of(cells) if len(c.source.splitlines()) > LONGEST_CODE_CELL]
    assert not long


def test_nothing_of_one_machine_and_no_installation(path: Path) -> None:
    found = re.search(r"/(home|root|work|Users|tmp)/|[!%] ?pip install", path.read_text("utf-8"))
    assert found is None, found


def test_every_section_is_there(cells: list[Cell]) -> None:
    headings = re.findall(r"^#{1,3} (.*)$", without_code(text_of(cells)), re.MULTILINE)
    missing = [name for name in SECTIONS if not any(name in h.lower() for h in headings)]
    assert not missing
    assert "# Lesson" in cells[0].source


def test_every_reference_is_real_in_form_and_cited(cells: list[Cell]) -> None:
    references = [cell for cell in cells if cell.source.startswith("## References")]
    assert len(references) == 1
    listed = re.findall(r"^(\d+)\. (.*)$", references[0].source, re.MULTILINE)
    assert [int(number) for number, _ in listed] == list(range(1, len(listed) + 1))
    bare = [line for _, line in listed if not re.search(r"arXiv:\d{4}\.\d{4,5}|doi:10\.", line)]
    assert not bare
    others = without_code(text_of([cell for cell in cells if cell is not references[0]]))
    cited = {
        int(number)
        for group in re.findall(r"\[(\d+(?:, \d+)*)\]", others)
        for number in group.split(", ")
    }
    assert cited == {int(number) for number, _ in listed}


def test_exercises_fold_a_hint_and_a_solution_that_parses(cells: list[Cell]) -> None:
    exercises = "\n".join(c.source for c in cells if "<details>" in c.source)
    hints = len(re.findall("<summary>Hint</summary>", exercises))
    solutions = re.split("<summary>Solution</summary>", exercises)[1:]
    assert hints == len(solutions) >= 2
    assert exercises.count("<details>") == exercises.count("</details>") == 2 * hints
    for block in re.findall(r"^```python\n(.*?)^```", exercises, re.DOTALL | re.MULTILINE):
        ast.parse(block)


def test_alt_text_follows_every_plot(cells: list[Cell]) -> None:
    for cell, after in zip(cells, [*cells[1:], None], strict=True):
        if cell.cell_type == "code" and "plt.show()" in cell.source:
            assert after is not None and after.source.startswith("*Alt text:"), cell.id


def test_headings_cover_exactly_the_lesson_s_topics(path: Path, cells: list[Cell]) -> None:
    outline = tomllib.loads((ROOT / "topics.toml").read_text(encoding="utf-8"))
    wanted = sorted(t["id"] for t in outline["topic"] if t["lesson"] == number_of(path))
    covered = [(topic, cell) for cell in cells for topic in cell.metadata.get("covers", [])]
    assert sorted(topic for topic, _ in covered) == wanted
    for topic, cell in covered:
        assert cell.cell_type == "markdown" and cell.source.startswith("#"), topic


def test_every_code_cell_parses_and_every_import_is_used(cells: list[Cell]) -> None:
    tree = ast.parse("\n".join(cell.source for cell in code_of(cells)))
    imported = {
        (alias.asname or alias.name).split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert imported <= used, imported - used
