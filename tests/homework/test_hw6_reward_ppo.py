"""Homework 6's notebook: its table of points, and its reference against TorchRL's PPO.

`grader verify` runs the reference, all mutants and all alternatives through the grader. Its tests
know the right values by formulas of their own; here another library says what is right.
"""

from __future__ import annotations

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

from grader import template
from grader.course import Course
from grader.template import Role, Template, grade_id, part, points, role

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def homework() -> Template:
    course = Course.load(ROOT)
    return template.load(course.notebooks(course.homework("hw6_reward_ppo"))[0], course.config)


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
