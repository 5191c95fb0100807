"""What lesson 9 does with the real SmolLM2 under ``profile = "gpu"``, a little of it on the CPU.

Only a GPU runs the cells as they stand (.github/workflows/gpu.yml). Here the lesson's own functions
get the same model, two steps and a few words, so that a change in TRL or in the lesson is noticed.
"""

from __future__ import annotations

import ast
import tempfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
import torch

from coursekit import assets
from coursekit.profile import choose

LESSON = Path(__file__).parents[2] / "lessons" / "09_reward_and_ppo.ipynb"
TAKEN = {"words_of", "settings", "trained"}  # of earlier cells, by the two that use SmolLM2
TAKEN |= {"request", "sentence_reward", "train_smollm2", "points_of"}
WORDS = ["king", "water", "house", "night"]


@pytest.fixture(scope="module")
def functions() -> dict[str, Any]:
    """The names that the lesson imports, and those of its functions."""
    cells = [cell for cell in nbformat.read(LESSON, 4).cells if cell.cell_type == "code"]
    body = [node for cell in cells for node in ast.parse(cell.source).body]
    chosen: list[ast.stmt] = [
        node
        for node in body
        if isinstance(node, ast.Import | ast.ImportFrom)
        or (isinstance(node, ast.FunctionDef) and node.name in TAKEN)
    ]
    names: dict[str, Any] = {"here": choose("cpu")}
    exec(compile(ast.Module(chosen, type_ignores=[]), LESSON.name, "exec"), names)
    assert names.keys() >= TAKEN
    return names


@pytest.mark.nightly
def test_grpo_trains_the_real_small_model(functions: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        functions["workspace"] = SimpleNamespace(name=folder)
        home = assets.fetch("smollm2-135m-instruct")
        base, smol = assets.causal_lm()
        smol.padding_side = "left"
        before = functions["points_of"](base, smol, WORDS)
        tuned = functions["train_smollm2"](str(home), WORDS, steps=2, batch=8)
        after = functions["points_of"](tuned, smol, WORDS)
    for points in (before, after):
        assert len(points) == len(WORDS) and all(0 <= point <= 1 for point in points)
    pairs = zip(base.parameters(), tuned.parameters(), strict=True)
    assert any(not torch.equal(one, other) for one, other in pairs)


def test_the_reward_counts_the_word_the_length_and_the_full_stop(
    functions: dict[str, Any],
) -> None:
    said = ["The king is in his own house.", "king", "Not at all.", "king " * 13 + "."]
    completions = [[{"content": text}] for text in said]
    points = functions["sentence_reward"](completions, word=["king"] * 4, prompts=None)
    assert points == pytest.approx([1, 1 / 3, 1 / 3, 2 / 3])
