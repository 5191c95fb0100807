"""Jisr, the bilingual model that the student builds from lesson 1 to 10, and its scoreboard."""

from __future__ import annotations

from coursekit.jisr.corpus import Corpus, CorpusError, load_corpus
from coursekit.jisr.figure import draw_scoreboard
from coursekit.jisr.model import Jisr, JisrConfig, generate
from coursekit.jisr.scoreboard import Row, Scoreboard, ScoreboardError, to_markdown
from coursekit.jisr.scoring import (
    LanguageModel,
    LossyTokenizerError,
    TransformersModel,
    bits_per_byte,
    size_mb,
    token_nats,
    tokens_per_second,
    xz_bits_per_byte,
)
from coursekit.jisr.tokens import (
    START,
    WORDS,
    ByteTokenizer,
    SubwordTokenizer,
    TextTokenizer,
    train_byte_bpe,
)
from coursekit.jisr.training import (
    TrainConfig,
    TrainResult,
    Windows,
    learning_rate,
    make_optimizer,
    train,
    train_step,
)

__all__ = [
    "START",
    "WORDS",
    "ByteTokenizer",
    "Corpus",
    "CorpusError",
    "Jisr",
    "JisrConfig",
    "LanguageModel",
    "LossyTokenizerError",
    "Row",
    "Scoreboard",
    "ScoreboardError",
    "SubwordTokenizer",
    "TextTokenizer",
    "TrainConfig",
    "TrainResult",
    "TransformersModel",
    "Windows",
    "bits_per_byte",
    "draw_scoreboard",
    "generate",
    "learning_rate",
    "load_corpus",
    "make_optimizer",
    "size_mb",
    "to_markdown",
    "token_nats",
    "tokens_per_second",
    "train",
    "train_byte_bpe",
    "train_step",
    "xz_bits_per_byte",
]
