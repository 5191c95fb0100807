"""Jisr, the course's bilingual language model: a small decoder-only transformer.

Lesson 3 builds it cell by cell. Here it is kept short: root-mean-square norms before each
sublayer, rotary positions, causal attention, a SwiGLU feed-forward layer, and one matrix for
both the token embedding and the output.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class JisrConfig:
    """The shape of a model. The defaults give 2.6 million parameters at a vocabulary of 4,096."""

    vocab_size: int
    context: int = 128
    width: int = 192
    layers: int = 4
    heads: int = 6
    hidden: int = 512

    def __post_init__(self) -> None:
        if self.width % self.heads or (self.width // self.heads) % 2:
            raise ValueError(
                f"width {self.width} must be heads ({self.heads}) times an even number, "
                "because rotary positions turn the coordinates of a head in pairs"
            )


def rotate(x: Tensor, angles: Tensor) -> Tensor:
    """Turn pairs of coordinates of ``x`` by position-dependent angles (rotary positions).

    ``x`` is (batch, heads, time, head width), ``angles`` is (time, head width / 2) in radians.
    """
    first, second = x.chunk(2, dim=-1)
    cos, sin = angles.cos(), angles.sin()
    return torch.cat([first * cos - second * sin, first * sin + second * cos], dim=-1)


class Attention(nn.Module):
    """Causal multi-head self-attention with rotary positions: (batch, time, width) to the same."""

    def __init__(self, config: JisrConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.qkv = nn.Linear(config.width, 3 * config.width, bias=False)
        self.out = nn.Linear(config.width, config.width, bias=False)

    def forward(self, x: Tensor, angles: Tensor) -> Tensor:
        batch, time, width = x.shape
        heads = self.qkv(x).view(batch, time, 3, self.heads, width // self.heads)
        query, key, value = heads.permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(
            rotate(query, angles), rotate(key, angles), value, is_causal=True
        )
        return cast(Tensor, self.out(mixed.transpose(1, 2).reshape(batch, time, width)))


class FeedForward(nn.Module):
    """SwiGLU: one branch gates the other. (batch, time, width) to the same."""

    def __init__(self, config: JisrConfig) -> None:
        super().__init__()
        self.gate = nn.Linear(config.width, config.hidden, bias=False)
        self.up = nn.Linear(config.width, config.hidden, bias=False)
        self.down = nn.Linear(config.hidden, config.width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return cast(Tensor, self.down(functional.silu(self.gate(x)) * self.up(x)))


class Block(nn.Module):
    """One layer: attention, then feed-forward, each added to what came in."""

    def __init__(self, config: JisrConfig) -> None:
        super().__init__()
        self.attention_norm = nn.RMSNorm(config.width)
        self.attention = Attention(config)
        self.feed_forward_norm = nn.RMSNorm(config.width)
        self.feed_forward = FeedForward(config)

    def forward(self, x: Tensor, angles: Tensor) -> Tensor:
        x = x + self.attention(self.attention_norm(x), angles)
        return cast(Tensor, x + self.feed_forward(self.feed_forward_norm(x)))


class Jisr(nn.Module):
    """The model: token ids (batch, time) to logits (batch, time, vocabulary).

    The same ``seed`` gives the same weights on the same device, whatever ran before.
    """

    angles: Tensor

    def __init__(self, config: JisrConfig, *, seed: int = 0) -> None:
        super().__init__()
        self.config = config
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.embedding = nn.Embedding(config.vocab_size, config.width)
            self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
            self.norm = nn.RMSNorm(config.width)
            self.apply(self._initialize)
        half = config.width // config.heads // 2
        frequencies = 10_000.0 ** (-torch.arange(half) / half)
        positions = torch.arange(config.context)
        self.register_buffer("angles", torch.outer(positions, frequencies), persistent=False)

    @property
    def context(self) -> int:
        """The largest number of tokens the model reads at once."""
        return self.config.context

    def _initialize(self, module: nn.Module) -> None:
        if isinstance(module, (nn.Linear, nn.Embedding)):
            nn.init.normal_(module.weight, std=0.02)
        # Each residual branch starts small, so that depth does not change the initial scale.
        if isinstance(module, Attention):
            nn.init.normal_(module.out.weight, std=0.02 / (2 * self.config.layers) ** 0.5)
        if isinstance(module, FeedForward):
            nn.init.normal_(module.down.weight, std=0.02 / (2 * self.config.layers) ** 0.5)

    def forward(self, ids: Tensor) -> Tensor:
        """Return the logits of the next token at every position; at most ``context`` tokens."""
        time = ids.shape[1]
        if time > self.context:
            raise ValueError(f"{time} tokens do not fit in a context of {self.context}")
        x = self.embedding(ids)
        for block in self.blocks:
            x = block(x, self.angles[:time])
        return functional.linear(self.norm(x), self.embedding.weight)

    def parameter_count(self) -> int:
        """The number of trained numbers; the shared embedding counts once."""
        return sum(parameter.numel() for parameter in self.parameters())

    def training_flops_per_token(self) -> int:
        """Floating-point operations to train on one token, forward and backward.

        Six for each weight of a matrix that multiplies (the embedding counts once, as the
        output matrix; looking a row up costs nothing), and the two attention products over
        the whole context: ``12 * layers * width * context``.
        """
        matrices = sum(p.numel() for p in self.parameters() if p.dim() == 2)
        return 6 * matrices + 12 * self.config.layers * self.config.width * self.config.context


@torch.no_grad()
def generate(
    model: Jisr, ids: list[int], count: int, *, temperature: float = 0.0, seed: int = 0
) -> list[int]:
    """Continue ``ids`` (at least one) by ``count`` tokens and return the new ones.

    Temperature 0 takes the most likely token. Without a cache: every step reads the window anew.
    """
    device = model.embedding.weight.device
    generator = torch.Generator().manual_seed(seed)
    ids, start = list(ids), len(ids)
    for _ in range(count):
        window = torch.tensor([ids[-model.context :]], device=device)
        logits = model(window)[0, -1].float().cpu()
        if temperature == 0.0:
            ids.append(int(logits.argmax()))
        else:
            probabilities = torch.softmax(logits / temperature, dim=-1)
            ids.append(int(torch.multinomial(probabilities, 1, generator=generator)))
    return ids[start:]
