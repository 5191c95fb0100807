"""A small homework on LoRA, as a course folder with a class of submissions, right and wrong.

It imports torch, transformers and peft and has three tests. They ask the student's code for plain
data only, so they run unchanged under nbgrader and on both sides of the grader's boundary.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

NAME = "lora"
PRELOADS = ("numpy", "torch", "transformers", "peft")
COURSE = f"""title = "Speed"
[[homework]]
id = "{NAME}"
points = 10
preloads = {list(PRELOADS)}
"""
CONFIG = "c = get_config()\n"

GIVEN = """import peft
import torch
import transformers
from torch import nn

transformers.set_seed(0)"""
SOLUTION = '''def lora_update(a: torch.Tensor, b: torch.Tensor, alpha: float) -> torch.Tensor:
    """Return what LoRA adds to a weight: alpha / r times b @ a, with a of shape (r, inputs)."""
    ### BEGIN SOLUTION
    return alpha / a.shape[0] * b @ a
    ### END SOLUTION


class LoRALinear(nn.Module):
    """A frozen linear layer and a trainable update of rank r, which is zero at the start."""

    ### BEGIN SOLUTION
    def __init__(self, layer: nn.Linear, rank: int, alpha: float) -> None:
        super().__init__()
        self.layer = layer
        for parameter in layer.parameters():
            parameter.requires_grad_(False)
        self.alpha = alpha
        self.a = nn.Parameter(torch.randn(rank, layer.in_features) / rank)
        self.b = nn.Parameter(torch.zeros(layer.out_features, rank))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x) + x @ lora_update(self.a, self.b, self.alpha).T
    ### END SOLUTION'''
TESTS = {
    "lora-visible": (
        2,
        """# A new adapter changes nothing.
layer, x = nn.Linear(6, 4), torch.randn(3, 6)
adapted = LoRALinear(layer, rank=2, alpha=8.0)
assert torch.allclose(adapted(x), layer(x)), "at the start the update must be zero\"""",
    ),
    "lora-hidden-trainable": (
        3,
        """# Only the two factors are trained.
### BEGIN HIDDEN TESTS
adapted = LoRALinear(nn.Linear(6, 4), rank=2, alpha=8.0)
shapes = [tuple(p.shape) for _, p in adapted.named_parameters() if p.requires_grad]
assert sorted(shapes) == [(2, 6), (4, 2)], "a and b are trained, and nothing else"
### END HIDDEN TESTS""",
    ),
    "lora-hidden-scale": (
        5,
        """# The update is that of peft.
### BEGIN HIDDEN TESTS
config = peft.LoraConfig(r=2, lora_alpha=8, target_modules=["0"], init_lora_weights=False)
theirs = peft.get_peft_model(nn.Sequential(nn.Linear(6, 4)), config).base_model.model[0]
a, b = theirs.lora_A["default"].weight.detach(), theirs.lora_B["default"].weight.detach()
expected = theirs.get_delta_weight("default").detach()
assert torch.allclose(lora_update(a, b, 8.0), expected), "scale by alpha / r"
### END HIDDEN TESTS""",
    ),
}
# What students change in the solution; the empty edit is right, and so is the last.
EDITS = (
    ("", ""),
    ("alpha / a.shape[0] * b @ a", "b @ a"),
    ("torch.zeros(layer.out_features, rank)", "torch.randn(layer.out_features, rank)"),
    ("", ""),
    ("parameter.requires_grad_(False)", "pass"),
    ("return alpha / a.shape[0] * b @ a", "raise NotImplementedError()"),
    ("class LoRALinear(nn.Module):", "class LoRALinear(nn.Module)"),
    ("alpha / a.shape[0] * b @ a", "torch.einsum('or,ri->oi', b, a).mul(alpha / len(a))"),
)


def write_course(root: Path) -> Path:
    """Write the course folder ``root`` without submissions; return it."""
    folder = root / "source" / NAME
    folder.mkdir(parents=True)
    nbformat.write(notebook(), folder / f"{NAME}.ipynb")
    (root / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    (root / "course.toml").write_text(COURSE, encoding="utf-8")
    return root


def notebook() -> NotebookNode:
    """The instructor's notebook."""
    tests = [
        _marked(new_code_cell(text, id=name), name, grade=True, points=points)
        for name, (points, text) in TESTS.items()
    ]
    cells = [
        new_markdown_cell("# LoRA\nWrite the update and the layer.", id="lora-text"),
        _marked(new_code_cell(GIVEN, id="lora-given"), "lora-given"),
        _marked(new_code_cell(SOLUTION, id="lora-solution"), "lora-solution", solution=True),
        *tests,
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def submit(root: Path, number: int) -> list[str]:
    """Write ``number`` submissions of the released homework; return the students, sorted."""
    released = nbformat.read(root / "release" / NAME / f"{NAME}.ipynb", as_version=4)
    students = [f"student-{index:04}" for index in range(number)]
    for student, text in zip(students, islice(cycle(solutions()), number), strict=True):
        handed_in = nbformat.from_dict(released)
        cell = next(c for c in handed_in.cells if c.id == "lora-solution")
        cell.source = text
        folder = root / "submitted" / student / NAME
        folder.mkdir(parents=True)
        nbformat.write(handed_in, folder / f"{NAME}.ipynb")
    return students


def solutions() -> Iterator[str]:
    """The texts of the solution cell that students hand in, one of each kind."""
    lines = [line for line in SOLUTION.split("\n") if "### " not in line]
    for old, new in EDITS:
        text = "\n".join(lines)
        assert old in text
        yield text.replace(old, new, 1)


def _marked(
    cell: NotebookNode, name: str, *, grade: bool = False, solution: bool = False, points: int = 0
) -> NotebookNode:
    about = {"grade": grade, "solution": solution, "locked": not solution, "task": False}
    cell.metadata["nbgrader"] = {**about, "grade_id": name, "schema_version": 3}
    if grade:
        cell.metadata["nbgrader"]["points"] = points
    return cell
