"""A test cell's seed depends on the grader's key and on the cell, and on nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from coursekit.seeds import KEY_VARIABLE, PUBLIC_KEY, rng, seed
from grader.fingerprint import seed_key
from grader.grade import grade
from grader.release.make import release
from grader.sandbox.parts import Sandbox
from release_course import cell, course

# Of the HMAC's authors and of many others: HMAC-SHA256 of this text under the key "key".
TEXT = "The quick brown fox jumps over the lazy dog"
DIGEST = "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8"

DRAWS = [
    cell("### BEGIN SOLUTION\nx = 1\n### END SOLUTION", "a-solution", "solution"),
    *(
        cell(f"from coursekit.seeds import rng\nrng({name!r}).random()", name, "test", 1)
        for name in ("a-first", "a-second")
    ),
]


def test_a_cell_always_draws_the_same_numbers() -> None:
    assert [rng("encode-hidden").random() for _ in range(3)] == [rng("encode-hidden").random()] * 3


def test_cells_and_keys_draw_different_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    public = seed("encode-hidden")
    assert public != seed("decode-hidden")
    monkeypatch.setenv(KEY_VARIABLE, "another")
    assert public != seed("encode-hidden")
    assert 0 <= seed("encode-hidden") < 2**63


def test_a_seed_is_the_begin_of_the_hmac_of_the_cells_name_under_the_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "key")
    assert seed(TEXT) == int(DIGEST[:16], 16) >> 1


def test_a_homeworks_key_is_the_hmac_of_its_name_under_the_courses_secret() -> None:
    assert seed_key("key", TEXT) == DIGEST


def test_another_secret_and_another_homework_make_another_key() -> None:
    keys = {seed_key(secret, homework) for secret in ("a", "b") for homework in ("hw1", "hw2")}
    assert len(keys | {PUBLIC_KEY}) == 5
    assert seed_key("a", "hw1") == seed_key("a", "hw1")


def test_without_a_secret_the_key_is_the_public_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    alone = seed("encode-hidden")
    assert seed_key(None, "hw1") == seed_key(None, "hw2") == PUBLIC_KEY == "public"
    monkeypatch.setenv(KEY_VARIABLE, PUBLIC_KEY)
    assert seed("encode-hidden") == alone  # what a student sees at home


def test_what_a_test_draws_when_it_is_graded_is_the_secrets_choice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its points are what it drew; with another secret, all is graded again unasked."""
    one = course(tmp_path / "course", DRAWS, row="points = 2")
    assert release(one, one.homework("hw1")).ok
    folder = one.submitted / "ada" / "hw1"
    folder.mkdir(parents=True)
    (folder / "hw1.ipynb").write_bytes((one.source / "hw1" / "hw1.ipynb").read_bytes())
    for secret in ("one", "another", None):
        monkeypatch.delenv("COURSE_SECRET", raising=False)
        if secret is not None:
            monkeypatch.setenv("COURSE_SECRET", secret)
        graded = grade(one, one.homework("hw1"), workers=1, sandbox=Sandbox.OFF)
        with monkeypatch.context() as known:
            known.setenv(KEY_VARIABLE, seed_key(secret, "hw1"))
            drawn = {name: rng(name).random() for name in ("a-first", "a-second")}
        [ada] = graded.results.submissions
        assert {each.grade_id: each.points for each in ada.cells} == pytest.approx(drawn)
