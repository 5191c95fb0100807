"""Homework 6's notebook: its table of points, its reference against TorchRL's PPO, and noise.

`grader verify` runs the reference, all mutants and all alternatives through the grader. Its tests
know the right values by formulas of their own; here another library says what is right. And no
test may give its points to a function that computes nothing.
"""

from __future__ import annotations

import ast
import math
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from tensordict import TensorDict
from tensordict.nn import TensorDictModule
from torch import Tensor, nn
from torch.distributions import Categorical
from torchrl.modules import ProbabilisticActor, ValueOperator
from torchrl.objectives import ClipPPOLoss
from torchrl.objectives.value.functional import generalized_advantage_estimate

from grader import versions
from grader.course import Course
from grader.template import Role, Template, grade_id, part, points, role

ROOT = Path(__file__).resolve().parents[2]
NUMBERS = {"zeros": 0.0, "ones": 1.0, "ln 2": math.log(2), "nan": math.nan}


@pytest.fixture(scope="module")
def homework() -> Template:
    course = Course.load(ROOT)
    return versions.load(course.notebooks(course.homework("hw6_reward_ppo"))[0], course.config)


@pytest.fixture(scope="module")
def solved(homework: Template) -> dict[str, Any]:
    """What the notebook binds, its tests and experiment left out."""
    space: dict[str, Any] = {}
    for cell in homework.without("experiment").source.cells:
        if cell.cell_type == "code" and role(cell) is not Role.TEST:
            exec(compile(cell.source, str(grade_id(cell)), "exec"), space)
    return space


def test_the_table_of_parts_states_the_points_of_the_cells(homework: Template) -> None:
    rows = re.findall(r"^\| \d `(\w+)` .* (\d+) \|$", homework.source.cells[0].source, re.MULTILINE)
    worth: dict[str, float] = {}
    for cell in homework.graded.cells:
        if points(cell):
            name = part(str(grade_id(cell)))
            worth[name] = worth.get(name, 0) + points(cell)
    assert {name: float(number) for name, number in rows} == worth
    assert sum(worth.values()) == 100


def test_a_test_draws_from_the_seed_of_its_own_cell(homework: Template) -> None:
    for cell in homework.graded.cells:
        for name in re.findall(r"(?:rng|seed)\(\"(.*?)\"\)", cell.source):
            assert name == grade_id(cell)


@pytest.mark.parametrize("lam", [0.0, 0.6, 0.95, 1.0])
def test_advantages_of_packed_episodes_are_those_of_torchrl(
    solved: dict[str, Any], lam: float
) -> None:
    generator = torch.Generator().manual_seed(0)
    rewards, values = torch.randn(2, 5, 12, generator=generator)
    done = torch.rand(5, 12, generator=generator) < 0.3
    done[:, -1] = True
    following = torch.cat([values[:, 1:], torch.zeros(5, 1)], dim=1)
    theirs = generalized_advantage_estimate(
        1.0, lam, values[..., None], following[..., None], rewards[..., None], done[..., None]
    )
    ours = solved["gae"](rewards, values, done, torch.ones_like(done), lam)
    for one, other in zip(ours, theirs, strict=True):
        assert torch.allclose(one, other[..., 0], atol=1e-5)


def test_the_clipped_loss_and_its_gradient_are_those_of_torchrl(solved: dict[str, Any]) -> None:
    torch.manual_seed(0)
    net = nn.Linear(3, 5)
    actor = ProbabilisticActor(
        TensorDictModule(net, ["observation"], ["logits"]),
        in_keys=["logits"],
        distribution_class=Categorical,
    )
    loss_module = ClipPPOLoss(
        actor, ValueOperator(nn.Linear(3, 1)), clip_epsilon=0.2, entropy_bonus=False
    )
    states, actions, advantages = torch.randn(60, 3), torch.randint(5, (60,)), torch.randn(60)

    def log_p() -> Tensor:
        return net(states).log_softmax(-1).gather(1, actions[:, None])

    old = log_p().detach() + 0.3 * torch.randn(60, 1)
    everything = torch.ones(60, 1, dtype=torch.bool)
    ours = solved["policy_loss"](log_p(), old, advantages[:, None], everything, 0.2)
    data = {"observation": states, "action": actions, "action_log_prob": old[:, 0]}
    data |= {"advantage": advantages[:, None], "value_target": torch.zeros(60, 1)}
    theirs = loss_module(TensorDict(data, [60]))["loss_objective"]
    assert torch.isclose(ours, theirs, atol=1e-6)
    (our_gradient,) = torch.autograd.grad(ours, [net.weight])
    torch.autograd.backward(theirs)
    found = dict(loss_module.named_parameters())
    gradients = [p.grad for p in [net.weight, *found.values()] if p.grad is not None]
    assert any(g.shape == (5, 3) and torch.allclose(g, our_gradient, atol=1e-6) for g in gradients)


def stand_in(kind: str, attached: bool, right: Any, given: list[Tensor]) -> Any:
    """What has nothing to do with the task, in place of the result ``right`` for ``given``."""
    if isinstance(right, tuple):
        return tuple(stand_in(kind, attached, one, given[i:]) for i, one in enumerate(right))
    if kind == "argument" or not isinstance(right, Tensor):
        return given[0]
    if kind == "empty":
        return right.new_empty(0, 1, 1)
    if kind == "mean":
        return given[0].float().mean().to(given[0].dtype).expand(right.shape)
    result = torch.full(right.shape, NUMBERS[kind])
    result = result if kind == "nan" else result.to(right.dtype)
    for one in given:
        if attached and one.requires_grad:
            result = result + 0 * one.sum()  # a gradient, of 0
    return result


def useless(kind: str, attached: bool, real: Any) -> Any:
    """A function (or head) that computes nothing, but may return what has the right shape."""
    if isinstance(real, type) and issubclass(real, nn.Module):
        return type("Head", (real,), {"forward": useless(kind, attached, real.forward)})

    def function(*given: Any) -> Any:
        tensors = [one for one in given if isinstance(one, Tensor)]
        if real.__name__ == "ppo_step":
            return {} if kind == "empty" else dict.fromkeys(("score", "kl"), NUMBERS.get(kind, 0.5))
        try:
            right = real(*given)
        except ValueError:
            right = given[0]
        return stand_in(kind, attached, right, tensors or list(given) * 3)

    return function


def test_every_test_is_passed_by_the_reference(homework: Template, solved: dict[str, Any]) -> None:
    for cell in homework.without("experiment").source.cells:
        if role(cell) is Role.TEST:
            exec(compile(cell.source, str(grade_id(cell)), "exec"), dict(solved))


@pytest.mark.parametrize("attached", [True, False])
@pytest.mark.parametrize("kind", [*NUMBERS, "mean", "argument", "empty"])
def test_no_test_is_passed_by_a_function_that_computes_nothing(
    homework: Template, solved: dict[str, Any], kind: str, attached: bool
) -> None:
    tried, passed = 0, []
    own: dict[str, set[str]] = {}  # what each part asks for
    for cell in homework.without("experiment").source.cells:
        name = str(grade_id(cell))
        if role(cell) is Role.SOLUTION:
            body = ast.parse(cell.source).body
            own[part(name)] = {
                one.name for one in body if isinstance(one, (ast.FunctionDef, ast.ClassDef))
            }
        if role(cell) is not Role.TEST:
            continue
        used = {one.id for one in ast.walk(ast.parse(cell.source)) if isinstance(one, ast.Name)}
        for function in used & own[part(name)]:
            tried += 1
            space = solved | {function: useless(kind, attached, solved[function])}
            try:
                exec(compile(cell.source, name, "exec"), space)
            except Exception:  # whatever a test does then, it does not pass
                continue
            passed.append((name, function))
    assert tried > 50 and not passed
