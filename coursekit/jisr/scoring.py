"""How a model is judged in this course: bits per byte, size, speed."""

from __future__ import annotations

import lzma
import math
import time
from collections.abc import Callable
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional

from coursekit.jisr.tokens import TextTokenizer


class LossyTokenizerError(ValueError):
    """The tokenizer loses part of the text, so that its bits per byte would mean nothing."""


class LanguageModel(Protocol):
    """What is scored: token ids (batch, time) to logits (batch, time, vocabulary)."""

    @property
    def context(self) -> int:
        """The largest number of tokens read at once."""

    def __call__(self, ids: Tensor) -> Tensor:
        """Return the logits of the next token at every position."""


class TransformersModel:
    """A causal model of ``transformers`` seen as a :class:`LanguageModel`."""

    def __init__(self, inner: nn.Module, *, context: int) -> None:
        self.inner, self.context = inner, context

    def __call__(self, ids: Tensor) -> Tensor:
        logits: Tensor = self.inner(input_ids=ids).logits
        return logits


def scoring_windows(length: int, context: int) -> list[tuple[int, int]]:
    """Cut ``length`` tokens into windows and say what each one scores.

    Returns pairs ``(begin, first)``: the window reads tokens ``begin`` to ``begin + context`` (or
    to the end) and scores those from ``first`` on. Every token is scored once. From the second
    window on, a scored token has at least half a context before it, wherever it stands.
    """
    windows = [(0, 0)]
    done = min(context, length)
    while done < length:
        end = min(done + context - context // 2, length)
        windows.append((end - context, done))
        done = end
    return windows


@torch.no_grad()
def token_nats(
    model: LanguageModel,
    tokenizer: TextTokenizer,
    text: str,
    *,
    device: torch.device | str = "cpu",
    batch: int = 16,
) -> Tensor:
    """Return the nats of each token of ``text``: minus the log of what the model gave it.

    The window of a model begins with the tokenizer's start id, so the first token counts too.

    Raises:
        LossyTokenizerError: ``decode(encode(text))`` is not ``text``.
    """
    ids = tokenizer.encode(text)
    if tokenizer.decode(ids) != text:
        raise LossyTokenizerError(
            "decode(encode(text)) differs from text: what was lost would be predicted for "
            "nothing. Score a tokenizer that keeps every byte (byte-level or byte fallback, "
            "no normalization)."
        )
    stream = torch.tensor(ids)
    nats = torch.zeros(len(ids), dtype=torch.float64)
    windows = scoring_windows(len(ids), model.context) if ids else []
    # The first window scores a different part than the others, so it is a batch of its own.
    groups = [windows[:1]] + [windows[i : i + batch] for i in range(1, len(windows), batch)]
    for group in groups:
        targets = torch.stack([stream[begin : begin + model.context] for begin, _ in group])
        start = torch.full((len(group), 1), tokenizer.start_id)
        inputs = torch.cat([start, targets[:, :-1]], dim=1)
        logits = model(inputs.to(device)).float().cpu()
        losses = functional.cross_entropy(
            logits.transpose(1, 2), targets, reduction="none"
        ).double()
        for (begin, first), row in zip(group, losses, strict=True):
            nats[first : begin + model.context] = row[first - begin :].double()
    return nats


def bits_per_byte(
    model: LanguageModel,
    tokenizer: TextTokenizer,
    text: str,
    *,
    device: torch.device | str = "cpu",
    batch: int = 16,
) -> float:
    """Return the bits the model needs for one UTF-8 byte of ``text``, whatever the tokenizer.

    The nats of all tokens, over ln 2, over the number of bytes. Every byte is predicted once.

    Raises:
        LossyTokenizerError: ``decode(encode(text))`` is not ``text``.
        ValueError: ``text`` is empty.
    """
    if not text:
        raise ValueError("bits per byte of an empty text are undefined; give it some text")
    nats = token_nats(model, tokenizer, text, device=device, batch=batch)
    return float(nats.sum()) / math.log(2) / len(text.encode())


def xz_bits_per_byte(text: str) -> float:
    """Return the bits ``xz`` needs for a byte of ``text``: a bound by a program, not a model.

    The strongest preset, without the container's header and checksum.
    """
    data = text.encode()
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME}]
    return 8 * len(lzma.compress(data, format=lzma.FORMAT_RAW, filters=filters)) / len(data)


def size_mb(model: nn.Module) -> float:
    """Return the size of the parameters as they are stored, in MB (10**6 bytes)."""
    return sum(p.numel() * p.element_size() for p in model.parameters()) / 1e6


def tokens_per_second(generate: Callable[[int], object], *, count: int = 64) -> float:
    """Return the speed of ``generate(n)``, which makes n tokens for one reader.

    The median of three runs of ``count`` tokens, after a short one to warm up.
    """
    generate(4)
    seconds = []
    for _ in range(3):
        begin = time.perf_counter()
        generate(count)
        seconds.append(time.perf_counter() - begin)
    return count / sorted(seconds)[1]
