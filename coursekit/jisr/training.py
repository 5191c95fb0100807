"""Training Jisr: batches that depend only on step and seed, and one AdamW step."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.nn import functional

from coursekit.jisr.model import Jisr


@dataclass(frozen=True)
class TrainConfig:
    """How to train: ``steps`` batches of ``batch`` windows, as long as the model's context."""

    steps: int
    batch: int = 8
    peak_rate: float = 3e-3
    warmup: float = 0.1
    final_rate: float = 0.1
    weight_decay: float = 0.1
    clip: float = 1.0


@dataclass(frozen=True)
class TrainResult:
    """What a training run leaves: the loss of each step in nats per token, and seconds."""

    losses: list[float] = field(repr=False)
    seconds: float


class Windows:
    """Draws training windows from several streams of tokens, one stream a language.

    The windows of a batch are shared out evenly among the streams, in their order. Every window
    begins with ``start_id``, so the model also learns to begin.
    """

    def __init__(self, streams: list[list[int]], *, start_id: int, context: int) -> None:
        if any(len(stream) < context for stream in streams):
            raise ValueError(f"every stream needs at least {context} tokens, one context")
        self.streams = [torch.tensor(stream) for stream in streams]
        self.start_id, self.context = start_id, context

    def batch(self, step: int, seed: int, size: int) -> tuple[Tensor, Tensor]:
        """Return the inputs and targets (size, context) of one step: a function of its arguments.

        Window ``i`` comes from stream ``i % len(streams)``; its place is uniform.
        """
        generator = torch.Generator().manual_seed(seed * 1_000_003 + step)
        targets = torch.stack([self._window(i, generator) for i in range(size)])
        first = torch.full((size, 1), self.start_id)
        return torch.cat([first, targets[:, :-1]], dim=1), targets

    def _window(self, index: int, generator: torch.Generator) -> Tensor:
        stream = self.streams[index % len(self.streams)]
        places = len(stream) - self.context + 1
        place = int(torch.randint(places, (1,), generator=generator))
        return stream[place : place + self.context]


def learning_rate(step: int, config: TrainConfig) -> float:
    """The rate of ``step`` (from 0): linear warm-up to the peak, then half a cosine down.

    Positive at the first step, highest at the end of the warm-up, ``final_rate`` of the peak at
    the last step.
    """
    warm = max(1, round(config.warmup * config.steps))
    if step < warm:
        return config.peak_rate * (step + 1) / warm
    done = (step - warm + 1) / max(1, config.steps - warm)
    share = config.final_rate + (1 - config.final_rate) * 0.5 * (1 + math.cos(math.pi * done))
    return config.peak_rate * share


def make_optimizer(model: Jisr, config: TrainConfig) -> torch.optim.AdamW:
    """AdamW with weight decay on matrices only: norms are left alone."""
    matrices = [p for p in model.parameters() if p.dim() >= 2]
    vectors = [p for p in model.parameters() if p.dim() < 2]
    groups = [
        {"params": matrices, "weight_decay": config.weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.peak_rate, betas=(0.9, 0.95))


def train_step(
    model: Jisr,
    optimizer: torch.optim.Optimizer,
    inputs: Tensor,
    targets: Tensor,
    *,
    rate: float,
    clip: float,
) -> float:
    """Take one optimizer step on a batch and return its loss before the step, nats per token."""
    for group in optimizer.param_groups:
        group["lr"] = rate
    loss = functional.cross_entropy(model(inputs).flatten(0, 1), targets.flatten())
    optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
    optimizer.step()
    return float(loss.detach())


def train(
    model: Jisr,
    windows: Windows,
    config: TrainConfig,
    *,
    seed: int,
    report: Callable[[int, float], None] = lambda step, loss: None,
) -> TrainResult:
    """Train ``model`` in place and return the losses and the seconds it took.

    ``report`` is called after each step with its number and loss (a progress bar's hook).
    """
    device = model.embedding.weight.device
    optimizer = make_optimizer(model, config)
    losses: list[float] = []
    model.train()
    begin = time.perf_counter()
    for step in range(config.steps):
        inputs, targets = windows.batch(step, seed, config.batch)
        rate = learning_rate(step, config)
        loss = train_step(
            model, optimizer, inputs.to(device), targets.to(device), rate=rate, clip=config.clip
        )
        losses.append(loss)
        report(step, loss)
    seconds = time.perf_counter() - begin
    model.eval()
    return TrainResult(losses, seconds)
