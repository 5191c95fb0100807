"""Jisr as a model of ``transformers``, for libraries that train or load those.

Jisr's block (root-mean-square norms, rotary positions, SwiGLU, one matrix for embedding and
output, no biases) is the one that ``transformers`` calls Llama, so nothing is converted: the same
weights give the same logits.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from coursekit.jisr.model import Jisr
from coursekit.jisr.tokens import START, ByteTokenizer

PAD = "<|pad|>"
PAD_ID = ByteTokenizer.vocab_size  # 257: the first id after the bytes and the start id


def as_llama(model: Jisr, *, eos_id: int, pad_id: int) -> LlamaForCausalLM:
    """Return a copy of ``model`` as a ``LlamaForCausalLM`` in eval mode, on the same device."""
    shape = model.config
    config = LlamaConfig(
        vocab_size=shape.vocab_size,
        hidden_size=shape.width,
        intermediate_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        max_position_embeddings=shape.context,
        tie_word_embeddings=True,
        rms_norm_eps=torch.finfo(torch.float32).eps,  # that of torch's RMSNorm
        bos_token_id=None,
        eos_token_id=eos_id,
        pad_token_id=pad_id,
    )
    copied = LlamaForCausalLM(config)
    copied.load_state_dict({name: w.detach().clone() for name, w in _llama_weights(model).items()})
    nn.Module.eval(copied)
    nn.Module.to(copied, model.embedding.weight.device)
    return copied


def _llama_weights(model: Jisr) -> dict[str, Tensor]:
    own = model.state_dict()
    weights = {
        "model.embed_tokens.weight": own["embedding.weight"],
        "lm_head.weight": own["embedding.weight"],
        "model.norm.weight": own["norm.weight"],
    }
    for i in range(model.config.layers):
        here, there = f"blocks.{i}.", f"model.layers.{i}."
        query, key, value = own[here + "attention.qkv.weight"].chunk(3)
        weights |= {
            there + "self_attn.q_proj.weight": query,
            there + "self_attn.k_proj.weight": key,
            there + "self_attn.v_proj.weight": value,
            there + "self_attn.o_proj.weight": own[here + "attention.out.weight"],
            there + "input_layernorm.weight": own[here + "attention_norm.weight"],
            there + "post_attention_layernorm.weight": own[here + "feed_forward_norm.weight"],
        }
        for name in ("gate", "up", "down"):
            weights[f"{there}mlp.{name}_proj.weight"] = own[f"{here}feed_forward.{name}.weight"]
    return weights


def byte_tokenizer() -> PreTrainedTokenizerFast:
    """Return :class:`ByteTokenizer`'s ids as a tokenizer of ``transformers``.

    Ids 0 to 255 are the bytes of UTF-8, 256 is the start token, which also ends a text, and 257
    pads. Nothing is added to a text.
    """
    characters = sorted(pre_tokenizers.ByteLevel.alphabet())
    alphabet = {c: ord(c) for c in characters if ord(c) < 256}  # printable: the byte itself
    others = sorted(set(range(256)) - set(alphabet.values()))
    alphabet |= dict(zip(characters[len(alphabet) :], others, strict=True))
    inner = Tokenizer(models.BPE(vocab=alphabet, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    inner.decoder = decoders.ByteLevel()
    inner.add_special_tokens([START, PAD])
    make: Any = PreTrainedTokenizerFast
    return cast(
        PreTrainedTokenizerFast, make(tokenizer_object=inner, eos_token=START, pad_token=PAD)
    )
