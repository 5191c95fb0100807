"""Homework 6's small language model of letters: text, model, pre-training and sampling.

The text is Shakespeare's plays in lower case, so the vocabulary is 37 ids and the letter ``e`` is
one of them. Prompts of different lengths are padded on the left; no other id is padding.

Every grading imports this module anew, twice. So it takes nothing of ``coursekit.jisr``, which
brings matplotlib, and looks for the texts only when they are asked for.
"""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

CHARACTERS = "\n !',-.:;?abcdefghijklmnopqrstuvwxyz"
PAD_ID = len(CHARACTERS)
VOCAB_SIZE = PAD_ID + 1
_ID_OF = {character: i for i, character in enumerate(CHARACTERS)}


def encode(text: str) -> list[int]:
    """Return the ids of ``text`` in lower case; characters without an id are left out."""
    return [_ID_OF[character] for character in text.lower() if character in _ID_OF]


def decode(ids: list[int]) -> str:
    """Return the text of ``ids``; padding gives nothing."""
    return "".join(CHARACTERS[i] for i in ids if i != PAD_ID)


def plays(*, held_out: bool) -> Tensor:
    """Return the ids (int64) of the plays to train on, or of those held out (one in ten)."""
    from coursekit import assets

    works = [work.text for i, work in enumerate(assets.shakespeare()) if (i % 10 == 9) == held_out]
    return torch.tensor(encode("\n\n".join(works)))


def _rotate(x: Tensor, angles: Tensor) -> Tensor:
    """Turn (batch, heads, time, head width) by (time, head width / 2) radians: rotary positions."""
    first, second = x.chunk(2, dim=-1)
    cos, sin = angles.cos(), angles.sin()
    return torch.cat([first * cos - second * sin, first * sin + second * cos], dim=-1)


class Layer(nn.Module):
    """Attention over the real tokens so far, then feed-forward, each added to what came in."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.up = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(
        self, x: Tensor, angles: Tensor, mask: Tensor, past: tuple[Tensor, Tensor] | None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        batch, time, width = x.shape
        parts = self.qkv(self.norm(x)).view(batch, time, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        query, key = _rotate(query, angles), _rotate(key, angles)
        if past is not None:
            key, value = torch.cat([past[0], key], 2), torch.cat([past[1], value], 2)
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        x = x + self.out(mixed.transpose(1, 2).reshape(batch, time, width))
        return x + self.up(x), (key, value)


class LetterModel(nn.Module):
    """A causal transformer over letters with rotary positions, so padding left changes nothing.

    The same ``seed`` gives the same weights, whatever ran before.
    """

    angles: Tensor

    def __init__(
        self, *, width: int = 128, layers: int = 2, heads: int = 4, context: int = 64, seed: int = 0
    ) -> None:
        super().__init__()
        self.width, self.context = width, context
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.embedding = nn.Embedding(VOCAB_SIZE, width)
            self.layers = nn.ModuleList(Layer(width, heads) for _ in range(layers))
            self.norm = nn.LayerNorm(width)
            for parameter in self.parameters():
                if parameter.dim() == 2:
                    nn.init.normal_(parameter, std=0.02)
        half = width // heads // 2
        frequencies = 10_000.0 ** (-torch.arange(half) / half)
        angles = torch.outer(torch.arange(context), frequencies)
        self.register_buffer("angles", angles, persistent=False)

    def hidden(self, ids: Tensor) -> Tensor:
        """(batch, time) ids to the states (batch, time, width) that the logits are read from."""
        return self._run(ids, None)[0]

    def forward(self, ids: Tensor) -> Tensor:
        """(batch, time) ids to logits (batch, time, vocabulary) of the next token."""
        return self.logits(self.hidden(ids))

    def logits(self, hidden: Tensor) -> Tensor:
        """States (..., width) to logits (..., vocabulary); padding is never predicted."""
        logits = functional.linear(hidden, self.embedding.weight)
        never = torch.arange(VOCAB_SIZE, device=logits.device) == PAD_ID
        return logits.masked_fill(never, -30.0)

    def _run(
        self, ids: Tensor, past: list[tuple[Tensor, Tensor]] | None
    ) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
        """The states of the last columns of ``ids``, those that ``past`` has not seen."""
        seen = past[0][0].shape[2] if past else 0
        time = ids.shape[1]
        if time > self.context:
            raise ValueError(f"{time} tokens do not fit in a context of {self.context}")
        causal = torch.ones(time, time, dtype=torch.bool, device=ids.device).tril()
        itself = torch.eye(time, dtype=torch.bool, device=ids.device)  # padding has no other key
        mask = (causal & (ids != PAD_ID)[:, None, None, :]) | itself
        x = self.embedding(ids[:, seen:])
        now = []
        for i, layer in enumerate(self.layers):
            x, kept = layer(x, self.angles[seen:time], mask[:, :, seen:], past[i] if past else None)
            now.append(kept)
        return cast(Tensor, self.norm(x)), now


@torch.no_grad()
def sample(model: LetterModel, prompts: Tensor, length: int, *, seed: int) -> Tensor:
    """Append ``length`` tokens drawn at temperature 1: (batch, time) to (batch, time + length).

    ``prompts`` are padded on the left. The same arguments give the same tokens.
    """
    generator = torch.Generator().manual_seed(seed)
    ids, past = prompts, None
    for _ in range(length):
        hidden, past = model._run(ids, past)
        probabilities = model.logits(hidden[:, -1]).softmax(-1).cpu()
        drawn = torch.multinomial(probabilities, 1, generator=generator)
        ids = torch.cat([ids, drawn.to(ids.device)], dim=1)
    return ids


def draw_prompts(stream: Tensor, count: int, *, longest: int, seed: int) -> Tensor:
    """Return (count, longest) ids: prompts of ``longest`` / 2 to ``longest`` letters, padded left.

    Each begins and ends at a random place of ``stream``; the same seed draws the same prompts.
    """
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(longest // 2, longest + 1, (count,), generator=generator)
    starts = torch.randint(len(stream) - longest, (count,), generator=generator)
    rows = stream[starts[:, None] + torch.arange(longest)]
    return rows.masked_fill(torch.arange(longest) < longest - lengths[:, None], PAD_ID)


def pretrain(
    model: LetterModel, stream: Tensor, *, steps: int, batch: int, rate: float, seed: int
) -> list[float]:
    """Train ``model`` in place to predict the next letter; return each step's loss in nats."""
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda i: min((i + 1) / 20, 0.05 + 0.95 * (1 + math.cos(math.pi * i / steps)) / 2),
    )
    losses = []
    for _ in range(steps):
        starts = torch.randint(len(stream) - model.context, (batch, 1), generator=generator)
        rows = stream[starts + torch.arange(model.context)]
        logits = model(rows[:, :-1])
        loss = functional.cross_entropy(logits.flatten(0, 1), rows[:, 1:].flatten())
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(float(loss.detach()))
    return losses
