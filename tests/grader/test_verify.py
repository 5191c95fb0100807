"""verify tells good tests from bad ones, and its own files' mistakes from both."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from grader import template
from grader.course import Course
from grader.errors import GraderError
from grader.variants import alternatives, mutants
from grader.verify import Case, Kind, verify
from grader.versions import templates
from recorded import HW, copy_course

MUTANT = """
about = "Adds two instead of doubling."
cell = "double"
parts = {parts}
[[edit]]
find = "return 2 * x"
replace = "{text}"
"""
ALTERNATIVE = '''"""{about}"""

# %% double
def double(x):
    return {text}
'''


def lay_out(root: Path) -> Path:
    copy_course(root / "course")
    for kind in ("mutants", "alternatives"):
        (root / "submissions" / HW / kind).mkdir(parents=True)
    return root


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return lay_out(tmp_path)


def mutant(root: Path, name: str, text: str, parts: str = '["double"]') -> None:
    path = root / "submissions" / HW / "mutants" / f"{name}.toml"
    path.write_text(MUTANT.format(text=text, parts=parts))


def alternative(root: Path, name: str, text: str) -> None:
    path = root / "submissions" / HW / "alternatives" / f"{name}.py"
    path.write_text(ALTERNATIVE.format(about="Another way.", text=text))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Case]:
    """What verify says of mutants and alternatives of every kind."""
    root = lay_out(tmp_path_factory.mktemp("verified"))
    mutant(root, "caught", "return x + x + x")
    mutant(root, "survives", "return x + x")
    mutant(root, "disagrees", "return type('Odd', (int,), {})(2 * x)")
    mutant(root, "elsewhere", "return x + x + x", parts='["why"]')
    alternative(root, "right", "x + x")
    alternative(root, "faulted", "2.5 * x")
    course = Course.load(root / "course")
    cases = verify(course, course.homework(HW), submissions=root / "submissions", workers=2)
    return {case.name: case for case in cases}


def test_it_tells_what_is_caught_from_what_gets_through(found: dict[str, Case]) -> None:
    right = {name for name, case in found.items() if case.ok}
    assert right == {"caught", "right", "reference", "release"}
    assert found["caught"].lost == ("double",) and found["survives"].lost == ()
    assert found["reference"].points == found["reference"].max_points == 5
    assert found["release"].kind is Kind.RELEASE and found["release"].points == 0


def test_a_mutant_caught_in_another_part_than_it_names_is_no_success(
    found: dict[str, Case],
) -> None:
    assert found["elsewhere"].lost == ("double",) and not found["elsewhere"].ok


def test_where_the_two_isolations_disagree_it_is_no_success(found: dict[str, Case]) -> None:
    """A subclass of int stays one in a single kernel and is refused where values cross."""
    case = found["disagrees"]
    assert case.lost == case.expected == ("double",)  # as the mutant says
    assert not case.ok and case.disagree
    assert any("in a single kernel" in message for message in case.messages)


def test_right_answers_are_repeated_under_two_hash_seeds_and_on_one_thread_and_two(
    root: Path,
) -> None:
    wanted = "2 * x if __import__('os').environ['{}'] == '{}' else 0"
    alternative(root, "one-thread", wanted.format("OMP_NUM_THREADS", 1))
    alternative(root, "one-order", wanted.format("PYTHONHASHSEED", 0))
    course = Course.load(root / "course")
    homework = course.homework(HW)
    cases = list(verify(course, homework, submissions=root / "submissions", workers=2, seeds=4))
    tried = {name: [c for c in cases if c.name == name] for name in ("one-thread", "one-order")}
    for repeats in tried.values():
        assert {(c.hash_seed, c.threads) for c in repeats} == {(0, 1), (1, 1), (0, 2), (1, 2)}
        assert len({c.seed for c in repeats}) == 4
    assert all(c.ok == (c.threads == 1) for c in tried["one-thread"])
    assert all(c.ok == (c.hash_seed == 0) for c in tried["one-order"])


def test_mutants_of_the_experiment_are_graded_with_it_and_only_on_demand(root: Path) -> None:
    mutant(root, "caught", "return x + x + x")
    mutant(root, "survives", "return x + x")
    course = Course.load(root / "course")
    for path in course.source.rglob("*.ipynb"):
        nb = nbformat.read(path, as_version=4)
        for cell in nb.cells:
            if str(template.grade_id(cell)).startswith("double"):
                cell.metadata["tags"] = ["experiment"]
        nbformat.write(nb, path)
    given = {"submissions": root / "submissions", "workers": 2}
    pushed = {case.name: case for case in verify(course, course.homework(HW), **given)}
    assert pushed.keys() == {"reference", "release"} and all(c.ok for c in pushed.values())
    nightly = {
        case.name: case for case in verify(course, course.homework(HW), experiment=True, **given)
    }
    assert nightly.keys() == {"reference", "release", "caught", "survives"}
    assert nightly["caught"].experiment and nightly["caught"].ok and not nightly["survives"].ok


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("about = ", "Invalid"),
        (MUTANT.format(text="", parts="[]"), "parts"),
        (MUTANT.format(text="", parts='["nowhere"]'), "nowhere"),
        (MUTANT.format(text="", parts='["double"]').replace('"double"\n', '"dubble"\n'), "dubble"),
        (MUTANT.format(text="", parts='["double"]').replace("2 * x", "3 * x"), "stands 0 times"),
    ],
)
def test_a_mutant_file_that_says_nothing_is_named(root: Path, content: str, words: str) -> None:
    (root / "submissions" / HW / "mutants" / "odd.toml").write_text(content)
    course = Course.load(root / "course")
    with pytest.raises(GraderError, match=words) as caught:
        mutants(root / "submissions" / HW, templates(course, course.homework(HW)))
    assert "odd.toml" in caught.value.message


@pytest.mark.parametrize("content", ["x = 1\n", '"""Only words."""\n'])
def test_an_alternative_without_cells_or_words_is_named(root: Path, content: str) -> None:
    (root / "submissions" / HW / "alternatives" / "odd.py").write_text(content)
    with pytest.raises(GraderError, match=r"odd\.py"):
        alternatives(root / "submissions" / HW)
