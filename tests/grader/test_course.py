"""The outline and the directories are read as written, and a mistake in them is named."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from grader.course import Course
from grader.errors import GraderError
from grader.outline import LateRule

ROOT = Path(__file__).resolve().parents[2]


def make(root: Path, outline: str = 'title = "T"\n', config: str = "c = get_config()\n") -> Path:
    (root / "source" / "ps1").mkdir(parents=True)
    (root / "source" / "ps1" / "one.ipynb").write_text("{}")
    (root / "course.toml").write_text(outline)
    (root / "nbgrader_config.py").write_text(config)
    return root


def test_this_course_has_ten_lessons_and_eight_homeworks_in_order() -> None:
    course = Course.load(ROOT)
    assert [row.order for row in course.lessons] == list(range(1, 11))
    assert [row.order for row in course.outline] == list(range(1, 9))
    assert "hw1_tokenizer" in [row.id for row in course.homeworks]
    assert (course.source.name, course.release.name) == ("solutions", "homework")


def test_every_topic_names_a_lesson_and_a_homework_of_the_outline() -> None:
    course = Course.load(ROOT)
    topics = tomllib.loads((ROOT / "topics.toml").read_text())["topic"]
    assert len({t["id"] for t in topics}) == len(topics)
    assert {t["lesson"] for t in topics} == {row.order for row in course.lessons}
    assert {t["homework"] for t in topics if "homework" in t} <= {r.order for r in course.outline}
    assert {t["depth"] for t in topics} <= {"lab", "section", "note"}


def test_a_folder_without_an_outline_is_an_ordinary_nbgrader_course(tmp_path: Path) -> None:
    root = make(tmp_path)
    (root / "course.toml").unlink()
    course = Course.load(root)
    assert [row.id for row in course.homeworks] == ["ps1"]
    assert not course.has_outline
    assert course.source == root / "source"
    assert course.db_url == f"sqlite:///{root}/gradebook.db"


def test_own_directory_names_are_used(tmp_path: Path) -> None:
    root = make(tmp_path, config='c = get_config()\nc.CourseDirectory.source_directory = "mine"\n')
    (root / "source").rename(root / "mine")
    assert [row.id for row in Course.load(root).homeworks] == ["ps1"]


@pytest.mark.parametrize(
    ("outline", "words"),
    [
        ("title = ", "not valid TOML"),
        ('title = "T"\n[[homework]]\nid = "ps1"\npiont = 3\n', "homework.0.piont"),
        ('title = "T"\n[[homework]]\nid = "ps1"\nlimits = { cell_s = 0 }\n', "cell_s"),
        ('title = "T"\n[[homework]]\nid = "ps1"\ndue = 2027-01-01T00:00:00\n', "time zone"),
        ('title = "T"\n' + '[[homework]]\nid = "ps1"\n' * 2, "2 rows .* 'ps1'"),
    ],
)
def test_a_mistake_in_the_outline_is_named(tmp_path: Path, outline: str, words: str) -> None:
    with pytest.raises(GraderError, match=words):
        Course.load(make(tmp_path, outline))


def test_an_unknown_homework_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(GraderError) as caught:
        Course.load(make(tmp_path)).homework("ps2")
    assert "ps1" in caught.value.remedy


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("1 / 0\n", "division"),
        ("raise SystemExit(3)\n", "SystemExit: 3"),
        ("c = get_config()\nc.CourseDirectory.source_directory = 5\n", "source_directory.* int 5"),
    ],
)
def test_a_broken_configuration_is_the_users_mistake(
    tmp_path: Path, config: str, words: str
) -> None:
    with pytest.raises(GraderError, match=words):
        Course.load(make(tmp_path, config=config))


def test_a_folder_in_the_outlines_place_is_named(tmp_path: Path) -> None:
    root = make(tmp_path)
    (root / "course.toml").unlink()
    (root / "course.toml").mkdir()
    with pytest.raises(GraderError, match=r"course\.toml cannot be read"):
        Course.load(root)


def test_a_late_day_counts_from_its_first_second_up_to_the_maximum() -> None:
    rule = LateRule(per_day=0.1, at_most=0.25)
    assert rule.penalty(80, 0) == 0
    assert rule.penalty(80, 1) == pytest.approx(8)
    assert rule.penalty(80, 86_400) == pytest.approx(8)
    assert rule.penalty(80, 86_401) == pytest.approx(16)
    assert rule.penalty(80, 10 * 86_400) == pytest.approx(20)
