"""Bits per byte: every byte predicted once, whatever the tokenizer and the context."""

from __future__ import annotations

import math

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import Tensor

from coursekit.jisr import (
    ByteTokenizer,
    Jisr,
    JisrConfig,
    LossyTokenizerError,
    SubwordTokenizer,
    bits_per_byte,
    token_nats,
    train_byte_bpe,
    xz_bits_per_byte,
)
from coursekit.jisr.scoring import scoring_windows

TEXT = "The bridge joins two banks. الجسر يصل بين ضفتين. 桥 🙂\n" * 6


class Uniform:
    """A model that gives every token the same probability."""

    context = 16

    def __init__(self, vocab_size: int) -> None:
        self.vocab_size = vocab_size

    def __call__(self, ids: Tensor) -> Tensor:
        return torch.zeros(*ids.shape, self.vocab_size)


class CopiesItsInput:
    """A model whose logits depend on the token just read and on nothing else."""

    context = 16

    def __init__(self, vocab_size: int) -> None:
        generator = torch.Generator().manual_seed(0)
        self.table = torch.randn(vocab_size, vocab_size, generator=generator)

    def __call__(self, ids: Tensor) -> Tensor:
        return self.table[ids]


@pytest.mark.parametrize("context", [2, 3, 7, 16, 128])
@pytest.mark.parametrize("length", [1, 2, 3, 7, 8, 9, 31, 127, 128, 129, 500])
def test_windows_score_every_token_once_and_fit_the_context(length: int, context: int) -> None:
    scored: list[int] = []
    for begin, first in scoring_windows(length, context):
        end = min(begin + context, length)
        scored += range(first, end)
        assert 0 <= begin <= first
        if begin:
            assert first - begin >= context // 2
    assert scored == list(range(length))


def test_uniform_bytes_cost_log2_of_the_vocabulary() -> None:
    tokenizer = ByteTokenizer()
    bits = bits_per_byte(Uniform(tokenizer.vocab_size), tokenizer, TEXT)
    assert bits == pytest.approx(math.log2(257))


def test_uniform_subwords_are_charged_to_their_bytes() -> None:
    tokenizer = train_byte_bpe([TEXT], 300)
    bits = bits_per_byte(Uniform(tokenizer.vocab_size), tokenizer, TEXT)
    tokens = len(tokenizer.encode(TEXT))
    expected = tokens * math.log2(tokenizer.vocab_size) / len(TEXT.encode())
    assert tokens < len(TEXT.encode())
    assert bits == pytest.approx(expected)


def test_a_model_of_pairs_scores_as_one_pass_over_the_text() -> None:
    tokenizer = ByteTokenizer()
    model = CopiesItsInput(tokenizer.vocab_size)
    ids = tokenizer.encode(TEXT)
    before = torch.tensor([tokenizer.start_id, *ids[:-1]])
    logs = torch.log_softmax(model.table, dim=-1)[before, torch.tensor(ids)]
    nats = token_nats(model, tokenizer, TEXT, batch=3)
    # Only the first token of a later window would see the start id, and it scores none.
    assert torch.allclose(nats, -logs.double(), atol=1e-5)


def test_the_batch_size_does_not_change_the_score() -> None:
    tokenizer = ByteTokenizer()
    model = Jisr(JisrConfig(tokenizer.vocab_size, context=16, width=16, layers=1, heads=2))
    scores = [bits_per_byte(model, tokenizer, TEXT, batch=batch) for batch in (1, 5, 64)]
    assert scores == pytest.approx([scores[0]] * 3)


def test_a_tokenizer_that_loses_text_is_refused() -> None:
    inner = Tokenizer(models.WordLevel({"[UNK]": 0, "the": 1}, unk_token="[UNK]"))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = SubwordTokenizer(inner, start="[UNK]")
    with pytest.raises(LossyTokenizerError, match="keeps every byte"):
        bits_per_byte(Uniform(2), tokenizer, "the bridge")


def test_an_empty_text_has_no_score() -> None:
    with pytest.raises(ValueError, match="empty"):
        bits_per_byte(Uniform(257), ByteTokenizer(), "")


def test_xz_needs_almost_nothing_for_a_repetition() -> None:
    assert xz_bits_per_byte("ab" * 10_000) < 0.05
    assert xz_bits_per_byte(TEXT) > 0.5
