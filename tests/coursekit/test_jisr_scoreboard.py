"""The scoreboard: lessons add rows, a lesson run again replaces its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from coursekit.jisr import Row, Scoreboard, ScoreboardError, draw_scoreboard, to_markdown

XZ = Row("xz", 1, 3.5, 2.4)
JISR = Row("Jisr, bytes", 6, 3.6, 2.6, 0.02, 0.04, 2, 7.3, 150.0, 12.0)


def test_rows_of_other_lessons_and_profiles_stay(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "scoreboard.json"
    Scoreboard(path).put(1, "cpu", [XZ])
    Scoreboard(path).put(6, "cpu", [JISR, JISR])
    Scoreboard(path).put(6, "gpu", [JISR])
    board = Scoreboard(path)
    board.put(6, "cpu", [JISR])
    assert [(row.lesson, row.profile) for row in Scoreboard(path).rows] == [
        (1, "cpu"),
        (6, "cpu"),
        (6, "gpu"),
    ]
    assert board.rows == Scoreboard(path).rows
    assert board.rows[1] == JISR
    assert [file.name for file in path.parent.iterdir()] == ["scoreboard.json"]


def test_the_environment_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSEKIT_SCOREBOARD", str(tmp_path / "mine.json"))
    Scoreboard().put(1, "cpu", [XZ])
    assert (tmp_path / "mine.json").exists()


@pytest.mark.parametrize("text", ["", "[]", '{"rows": [{"name": "x"}]}', '{"rows": [3]}'])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "scoreboard.json"
    path.write_text(text)
    with pytest.raises(ScoreboardError, match=r"scoreboard\.json is no scoreboard"):
        Scoreboard(path)


def test_the_table_shows_half_the_spread_and_leaves_blanks() -> None:
    lines = to_markdown((JISR, XZ)).split("\n")
    assert lines[2] == "| 1 | xz | 3.500 | 2.400 |  |  |  |"
    assert lines[3] == "| 6 | Jisr, bytes | 3.600 ± 0.010 | 2.600 ± 0.020 | 7.3 | 150.0 | 12.0 |"


def test_the_figure_shows_every_row_once() -> None:
    figure = draw_scoreboard((XZ, JISR))
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["Jisr, bytes (lesson 6)", "xz (lesson 1)"]
