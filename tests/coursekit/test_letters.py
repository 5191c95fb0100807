"""Homework 6's model of letters: padding left changes nothing, and sampling is repeatable."""

from __future__ import annotations

import pytest
import torch

from coursekit.letters import PAD_ID, VOCAB_SIZE, LetterModel, decode, draw_prompts, encode, sample


@pytest.fixture(scope="module")
def model() -> LetterModel:
    return LetterModel(width=16, layers=2, heads=2, context=32, seed=3)


def padded(text: str, width: int) -> torch.Tensor:
    ids = encode(text)
    return torch.tensor([[PAD_ID] * (width - len(ids)) + ids])


def test_text_survives_in_lower_case_without_characters_that_have_no_id() -> None:
    assert decode([PAD_ID, *encode("Why, 7 Lords?\n")]) == "why,  lords?\n"


def test_padding_on_the_left_changes_no_logit_of_a_real_token(model: LetterModel) -> None:
    with torch.no_grad():
        alone, beside = model(padded("to be", 5)), model(padded("to be", 9))
    assert torch.allclose(alone, beside[:, 4:], atol=1e-5)


def test_a_token_sees_nothing_that_comes_after_it(model: LetterModel) -> None:
    with torch.no_grad():
        one, other = model(padded("to be", 8)), model(padded("to bz", 8))
    assert torch.equal(one[:, :-1], other[:, :-1])


def test_cached_sampling_draws_from_the_probabilities_of_the_whole_text(model: LetterModel) -> None:
    prompts = torch.cat([padded("to be", 6), padded("or", 6)])
    ids = sample(model, prompts, 5, seed=1)
    generator = torch.Generator().manual_seed(1)
    for column in range(6, 11):
        with torch.no_grad():
            probabilities = model(ids[:, :column])[:, -1].softmax(-1)
        drawn = torch.multinomial(probabilities, 1, generator=generator)
        assert torch.equal(drawn[:, 0], ids[:, column])
    assert torch.equal(ids, sample(model, prompts, 5, seed=1))


def test_padding_is_never_written(model: LetterModel) -> None:
    ids = sample(model, padded("to", 4).repeat(200, 1), 20, seed=2)
    assert not (ids[:, 4:] == PAD_ID).any()
    assert int(ids.max()) < VOCAB_SIZE


def test_prompts_have_all_lengths_and_are_padded_left() -> None:
    prompts = draw_prompts(torch.arange(500) % PAD_ID, 300, longest=8, seed=0)
    lengths = (prompts != PAD_ID).sum(1)
    assert set(lengths.tolist()) == {4, 5, 6, 7, 8}
    assert bool((prompts[:, -4:] != PAD_ID).all())
