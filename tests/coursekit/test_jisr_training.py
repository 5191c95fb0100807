"""The model and its training: deterministic, causal, and it learns."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from coursekit.jisr import (
    ByteTokenizer,
    Jisr,
    JisrConfig,
    TrainConfig,
    Windows,
    generate,
    learning_rate,
    size_mb,
    train,
)

SMALL = JisrConfig(257, context=16, width=32, layers=2, heads=2, hidden=64)


def windows() -> Windows:
    tokenizer = ByteTokenizer()
    streams = [tokenizer.encode("to be or not to be " * 20), tokenizer.encode("جسر بين " * 40)]
    return Windows(streams, start_id=tokenizer.start_id, context=16)


def test_the_default_shape_has_two_to_three_million_parameters() -> None:
    model = Jisr(JisrConfig(4096))
    assert 2e6 < model.parameter_count() < 3e6
    assert size_mb(model) == pytest.approx(model.parameter_count() * 4 / 1e6)


def test_the_seed_alone_decides_the_weights_and_leaves_the_global_state() -> None:
    torch.manual_seed(1)
    first = Jisr(SMALL, seed=7).state_dict()
    drawn = torch.rand(1)
    torch.manual_seed(1)
    assert torch.equal(drawn, torch.rand(1))
    torch.manual_seed(99)
    second = Jisr(SMALL, seed=7).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    other = Jisr(SMALL, seed=8).state_dict()
    assert not torch.equal(first["embedding.weight"], other["embedding.weight"])


def test_a_position_does_not_see_later_tokens() -> None:
    model = Jisr(SMALL)
    ids = torch.arange(16)[None]
    changed = ids.clone()
    changed[0, 9:] = 200
    with torch.no_grad():
        assert torch.allclose(model(ids)[:, :9], model(changed)[:, :9], atol=1e-6)
        assert not torch.allclose(model(ids)[:, 9:], model(changed)[:, 9:], atol=1e-3)


def test_positions_alone_tell_one_layer_the_order_of_what_it_reads() -> None:
    model = Jisr(replace(SMALL, layers=1))
    with torch.no_grad():
        generator = torch.Generator().manual_seed(0)
        for weight in model.parameters():
            weight.normal_(generator=generator)
        one = model(torch.tensor([[1, 2, 3]]))[0, -1]
        two = model(torch.tensor([[2, 1, 3]]))[0, -1]
    assert not torch.allclose(one, two, atol=1e-4)


def test_too_many_tokens_are_refused() -> None:
    with pytest.raises(ValueError, match="context of 16"):
        Jisr(SMALL)(torch.zeros(1, 17, dtype=torch.long))


def test_a_batch_depends_on_step_and_seed_only() -> None:
    source = windows()
    inputs, targets = source.batch(5, seed=1, size=4)
    source.batch(6, seed=1, size=4)
    again = source.batch(5, seed=1, size=4)
    assert torch.equal(inputs, again[0]) and torch.equal(targets, again[1])
    assert not torch.equal(targets, source.batch(6, seed=1, size=4)[1])
    assert not torch.equal(targets, source.batch(5, seed=2, size=4)[1])


def test_targets_are_the_inputs_one_token_on_after_the_start() -> None:
    inputs, targets = windows().batch(0, seed=0, size=4)
    assert (inputs[:, 0] == 256).all()
    assert torch.equal(inputs[:, 1:], targets[:, :-1])


def test_the_windows_of_a_batch_are_shared_among_the_streams() -> None:
    _, targets = windows().batch(0, seed=0, size=6)
    latin = (targets < 128).all(dim=1).tolist()
    assert latin == [True, False] * 3


def test_the_rate_warms_up_then_falls_and_is_never_zero() -> None:
    config = TrainConfig(steps=50)
    rates = [learning_rate(step, config) for step in range(50)]
    peak = rates.index(max(rates))
    assert rates[0] > 0
    assert rates[: peak + 1] == sorted(rates[: peak + 1])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert max(rates) == pytest.approx(config.peak_rate)
    assert rates[-1] == pytest.approx(config.peak_rate * config.final_rate)


def test_training_learns_and_repeats_exactly() -> None:
    results = []
    for _ in range(2):
        model = Jisr(SMALL, seed=3)
        results.append(train(model, windows(), TrainConfig(steps=40), seed=3).losses)
    assert results[0] == results[1]
    assert results[0][0] == pytest.approx(5.55, abs=0.3)  # ln 257: nothing known at first
    assert results[0][-1] < 3.5


def test_greedy_text_continues_past_the_context() -> None:
    model = Jisr(SMALL)
    ids = generate(model, [256], 40)
    assert len(ids) == 40
    assert ids == generate(model, [256], 40)
    assert generate(model, [256], 40, temperature=1.0, seed=1) != ids
