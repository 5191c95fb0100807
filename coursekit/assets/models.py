"""The real models: SmolLM2 for text, MiniLM for sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import tokenizers
import torch

from coursekit.assets.catalogue import Kind, get
from coursekit.assets.errors import UnknownAssetError
from coursekit.assets.obtain import fetch
from coursekit.assets.quiet import quiet_transformers

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_MAX_TOKENS = 256  # MiniLM was trained on no longer sentences


def causal_lm(
    name: str = "smollm2-135m-instruct",
    *,
    device: str | torch.device = "cpu",
    dtype: torch.dtype = torch.float32,
) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    """Return the language model ``name`` in evaluation mode, and its tokenizer.

    The tokenizer is transformers' own, with the chat template. The first call ever fetches and
    converts the model. Raises :class:`~coursekit.assets.errors.AssetError`.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    if get(name).kind is not Kind.CAUSAL_LM:
        raise UnknownAssetError(f"the asset {name!r} is not a language model.")
    home = fetch(name)
    with quiet_transformers():
        tokenizer = AutoTokenizer.from_pretrained(home, local_files_only=True)
        model = AutoModelForCausalLM.from_pretrained(home, dtype=dtype, local_files_only=True)
    return _ready(model, device), tokenizer


class SentenceEncoder:
    """Sentences to unit vectors; ``dimension`` is the length of one."""

    def __init__(self, model: PreTrainedModel, tokenizer: tokenizers.Tokenizer) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_MAX_TOKENS)
        self.dimension: int = model.config.hidden_size

    @torch.inference_mode()
    def encode(self, sentences: Sequence[str], *, batch_size: int = 32) -> torch.Tensor:
        """Return a float32 tensor (sentences, dimension) on the CPU, each row of length 1.

        A row is the mean of the last layer over the sentence's tokens, special ones included;
        what is beyond 256 tokens is cut.
        """
        batches = [
            self._encode_batch(sentences[start : start + batch_size])
            for start in range(0, len(sentences), batch_size)
        ]
        return torch.cat(batches) if batches else torch.empty(0, self.dimension)

    def _encode_batch(self, sentences: Sequence[str]) -> torch.Tensor:
        device = self._model.device
        ids = [
            torch.tensor(encoding.ids) for encoding in self._tokenizer.encode_batch(list(sentences))
        ]
        padded = torch.nn.utils.rnn.pad_sequence(ids, batch_first=True).to(device)
        lengths = torch.tensor([len(row) for row in ids], device=device)
        mask = torch.arange(padded.shape[1], device=device) < lengths[:, None]
        hidden = self._model(input_ids=padded, attention_mask=mask.long()).last_hidden_state
        mean = (hidden * mask[..., None]).sum(1) / lengths[:, None]
        return torch.nn.functional.normalize(mean.float(), dim=1).cpu()


def sentence_encoder(
    name: str = "all-minilm-l6-v2", *, device: str | torch.device = "cpu"
) -> SentenceEncoder:
    """Return the sentence encoder ``name``, fetched on first use.

    Raises :class:`~coursekit.assets.errors.AssetError`.
    """
    from transformers import AutoModel

    if get(name).kind is not Kind.SENTENCE_ENCODER:
        raise UnknownAssetError(f"the asset {name!r} is not a sentence encoder.")
    home = fetch(name)
    with quiet_transformers():
        model = AutoModel.from_pretrained(home, local_files_only=True)
    return SentenceEncoder(
        _ready(model, device), tokenizers.Tokenizer.from_file(str(home / "tokenizer.json"))
    )


def _ready(model: PreTrainedModel, device: str | torch.device) -> PreTrainedModel:
    torch.nn.Module.to(model, device)  # in place; transformers' overrides have no types
    torch.nn.Module.eval(model)
    return model
