"""Jisr as a transformers model computes what Jisr computes."""

from __future__ import annotations

import torch

from coursekit import jisr
from coursekit.jisr.llama import PAD_ID, as_llama, byte_tokenizer

SHAPE = jisr.JisrConfig(258, context=24, width=48, layers=2, heads=3, hidden=80)


def _trained_a_little() -> jisr.Jisr:
    model = jisr.Jisr(SHAPE, seed=1)
    windows = jisr.Windows([list(range(200))], start_id=256, context=24)
    jisr.train(model, windows, jisr.TrainConfig(steps=3, batch=2), seed=0)
    return model


def test_llama_copy_gives_the_same_logits() -> None:
    model = _trained_a_little()
    ids = torch.randint(0, 258, (3, 24), generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        copied = as_llama(model, eos_id=256, pad_id=PAD_ID)(input_ids=ids).logits
        torch.testing.assert_close(copied, model(ids), atol=1e-5, rtol=1e-5)


def test_training_the_copy_leaves_the_original_alone() -> None:
    model = _trained_a_little()
    before = model.embedding.weight.detach().clone()
    copied = as_llama(model, eos_id=256, pad_id=PAD_ID)
    with torch.no_grad():
        copied.model.embed_tokens.weight.add_(1.0)
    assert torch.equal(model.embedding.weight, before)
    assert copied.lm_head.weight is copied.model.embed_tokens.weight


def test_byte_tokenizer_has_the_ids_of_the_course_s() -> None:
    tokenizer = byte_tokenizer()
    text = " to be\nجسر 桥 🙂\x00"
    assert tokenizer(text).input_ids == list(text.encode())
    assert tokenizer.decode(list(text.encode())) == text
    assert (tokenizer.eos_token_id, tokenizer.pad_token_id, len(tokenizer)) == (256, PAD_ID, 258)
